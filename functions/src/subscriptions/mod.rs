//! Subscriptions: seen, set up, looked after by their contacts, and deactivated.

automod::dir!(pub "src/subscriptions");

use std::collections::BTreeSet;

use api_runtime::table::{
    BatchGet, BatchResult, ContactHistoryOf, EmailInOrganization, Reservation, SubscriptionOf,
};
use api_runtime::{Change, Context, Failure, OrNotFound, Output};
use deserr::Deserr;
use domain::actor::ActorKind;
use domain::event::SiteCreated;
use domain::subscription::closure::Subscriptions;
use domain::subscription::{
    Deactivation, SetUpTarget, SubscriptionContact, SubscriptionKind, SubscriptionStatus,
};
use domain::{
    Actor, Description, EntitlementId, EntitlementNumber, ErrorKind, ExternalId, Faults, Metadata, NewEvent,
    OrganizationId, PartnerId, Plan, Problem, ProductCode, ProductId, Quantity, Site, StoreAccount,
    Subscription, SubscriptionId, TimeZone, Timestamp, Version,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::authority::viewer::{Viewer, ViewerContext, VisibleSubscription};

/// A path that names a subscription.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct SubscriptionPath {
    /// Whose.
    organization_id: OrganizationId,
    /// The subscription.
    subscription_id: SubscriptionId,
}

const NOT_A_CONTACT: ErrorKind =
    ErrorKind::forbidden("not-a-contact", "you are not a contact of the subscription");

/// A subscription as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionView {
    /// Its id.
    id: SubscriptionId,
    /// Whose.
    organization_id: OrganizationId,
    /// What it is for.
    kind: SubscriptionKind,
    /// The product.
    product_id: ProductId,
    /// The product's code, as it was ordered.
    sku: ProductCode,
    /// What it is sold as.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Plan>,
    /// For how many.
    quantity: Quantity,
    /// How many use it, as far as anybody said.
    #[serde(skip_serializing_if = "Option::is_none")]
    active_users: Option<u64>,
    /// How far it is.
    status: SubscriptionStatus,
    /// Whether somebody still has to say where it is used.
    set_up_due: bool,
    /// Where it is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<SetUpTarget>,
    /// From when on.
    starts_at: Timestamp,
    /// Until when, not included, if it is not renewed.
    ends_at: Timestamp,
    /// The day of that in the organization's time zone (UTC where it has none): when the next bill comes.
    #[schemars(extend("format" = "date"))]
    bill_date: String,
    /// How many days from today on to the bill date, there; none if it is inactive.
    #[serde(skip_serializing_if = "Option::is_none")]
    days_until_renewal: Option<u64>,
    /// Subscriptions linked to it that the caller may see.
    linked: BTreeSet<SubscriptionId>,
    /// Subscriptions in which the app is installed and that the caller may see.
    parents: BTreeSet<SubscriptionId>,
    /// Apps installed in it that the caller may see.
    apps: BTreeSet<SubscriptionId>,
    /// The partner that manages it; none if no partner does.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_id: Option<PartnerId>,
    /// The account at the store to which it is billed; the vendor and the partner see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_account: Option<StoreAccount>,
    /// Its id at the store that sold it; the vendor and the partner see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<ExternalId>,
    /// The entitlement that it gives.
    entitlement_id: EntitlementId,
    /// The entitlement's number.
    entitlement_number: EntitlementNumber,
    /// Since when its order is cancelled, if it was not renewed since.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<Timestamp>,
    /// That it was deactivated, for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    deactivation: Option<DeactivationView>,
    /// When, and which version.
    #[serde(flatten)]
    metadata: Metadata,
}

/// The deactivation of a subscription as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeactivationView {
    /// When.
    at: Timestamp,
    /// The subscription that somebody deactivated, with which this one went down; absent if the caller does not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<SubscriptionId>,
    /// The reason that was given.
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
        let VisibleSubscription { one, cause } = visible;
        let business = !matches!(actor.kind, ActorKind::Customer { .. });
        let (ends_at, status) = (one.ends_at(), one.status(now));
        let runs = matches!(status, SubscriptionStatus::Active | SubscriptionStatus::Upcoming);
        let (entitlement_id, set_up_due) = (one.id.entitlement(), one.set_up_due());
        let cancelled_at = one.ended_at().filter(|_| one.deactivation.is_none());
        let (active_users, buyer) = (one.active_users(), one.buyer().clone());
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
            site: one.set_up_target,
            starts_at: one.starts_at,
            ends_at,
            bill_date: time_zone.day(ends_at),
            days_until_renewal: time_zone.days_between(now, ends_at).filter(|_| runs),
            linked: one.linked,
            parents: one.parents,
            apps: one.apps,
            partner_id: buyer.partner_id,
            billing_account: buyer.billing_account.filter(|_| business),
            external_id: one.external_id.filter(|_| business),
            entitlement_id,
            entitlement_number: EntitlementNumber::of(entitlement_id),
            cancelled_at,
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
    /// A subscription as the caller sees it.
    fn view_of(&self, visible: VisibleSubscription, now: Timestamp) -> SubscriptionView {
        SubscriptionView::to(self.actor(), visible, self.time_zone(), now)
    }

    /// A subscription as the caller sees it, without the ids of what the caller does not see.
    async fn narrow_and_show(
        &self,
        context: &Context<'_>,
        one: &Subscription,
    ) -> Result<SubscriptionView, Failure> {
        let mut narrowed = self.sight.narrow(context, vec![one.clone()], Subscriptions::new()).await?;
        let visible = narrowed.pop().or_not_found()?;
        Ok(self.view_of(visible, context.now))
    }

    /// Requires that the caller is an operator or a contact of a subscription, at the commit, too.
    fn require_contact(&self, change: &mut Change, one: &Subscription) -> Result<(), Problem> {
        match self.require_right_over(change, std::iter::once(one), false) {
            0 => Ok(()),
            _ => Err(NOT_A_CONTACT.refuse(&[])),
        }
    }
}

/// How many of some contacts are that still: whose record, if it had one, lasts.
async fn living(
    context: &Context<'_>,
    organization: OrganizationId,
    contacts: &[SubscriptionContact],
) -> Result<usize, Failure> {
    let record = |one: &SubscriptionContact| EmailInOrganization(Some(organization), one.email.clone());
    let welcome = |one: &SubscriptionContact| ContactHistoryOf(organization, one.email.clone());
    let mut wanted = BatchGet::new();
    for contact in contacts {
        wanted.add(&record(contact));
        wanted.add(&welcome(contact));
    }
    let found = context.table.fetch(wanted, true).await?;
    let mut living = 0;
    for contact in contacts {
        let record = found.get(&record(contact))?.map(|record| record.owner_id()).transpose()?;
        let removed_at = found.get(&welcome(contact))?.and_then(|welcome| welcome.removed_at);
        living += usize::from(contact.lasts(record, removed_at));
    }
    Ok(living)
}

/// A subscription that the caller sees, with what else was read.
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

/// Makes a site, the only one of its address in the organization.
pub(crate) fn create_site(change: &mut Change, site: &Site) -> Result<(), Failure> {
    change.create(site)?;
    change.create_absent(&Reservation::site_url(site), None)?;
    let created = SiteCreated { site_id: site.id, url: site.url.clone() };
    change.record(NewEvent::of_organization(created, site.organization_id));
    Ok(())
}
