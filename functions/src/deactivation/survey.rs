//! Items that end with a party, and matters that must be decided first.

use std::collections::BTreeSet;

use api_runtime::table::{
    AccessInOrganization, AccessOfPartner, BatchGet, CustomersOfOrganization, MembersOfPartner,
    OrderOfSource, OrganizationsOfPartner, ParkedForAccount, PartnersOfOrganization, PendingOfPartner,
    PoolsOfPartner, RequestById, ServiceRequestScope, ServiceRequests, StoreOfPartner, SubscriptionsOf,
};
use api_runtime::{Context, Failure};
use domain::deactivation::{DeactivationCounts, PartyId, RestorationCounts};
use domain::service_request::ServiceRequestFilter;
use domain::{
    Access, AccessRequest, ErrorKind, Fault, Name, OrderStatus, OrganizationId, PartnerId,
    PartnerOrganization, RequestState, StoreLink, Subscription, Timestamp,
};
use futures_util::future::try_join_all;

use crate::party::Names;

/// A pool of the partner holds licenses.
pub const LICENSES_LEFT: ErrorKind = ErrorKind::state(
    "licenses-left",
    "a pool of the partner still holds licenses: assign them, or let the store reduce the orders, first",
);
/// A subscription of the organization, or one that the partner manages, is running.
pub const RUNNING_SUBSCRIPTION: ErrorKind = ErrorKind::state(
    "running-subscription",
    "a subscription is still running: deactivate it, or let the store transfer it to another partner, first",
);
/// An order is parked for the partner's account.
pub const ORDER_LEFT: ErrorKind = ErrorKind::state(
    "order-left",
    "an order is still parked for the partner's account: let it take effect, or discard it, first",
);
/// A service request of the organization is not solved.
pub const UNSOLVED_SERVICE_REQUEST: ErrorKind = ErrorKind::state(
    "unsolved-service-request",
    "a service request of the organization is not solved: answer it, and solve or close it, first",
);

/// Maximum number of faults of a kind that an answer names; a further one counts the rest.
const MOST_NAMED: usize = 50;

/// Maximum number of names of a kind that a preview lists.
const MOST_NAMES: usize = 10;

/// Number of organizations whose subscriptions are read at a time.
const ORGANIZATIONS_AT_ONCE: usize = 20;

/// Items that end with a party, and matters that must be decided first.
pub struct Survey {
    /// A fault for each thing that must be decided before.
    pub open_matters: Vec<Fault>,
    /// Numbers of what ends.
    pub counts: DeactivationCounts,
    /// The partner's link to a store.
    pub store: Option<StoreLink>,
    /// Names of the people who are disabled, of the first ones if they are many.
    pub people: Vec<Name>,
    /// Names of the parties at which access or a directory entry ends, of the first ones if they are many.
    pub parties: Vec<Name>,
    /// Number of those parties beside the named ones.
    pub more_parties: usize,
}

impl Survey {
    /// Reads the items that end with a party, and the matters that must be decided first. What an index shows is only counted and named.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub async fn of(context: &Context<'_>, party: PartyId) -> Result<Self, Failure> {
        match party {
            PartyId::Partner(partner) => of_partner(context, partner).await,
            PartyId::Organization(organization) => of_organization(context, organization).await,
        }
    }

    fn new(open_matters: Vec<Fault>, people: Vec<Name>, access: &[Access], now: Timestamp) -> Self {
        let active = |one: &Access| one.grants.iter().filter(|grant| grant.is_active(now)).count();
        let (grants, people_count) = (access.iter().map(active).sum(), people.len());
        let counts = DeactivationCounts { grants, people: people_count, ..DeactivationCounts::default() };
        let people = people.into_iter().take(MOST_NAMES).collect();
        Self { open_matters, counts, store: None, people, parties: Vec::new(), more_parties: 0 }
    }
}

async fn of_partner(context: &Context<'_>, partner: PartnerId) -> Result<Survey, Failure> {
    let (open_matters, members, access, pending, store) = tokio::try_join!(
        open_matters(context, PartyId::Partner(partner)),
        async { Ok(context.table.list(&MembersOfPartner(partner), false).await?) },
        async { Ok(context.table.list(&AccessOfPartner(partner), false).await?) },
        pending_requests(context, partner),
        async { Ok(context.table.get(&StoreOfPartner(partner)).await?) },
    )?;
    let people = members.into_iter().filter(|one| one.disabled_at.is_none()).map(|one| one.name).collect();
    let mut survey = Survey::new(open_matters, people, &access, context.now);
    survey.counts.access_requests = pending.len();
    survey.store = store;
    let organizations: BTreeSet<_> =
        with_active_grants(&access, context.now).map(|one| one.organization_id).collect();
    if context.validates_only() {
        let named = organizations.iter().copied().take(MOST_NAMES);
        let names = Names::of(context, std::iter::empty(), named.clone()).await?;
        survey.parties = named.filter_map(|id| names.organization(id).name).collect();
        survey.more_parties = organizations.len().saturating_sub(survey.parties.len());
    }
    Ok(survey)
}

async fn of_organization(context: &Context<'_>, organization: OrganizationId) -> Result<Survey, Failure> {
    let (open_matters, customers, access, entries) = tokio::try_join!(
        open_matters(context, PartyId::Organization(organization)),
        async { Ok(context.table.list(&CustomersOfOrganization(organization), false).await?) },
        async { Ok(context.table.list(&AccessInOrganization(organization), true).await?) },
        async { Ok(context.table.list(&PartnersOfOrganization(organization), false).await?) },
    )?;
    let people = customers.into_iter().filter(|one| one.disabled_at.is_none()).map(|one| one.name).collect();
    let mut survey = Survey::new(open_matters, people, &access, context.now);
    let listed: Vec<&PartnerOrganization> = entries.iter().filter(|entry| entry.is_listed()).collect();
    survey.counts.directory_entries = listed.len();
    let mut partners: BTreeSet<_> = listed.iter().map(|entry| entry.partner_id).collect();
    partners.extend(with_active_grants(&access, context.now).map(|one| one.partner_id));
    if context.validates_only() {
        let named = partners.iter().copied().take(MOST_NAMES);
        let names = Names::of(context, named.clone(), std::iter::empty()).await?;
        survey.parties = named.filter_map(|id| names.partner(id).name).collect();
        survey.more_parties = partners.len().saturating_sub(survey.parties.len());
    }
    Ok(survey)
}

/// Returns the numbers of what a restoration of a party brings back now, as the indexes show it.
///
/// # Errors
///
/// [`Failure::Table`].
pub async fn what_returns(context: &Context<'_>, party: PartyId) -> Result<RestorationCounts, Failure> {
    Ok(match party {
        PartyId::Partner(partner) => {
            let members = context.table.list(&MembersOfPartner(partner), false).await?;
            let people = members.iter().filter(|one| one.disabled_by_deactivation).count();
            RestorationCounts { people, directory_entries: 0 }
        }
        PartyId::Organization(organization) => {
            let customers = CustomersOfOrganization(organization);
            let entries = PartnersOfOrganization(organization);
            let (customers, entries) =
                tokio::try_join!(context.table.list(&customers, false), context.table.list(&entries, false))?;
            let people = customers.iter().filter(|one| one.disabled_by_deactivation).count();
            let directory_entries = entries.iter().filter(|entry| entry.removed_by_deactivation).count();
            RestorationCounts { people, directory_entries }
        }
    })
}

fn with_active_grants(access: &[Access], now: Timestamp) -> impl Iterator<Item = &Access> {
    access.iter().filter(move |one| one.grants.iter().any(|grant| grant.is_active(now)))
}

/// Returns the pending access requests of a partner, from consistent reads.
///
/// # Errors
///
/// [`Failure::Table`].
pub async fn pending_requests(
    context: &Context<'_>,
    partner: PartnerId,
) -> Result<Vec<AccessRequest>, Failure> {
    let pending = context.table.get(&PendingOfPartner(partner)).await?;
    let ids = pending.map(|pending| pending.requests).unwrap_or_default();
    let mut wanted = BatchGet::new();
    ids.iter().for_each(|id| wanted.add(&RequestById(*id)));
    let found = context.table.fetch(wanted, true).await?;
    let mut requests = Vec::new();
    for id in ids {
        let request = found.get(&RequestById(id))?.map(|request| request.at(context.now));
        requests.extend(request.filter(|request| request.state == RequestState::Pending));
    }
    Ok(requests)
}

/// Returns a fault for each thing that must be decided before the deactivation of a party, from consistent reads.
///
/// # Errors
///
/// [`Failure::Table`].
pub async fn open_matters(context: &Context<'_>, party: PartyId) -> Result<Vec<Fault>, Failure> {
    match party {
        PartyId::Partner(partner) => {
            let (pools, subscriptions, orders) = tokio::try_join!(
                async { Ok(context.table.list(&PoolsOfPartner(partner), true).await?) },
                managed_subscriptions(context, partner),
                parked_orders(context, partner),
            )?;
            let pools = pools.iter().filter(|pool| pool.available > 0);
            let of_pool =
                |pool: &domain::Pool| format!("pool `{}` holds {}", pool.license_type, pool.available);
            let mut faults = faults_of(&LICENSES_LEFT, pools.map(of_pool));
            faults.extend(faults_of(&RUNNING_SUBSCRIPTION, subscriptions.iter().map(name_subscription)));
            faults.extend(faults_of(&ORDER_LEFT, orders.into_iter()));
            Ok(faults)
        }
        PartyId::Organization(organization) => {
            let unsolved = ServiceRequests {
                among: ServiceRequestScope::Organization(organization),
                selection: ServiceRequestFilter::default(),
            };
            let subscriptions = SubscriptionsOf(organization);
            let (subscriptions, requests) = tokio::try_join!(
                context.table.list(&subscriptions, true),
                context.table.list(&unsolved, true),
            )?;
            let running = subscriptions.iter().filter(|one| !one.is_over(context.now));
            let mut faults = faults_of(&RUNNING_SUBSCRIPTION, running.map(name_subscription));
            let requests = requests.iter().filter(|request| !request.status.is_solved());
            faults.extend(faults_of(
                &UNSOLVED_SERVICE_REQUEST,
                requests.map(|request| format!("`{}` is {}", request.id, request.status.name())),
            ));
            Ok(faults)
        }
    }
}

fn name_subscription(one: &Subscription) -> String {
    format!("`{}` (`{}`) of `{}`", one.id, one.sku, one.organization_id)
}

/// Returns a fault for each named thing; if there are many, one more that counts the rest.
fn faults_of(reason: &ErrorKind, named: impl Iterator<Item = String>) -> Vec<Fault> {
    let fault = |what: String| Fault { detail: format!("{what}: {}", reason.about), ..reason.at(&[]) };
    let named: Vec<String> = named.collect();
    let rest = named.len().saturating_sub(MOST_NAMED);
    let more = (rest > 0).then(|| format!("{rest} more"));
    named.into_iter().take(MOST_NAMED).chain(more).map(fault).collect()
}

/// Returns the subscriptions that a partner manages and that are not over. Each of their organizations is, or was, in the
/// partner's directory.
async fn managed_subscriptions(
    context: &Context<'_>,
    partner: PartnerId,
) -> Result<Vec<Subscription>, Failure> {
    let entries = context.table.list(&OrganizationsOfPartner(partner), true).await?;
    let mut managed = Vec::new();
    for entries in entries.chunks(ORGANIZATIONS_AT_ONCE) {
        let lists = entries
            .iter()
            .map(|entry| async { context.table.list(&SubscriptionsOf(entry.organization_id), true).await });
        let all = try_join_all(lists).await?.into_iter().flatten();
        managed
            .extend(all.filter(|one| one.buyer().partner_id == Some(partner) && !one.is_over(context.now)));
    }
    Ok(managed)
}

/// Returns what to say about each order that is parked for the partner's account.
async fn parked_orders(context: &Context<'_>, partner: PartnerId) -> Result<Vec<String>, Failure> {
    let Some(link) = context.table.get(&StoreOfPartner(partner)).await? else { return Ok(Vec::new()) };
    let queue = context.table.list(&ParkedForAccount(link.source_id, link.account), true).await?;
    let lookup = |source, order: &domain::OrderId| OrderOfSource(source, order.clone());
    let mut wanted = BatchGet::new();
    queue.iter().for_each(|entry| wanted.add(&lookup(entry.source_id, &entry.order_id)));
    let found = context.table.fetch(wanted, true).await?;
    let mut parked = Vec::new();
    for entry in queue {
        let order = found.get(&lookup(entry.source_id, &entry.order_id))?;
        let is_parked = order.is_some_and(|order| order.status == OrderStatus::Parked);
        parked.extend(is_parked.then(|| format!("order `{}` (`{}`)", entry.order_id, entry.id)));
    }
    Ok(parked)
}
