//! Summary of a contact manager.

use std::collections::BTreeMap;

use api_runtime::table::{
    AccessInOrganization, BatchGet, MonthlyCounts, MonthlyCountsOf, OrganizationById, Page, PageQuery,
    PartnerById, ProductById, RequestById, RequestsTo, ServiceRequestScope, ServiceRequests, SubscriptionsOf,
};
use api_runtime::{Context, Failure, OrNotFound};
use domain::dashboard::Dashboard;
use domain::service_request::ServiceRequestFilter;
use domain::{
    Access, AccessRequest, Actor, Organization, OrganizationId, RequestState, ServiceRequest,
    ServiceRequestStatus, Subscription, Timestamp,
};

use super::summary::{
    EndingAccess, MOST_SHOWN, MySummary, OpenServiceRequests, PendingRequestRow, RenewalRow, Section,
    ServiceRequestRow,
};
use crate::party::Names;

/// Maximum number of pending requests that are counted.
const MOST_REQUESTS: usize = 50;

/// Items that the first step reads.
struct Found {
    own: Organization,
    access: Vec<Access>,
    subscriptions: Vec<Subscription>,
    counts: Vec<MonthlyCounts>,
    open: Page<ServiceRequest>,
    received: Page<AccessRequest>,
}

/// Reads the summary in two steps of concurrent reads.
pub(super) async fn read(
    context: &Context<'_>,
    actor: &Actor,
    organization: OrganizationId,
) -> Result<MySummary, Failure> {
    let now = context.now;
    let Found { own, access, subscriptions, counts, open, received } =
        find(context, actor, organization).await?;
    let mut due: Vec<_> = subscriptions.into_iter().filter(|one| RenewalRow::is_due(one, now)).collect();
    due.sort_by_key(|one| (one.ends_at(), one.id));
    let mut wanted = BatchGet::new();
    received.items.iter().for_each(|request| wanted.add(&RequestById(request.id)));
    let partners = access.iter().map(|access| access.partner_id);
    let partners = partners.chain(received.items.iter().map(|request| request.partner_id));
    Names::want(&mut wanted, partners.clone(), std::iter::empty());
    due.iter().take(MOST_SHOWN).for_each(|one| wanted.add(&ProductById(one.product_id)));
    let found = context.table.fetch(wanted, true).await?;
    let mut known = Vec::new();
    for partner in partners {
        known.extend(found.get(&PartnerById(partner))?);
    }
    let names = Names::from(known.into_iter(), std::iter::once(own));
    let (mut requests, mut renewals) = (Vec::new(), Vec::new());
    for request in received.items {
        let request = found.get(&RequestById(request.id))?.filter(|one| is_pending(one, now));
        requests.extend(request.map(|request| PendingRequestRow::of(request, &names)));
    }
    for one in due {
        let product = found.get(&ProductById(one.product_id))?.map(|product| product.name);
        renewals.push(RenewalRow::of(one, &names, product));
    }
    let grants = access.into_iter().flat_map(|access| {
        access.grants.into_iter().map(move |grant| (access.organization_id, access.partner_id, grant))
    });
    Ok(MySummary {
        pending_requests: Some(Section::of(requests.into_iter(), received.next.is_some())),
        ending_access: Some(EndingAccess::of(grants, &names, false, now)),
        renewals: Some(Section::of(renewals.into_iter(), false)),
        open_service_requests: Some(open_of(context, counts, open, &names)?),
        ..MySummary::default()
    })
}

async fn find(context: &Context<'_>, actor: &Actor, organization: OrganizationId) -> Result<Found, Failure> {
    let (table, now) = (context.table, context.now);
    let months = Dashboard::months(now);
    let (first, last) = months.first().zip(months.last()).or_not_found()?;
    let counts = MonthlyCountsOf(organization, first.clone(), last.clone());
    let selection =
        ServiceRequestFilter { kind: None, status: Some(ServiceRequestStatus::Open), from: None, to: None };
    let open = ServiceRequests { among: ServiceRequestScope::Organization(organization), selection };
    let own = OrganizationById(organization);
    let (access, subscriptions) = (AccessInOrganization(organization), SubscriptionsOf(organization));
    let received = RequestsTo(actor.require_email()?);
    let newest = |size| PageQuery { size, ascending: false, after: None, consistent: false };
    let (some, most) = (PageQuery { consistent: true, ..newest(MOST_SHOWN) }, newest(MOST_REQUESTS));
    let wanted = |one: &AccessRequest| is_pending(one, now);
    let (own, access, subscriptions, counts, open, received) = tokio::try_join!(
        table.get(&own),
        table.list(&access, true),
        table.list(&subscriptions, true),
        table.list(&counts, true),
        table.page(&open, &some, None),
        table.page(&received, &most, Some(&wanted)),
    )?;
    Ok(Found { own: own.or_not_found()?, access, subscriptions, counts, open, received })
}

fn is_pending(request: &AccessRequest, now: Timestamp) -> bool {
    request.clone().at(now).state == RequestState::Pending
}

fn open_of(
    context: &Context<'_>,
    counts: Vec<MonthlyCounts>,
    open: Page<ServiceRequest>,
    names: &Names,
) -> Result<OpenServiceRequests, Failure> {
    let mut counted = BTreeMap::new();
    for count in counts {
        counted.insert(count.month()?, count.counts);
    }
    let progress = Dashboard::of(&counted, context.now).all.progress;
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    Ok(OpenServiceRequests {
        open: number(progress.open),
        waiting: number(progress.waiting),
        more: false,
        items: open.items.into_iter().map(|one| ServiceRequestRow::of(one, names)).collect(),
        organizations: None,
    })
}
