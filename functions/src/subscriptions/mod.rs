//! Subscriptions: listed, set up, managed by their contacts, and deactivated.

automod::dir!(pub "src/subscriptions");

use std::collections::BTreeSet;

use api_runtime::table::{BatchGet, BatchResult, Reservation, SubscriptionOf};
use api_runtime::{Change, Context, Failure, OrNotFound, Output};
use deserr::Deserr;
use domain::actor::ActorKind;
use domain::event::SiteCreated;
use domain::subscription::closure::Subscriptions;
use domain::subscription::{Deactivation, SetUpTarget, SubscriptionKind, SubscriptionStatus};
use domain::{
    Actor, Description, EntitlementId, EntitlementNumber, ErrorKind, ExternalId, Faults, Metadata, NewEvent,
    OrganizationId, PartnerId, Plan, Problem, ProductCode, ProductId, Quantity, Site, StoreAccount,
    Subscription, SubscriptionId, TimeZone, Timestamp, Version,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::authority::viewer::{Viewer, ViewerContext, VisibleSubscription};

/// Path of a subscription.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct SubscriptionPath {
    /// Organization that the subscription belongs to.
    organization_id: OrganizationId,
    /// Id of the subscription.
    subscription_id: SubscriptionId,
}

const NOT_A_CONTACT: ErrorKind =
    ErrorKind::forbidden("not-a-contact", "you are not a contact of the subscription");

/// A subscription as the caller sees it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionView {
    /// Id of the subscription.
    id: SubscriptionId,
    /// Organization that the subscription belongs to.
    organization_id: OrganizationId,
    /// Kind of the subscription: a product (`subscription`), an `app` that is installed in other subscriptions, or a
    /// `collection` of products.
    kind: SubscriptionKind,
    /// Product that is subscribed to.
    product_id: ProductId,
    /// Code of the product when it was ordered, 1 to 100 characters.
    sku: ProductCode,
    /// Plan under which the product is sold, 1 to 100 characters; absent if the order names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Plan>,
    /// Quantity that is subscribed to, 1 to 100,000.
    quantity: Quantity,
    /// Number of active users that the webhook source last reported; absent if it has reported none.
    #[serde(skip_serializing_if = "Option::is_none")]
    active_users: Option<u64>,
    /// Status at the time of the call: `pending-set-up` from `startsAt` on until it is set up, then `active`;
    /// `deactivating` while subscriptions linked to it are still being deactivated.
    status: SubscriptionStatus,
    /// Whether the subscription still has to be set up: it is not set up itself, has not ended, and was neither cancelled
    /// nor deactivated.
    set_up_due: bool,
    /// Site on which the subscription is used, or the whole organization. Absent until it is set up; an app shows the
    /// site of a parent until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<SetUpTarget>,
    /// Parent whose `site` an app shows: of those that are set up, not deactivated and visible to the caller, the one with
    /// the lowest id. Absent once the app is set up itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    site_inherited_from: Option<SubscriptionId>,
    /// Time from which the subscription runs, RFC 3339 in UTC.
    starts_at: Timestamp,
    /// Time at which the subscription ends (exclusive) unless it is renewed, RFC 3339 in UTC. The ordered term counts
    /// from `startsAt` on in the time zone that the organization had when the order was fulfilled (UTC if it had none).
    ends_at: Timestamp,
    /// Date of `endsAt` (`YYYY-MM-DD`) in the organization's current time zone (UTC if it has none), on which the next
    /// bill is due.
    #[schemars(extend("format" = "date"))]
    bill_date: String,
    /// Number of calendar days from today to `billDate` in that time zone; absent if the subscription is `inactive` or
    /// `deactivating`.
    #[serde(skip_serializing_if = "Option::is_none")]
    days_until_renewal: Option<u64>,
    /// Subscriptions linked to it that the caller may see.
    linked: BTreeSet<SubscriptionId>,
    /// Of an app: subscriptions in which it is installed and that the caller may see.
    parents: BTreeSet<SubscriptionId>,
    /// Apps that are installed in it and that the caller may see.
    apps: BTreeSet<SubscriptionId>,
    /// Number of linked subscriptions, parents and apps that the caller may not see. They are in none of these lists.
    hidden_count: usize,
    /// Partner that manages the subscription; absent if no partner does.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_id: Option<PartnerId>,
    /// Account at the store to which the subscription is billed. Absent for customers, and if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_account: Option<StoreAccount>,
    /// Id of the subscription at the store that sold it. Absent for customers, and if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<ExternalId>,
    /// Entitlement that the subscription gives to the organization.
    entitlement_id: EntitlementId,
    /// Number of that entitlement.
    entitlement_number: EntitlementNumber,
    /// Time at which the order of the subscription was cancelled, RFC 3339 in UTC: the first cancellation at or after the
    /// last renewal. Absent if it was not cancelled, or the subscription was renewed later.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<Timestamp>,
    /// Time at which the subscription ended before `endsAt`, RFC 3339 in UTC: at `cancelledAt` or its deactivation, whichever
    /// came first, but not before `startsAt`. Absent if it did not end early.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// Time at which the store suspended the subscription, RFC 3339 in UTC. Absent if it is not suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    suspended_at: Option<Timestamp>,
    /// Reason of the suspension, 1 to 1,000 characters; absent if it is not suspended or none was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    suspension_reason: Option<Description>,
    /// Deactivation of the subscription, which is irreversible; absent if it was not deactivated.
    #[serde(skip_serializing_if = "Option::is_none")]
    deactivation: Option<DeactivationView>,
    /// Creation time, time of the last change, and version.
    #[serde(flatten)]
    metadata: Metadata,
}

/// The deactivation of a subscription as the caller sees it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeactivationView {
    /// Time at which this subscription was deactivated, RFC 3339 in UTC.
    at: Timestamp,
    /// Subscription whose deactivation caused this one, which is the subscription itself if it was deactivated
    /// directly. Absent if the caller may not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<SubscriptionId>,
    /// Reason that was given, 1 to 1,000 characters; absent if none was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Description>,
}

impl Output for SubscriptionView {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.metadata.version)
    }
}

impl SubscriptionView {
    fn to(actor: &Actor, visible: VisibleSubscription, time_zone: TimeZone, now: Timestamp) -> Self {
        let VisibleSubscription { one, cause, inherited_site, hidden_count } = visible;
        let business = !matches!(actor.kind, ActorKind::Customer { .. });
        let (ends_at, status) = (one.ends_at(), one.status(now));
        // A suspended subscription is still billed.
        let runs = !matches!(status, SubscriptionStatus::Inactive | SubscriptionStatus::Deactivating);
        let (entitlement_id, set_up_due) = (one.id.entitlement(), one.set_up_due(now));
        let (cancelled_at, ended_at) = (one.cancelled_at(), one.ended_at());
        let (active_users, buyer) = (one.active_users(), one.buyer().clone());
        let suspension = one.suspension().cloned();
        let (site_inherited_from, inherited) = inherited_site.unzip();
        Self {
            id: one.id,
            organization_id: one.organization_id,
            kind: one.kind,
            product_id: one.product_id,
            sku: one.sku,
            plan: one.plan,
            quantity: one.quantity,
            active_users,
            status,
            set_up_due,
            site: one.set_up_target.or(inherited),
            site_inherited_from,
            starts_at: one.ordered.starts_at(),
            ends_at,
            bill_date: time_zone.day(ends_at),
            days_until_renewal: time_zone.days_between(now, ends_at).filter(|_| runs),
            linked: one.linked,
            parents: one.parents,
            apps: one.apps,
            hidden_count,
            partner_id: buyer.partner_id,
            billing_account: buyer.billing_account.filter(|_| business),
            external_id: one.external_id.filter(|_| business),
            entitlement_id,
            entitlement_number: EntitlementNumber::of(entitlement_id),
            cancelled_at,
            ended_at,
            suspended_at: suspension.as_ref().map(|suspension| suspension.occurred_at),
            suspension_reason: suspension.and_then(|suspension| suspension.reason),
            deactivation: one.deactivation.map(|Deactivation { at, reason, .. }| DeactivationView {
                at,
                cause,
                reason,
            }),
            metadata: one.metadata,
        }
    }
}

impl ViewerContext<'_> {
    /// Returns a subscription as the caller sees it.
    fn view_of(&self, visible: VisibleSubscription, now: Timestamp) -> SubscriptionView {
        SubscriptionView::to(self.actor(), visible, self.time_zone(), now)
    }

    /// Returns a subscription as the caller sees it, without the ids of subscriptions that the caller may not see.
    async fn narrow_and_show(
        &self,
        context: &Context<'_>,
        one: &Subscription,
    ) -> Result<SubscriptionView, Failure> {
        let mut narrowed = self.visibility.narrow(context, vec![one.clone()], Subscriptions::new()).await?;
        let visible = narrowed.pop().or_not_found()?;
        Ok(self.view_of(visible, context.now))
    }

    /// Requires, now and at commit, that the caller is an operator or a contact of the subscription.
    fn require_contact(&self, change: &mut Change, one: &Subscription) -> Result<(), Problem> {
        match self.require_authority_over(change, std::iter::once(one), false) {
            0 => Ok(()),
            _ => Err(NOT_A_CONTACT.refuse(&[])),
        }
    }
}

/// Reads a subscription together with the items that `also` adds; 404 if the caller may not see the subscription.
async fn read<'a>(
    context: &Context<'_>,
    actor: &'a Actor,
    path: &SubscriptionPath,
    also: impl Fn(&mut BatchGet),
) -> Result<(Subscription, ViewerContext<'a>, BatchResult), Failure> {
    let viewer = Viewer::of(actor, path.organization_id)?;
    let lookup = SubscriptionOf(path.organization_id, path.subscription_id);
    let mut wanted = BatchGet::new();
    wanted.add(&lookup);
    viewer.want(&mut wanted);
    also(&mut wanted);
    let found = context.table.fetch(wanted, true).await?;
    let viewer = viewer.prove(&found)?;
    let one = found.get(&lookup)?.filter(|one| viewer.sees(one)).or_not_found()?;
    Ok((one, viewer, found))
}

/// Creates a site, and the reservation that makes its address unique in the organization.
pub(crate) fn create_site(change: &mut Change, site: &Site) -> Result<(), Failure> {
    change.create(site)?;
    change.create_or_retry(&Reservation::site_url(site), None)?;
    let created = SiteCreated { site_id: site.id, url: site.url.clone() };
    change.record(NewEvent::of_organization(created, site.organization_id).about(site.metadata));
    Ok(())
}
