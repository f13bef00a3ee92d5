//! Subscriptions: seen, set up, looked after by their contacts, and deactivated.

pub mod add_subscription_contact;
pub mod cascade;
pub mod deactivate_subscription;
pub mod get_subscription;
pub mod list_installed_apps;
pub mod list_key_contacts;
pub mod list_partner_subscriptions;
pub mod list_sites;
pub mod list_subscriptions;
pub mod remove_subscription_contact;
pub mod set_up_subscription;

use std::collections::BTreeSet;

use aws::operation::Output;
use aws::table::pattern::{
    CustomerLinkOfPartner, EmailInOrganization, OrganizationById, SubscriptionOf, WelcomeOf,
};
use aws::table::{Change, Expression, Found, Refusal, Reservation, Wanted};
use aws::{Context, Failure};
use deserr::Deserr;
use domain::actor::Standing;
use domain::subscription::{Deactivation, Place, SubscriptionContact, SubscriptionKind, SubscriptionStatus};
use domain::{
    Actor, CustomerId, EntitlementId, EntitlementNumber, EventKind, ExternalId, Faults, Happening,
    Organization, OrganizationId, PartnerId, Plan, Problem, ProductCode, ProductId, Quantity, Reason, Role,
    Site, Stamp, StoreAccount, Subscription, SubscriptionId, TimeZone, Timestamp, Version,
};
use schemars::JsonSchema;
use serde::Serialize;

/// A path that names a subscription.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct OfSubscription {
    /// Whose.
    organization_id: OrganizationId,
    /// The subscription.
    subscription_id: SubscriptionId,
}

const NOT_A_CONTACT: Reason = Reason::rule("not-a-contact", "only a contact of the subscription does this");

/// A subscription as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
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
    site: Option<Place>,
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
    /// What is linked to it.
    linked: BTreeSet<SubscriptionId>,
    /// Of an app: what it is installed in.
    parents: BTreeSet<SubscriptionId>,
    /// The apps that are installed in it.
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
    deactivation: Option<Deactivation>,
    /// When, and which version.
    #[serde(flatten)]
    stamp: Stamp,
}

impl Output for Shown {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.stamp.version)
    }
}

impl Shown {
    fn to(actor: &Actor, one: &Subscription, time_zone: TimeZone, now: Timestamp) -> Self {
        let business = !matches!(actor.standing, Standing::Customer { .. });
        let (ends_at, status) = (one.ends_at(), one.status(now));
        let runs = matches!(status, SubscriptionStatus::Active | SubscriptionStatus::Upcoming);
        let entitlement_id = one.id.entitlement();
        Self {
            id: one.id,
            organization_id: one.organization_id,
            kind: one.kind,
            product_id: one.product_id,
            sku: one.sku.clone(),
            plan: one.plan.clone(),
            quantity: one.quantity,
            active_users: one.active_users(),
            status,
            set_up_due: one.set_up_due(),
            site: one.place.clone(),
            starts_at: one.starts_at,
            ends_at,
            bill_date: time_zone.day(ends_at),
            days_until_renewal: time_zone.days_between(now, ends_at).filter(|_| runs),
            linked: one.linked.clone(),
            parents: one.parents.clone(),
            apps: one.apps.clone(),
            partner_id: one.buyer().partner_id,
            billing_account: one.buyer().billing_account.clone().filter(|_| business),
            external_id: one.external_id.clone().filter(|_| business),
            entitlement_id,
            entitlement_number: EntitlementNumber::of(entitlement_id),
            cancelled_at: one.ended_at().filter(|_| one.deactivation.is_none()),
            // Who goes on with it, and when, is nobody's business.
            deactivation: one.deactivation.clone().map(|one| Deactivation { goes_on_at: None, ..one }),
            stamp: one.stamp,
        }
    }
}

/// Who asks for subscriptions of an organization, and what shows which of them are there for it: read together with them.
#[derive(Clone, Copy)]
struct Reader<'a> {
    actor: &'a Actor,
    organization: OrganizationId,
}

/// What a reader has shown.
struct Shows<'a> {
    actor: &'a Actor,
    /// The record of who asks, if it is a customer who has one.
    record: Option<CustomerId>,
    /// When a customer of who asks's e-mail was removed last.
    removed_at: Option<Timestamp>,
    /// What the organization is called, and where its days are.
    organization: Organization,
}

impl<'a> Reader<'a> {
    /// Who asks.
    ///
    /// # Errors
    ///
    /// To other organizations' people there is no such organization.
    fn of(actor: &'a Actor, organization: OrganizationId) -> Result<Self, Problem> {
        if !actor.has_one_of(&[Role::PartnerMember]) {
            actor.reach_organization(organization)?;
        }
        Ok(Self { actor, organization })
    }

    /// Whether a subscription may be there for who asks, as far as itself tells.
    fn may_see(&self, one: &Subscription) -> bool {
        match self.actor.standing {
            Standing::Operator | Standing::Agent => true,
            Standing::Partner { partner, .. } => one.buyer().partner_id == Some(partner),
            Standing::Customer { manager, .. } => {
                manager || self.actor.email.as_ref().is_some_and(|email| one.contact(email).is_some())
            }
        }
    }

    fn link(&self) -> Option<CustomerLinkOfPartner> {
        match self.actor.standing {
            Standing::Partner { partner, .. } => Some(CustomerLinkOfPartner(partner, self.organization)),
            _ => None,
        }
    }

    fn record(&self) -> Option<(EmailInOrganization, WelcomeOf)> {
        let email = self.actor.email.clone().filter(|_| self.actor.has_one_of(&[Role::Customer]))?;
        let welcome = WelcomeOf(self.organization, email.clone());
        Some((EmailInOrganization(Some(self.organization), email), welcome))
    }

    /// Wants read what shows it.
    fn want(&self, wanted: &mut Wanted) {
        wanted.add(&OrganizationById(self.organization));
        self.link().iter().for_each(|link| wanted.add(link));
        if let Some((record, welcome)) = self.record() {
            wanted.add(&record);
            wanted.add(&welcome);
        }
    }

    /// Decides it by what was read.
    ///
    /// # Errors
    ///
    /// To a partner of which it is no customer there is no such organization.
    fn prove(self, found: &Found) -> Result<Shows<'a>, Failure> {
        let organization = found.get(&OrganizationById(self.organization))?.ok_or_else(Problem::not_found)?;
        if let Some(link) = self.link() {
            found.get(&link)?.ok_or_else(Problem::not_found)?;
        }
        let (mut record, mut removed_at) = (None, None);
        if let Some((of, welcome)) = self.record() {
            record = found.get(&of)?.map(|record| record.customer()).transpose()?;
            removed_at = found.get(&welcome)?.and_then(|welcome| welcome.removed_at);
        }
        Ok(Shows { actor: self.actor, record, removed_at, organization })
    }

    /// Reads what shows it.
    async fn settle(self, context: &Context<'_>) -> Result<Shows<'a>, Failure> {
        let mut wanted = Wanted::new();
        self.want(&mut wanted);
        let found = context.table.fetch(wanted, true).await?;
        self.prove(&found)
    }
}

impl Shows<'_> {
    /// Where the organization's days are.
    fn time_zone(&self) -> TimeZone {
        self.organization.time_zone.unwrap_or_default()
    }

    /// Whether who asks is a contact of it.
    fn is_contact(&self, one: &Subscription) -> bool {
        let customer = self.actor.has_one_of(&[Role::Customer]);
        let contact = self.actor.email.as_ref().filter(|_| customer).and_then(|email| one.contact(email));
        contact.is_some_and(|contact| contact.lasts(self.record, self.removed_at))
    }

    /// Whether it is there for who asks: for the vendor, its partner, the organization's contact managers and its contacts.
    fn sees(&self, one: &Subscription) -> bool {
        match self.actor.standing {
            Standing::Operator | Standing::Agent => true,
            Standing::Partner { partner, .. } => one.buyer().partner_id == Some(partner),
            Standing::Customer { manager, .. } => manager || self.is_contact(one),
        }
    }

    /// It, as who asks sees it.
    fn show(&self, one: &Subscription, now: Timestamp) -> Shown {
        Shown::to(self.actor, one, self.time_zone(), now)
    }

    /// Requires that a customer who acts is a contact, and is so still at the commit.
    fn require_contact<O: Output>(&self, change: &mut Change<O>, one: &Subscription) -> Result<(), Problem> {
        if self.actor.has_one_of(&[Role::Operator]) {
            return Ok(());
        }
        if !self.is_contact(one) {
            return Err(NOT_A_CONTACT.refuse(&[]));
        }
        let Some(contact) = self.actor.email.as_ref().and_then(|email| one.contact(email)) else {
            return Ok(());
        };
        let (organization, email) = (self.organization.id, contact.email.clone());
        match contact.customer_id {
            Some(customer) => {
                let record = EmailInOrganization(Some(organization), email);
                change.require_owner(&record, customer, || Refusal::NotFound);
            }
            None => {
                let stays = Expression::new("attribute_not_exists(#removedAt) OR #removedAt < :since");
                let stays = stays.text("since", contact.since.to_string());
                change.require_that(&WelcomeOf(organization, email), stays, |_| Refusal::NotFound);
            }
        }
        Ok(())
    }
}

/// How many of some contacts are that still: whose record, if it had one, lasts.
async fn living(
    context: &Context<'_>,
    organization: OrganizationId,
    contacts: &[SubscriptionContact],
) -> Result<usize, Failure> {
    let record = |one: &SubscriptionContact| EmailInOrganization(Some(organization), one.email.clone());
    let welcome = |one: &SubscriptionContact| WelcomeOf(organization, one.email.clone());
    let mut wanted = Wanted::new();
    for contact in contacts {
        wanted.add(&record(contact));
        wanted.add(&welcome(contact));
    }
    let found = context.table.fetch(wanted, true).await?;
    let mut living = 0;
    for contact in contacts {
        let record = found.get(&record(contact))?.map(|record| record.customer()).transpose()?;
        let removed_at = found.get(&welcome(contact))?.and_then(|welcome| welcome.removed_at);
        living += usize::from(contact.lasts(record, removed_at));
    }
    Ok(living)
}

/// Takes from some subscriptions the ids of what a partner that asks does not manage: others' business is not told by ids
/// either.
async fn hide_others(
    context: &Context<'_>,
    actor: &Actor,
    these: &mut [Subscription],
) -> Result<(), Failure> {
    let Standing::Partner { partner, .. } = actor.standing else { return Ok(()) };
    let of = |one: &Subscription| one.buyer().partner_id == Some(partner);
    let mut own: BTreeSet<_> = these.iter().filter(|one| of(one)).map(|one| one.id).collect();
    let mut lookups = Vec::new();
    for one in these.iter() {
        let named = one.linked.iter().chain(&one.parents).chain(&one.apps).filter(|id| !own.contains(id));
        lookups.extend(named.map(|id| SubscriptionOf(one.organization_id, *id)));
    }
    let mut wanted = Wanted::new();
    lookups.iter().for_each(|lookup| wanted.add(lookup));
    let found = context.table.fetch(wanted, true).await?;
    for lookup in lookups {
        own.extend(found.get(&lookup)?.filter(of).map(|one| one.id));
    }
    for one in these {
        for ids in [&mut one.linked, &mut one.parents, &mut one.apps] {
            ids.retain(|id| own.contains(id));
        }
    }
    Ok(())
}

/// A subscription that is there for who asks, with what shows that.
async fn read<'a>(
    context: &Context<'_>,
    actor: &'a Actor,
    path: &OfSubscription,
    also: impl Fn(&mut Wanted),
) -> Result<(Subscription, Shows<'a>, Found), Failure> {
    let reader = Reader::of(actor, path.organization_id)?;
    let lookup = SubscriptionOf(path.organization_id, path.subscription_id);
    let mut wanted = Wanted::new();
    wanted.add(&lookup);
    reader.want(&mut wanted);
    also(&mut wanted);
    let found = context.table.fetch(wanted, true).await?;
    let shows = reader.prove(&found)?;
    let one = found.get(&lookup)?.filter(|one| shows.sees(one)).ok_or_else(Problem::not_found)?;
    Ok((one, shows, found))
}

/// Makes a site, the only one of its address in the organization.
pub(crate) fn create_site<O: 'static>(change: &mut Change<O>, site: &Site) -> Result<(), Failure> {
    change.create(site)?;
    change.create_once(&Reservation::site_url(site), |_| Refusal::Outdated)?;
    let created = EventKind::SiteCreated { site_id: site.id, url: site.url.clone() };
    change.record(Happening::of_organization(created, site.organization_id));
    Ok(())
}
