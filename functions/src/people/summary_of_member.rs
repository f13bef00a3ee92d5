//! Summary of a partner's member.

use std::cmp::Reverse;
use std::collections::HashMap;

use api_runtime::table::{
    BatchGet, BatchResult, LicenseTypes, Page, PageQuery, PendingOfPartner, PoolsOfPartner, Renewals,
    ServiceRequestScope, ServiceRequests, SubscriptionOf,
};
use api_runtime::{Context, Failure};
use domain::dashboard::Dashboard;
use domain::service_request::ServiceRequestFilter;
use domain::{
    AccessAction, Actor, Grant, LicenseType, OrganizationId, PartnerId, Pool, ServiceRequestStatus,
    Subscription,
};
use futures_util::future::try_join_all;

use super::summary::{
    AHEAD, EndingAccess, LowPoolRow, MOST_SHOWN, MySummary, OpenServiceRequests, OrganizationRow,
    PendingRequestRow, RenewalRow, Section, ServiceRequestRow,
};
use crate::access::pending::{pending_among, want_requests};
use crate::authority::own_access::OwnAccess;
use crate::party::Names;
use crate::service_requests::counts_of_many::{counts_among, want_counts};

/// Maximum number of subscriptions that are counted as renewals.
const MOST_RENEWALS: usize = 100;

/// Reads the summary in two steps of concurrent reads; a third one follows if there are open service requests.
pub(super) async fn read(
    context: &Context<'_>,
    actor: &Actor,
    partner: PartnerId,
) -> Result<MySummary, Failure> {
    let (table, now) = (context.table, context.now);
    let (pending, pools) = (PendingOfPartner(partner), PoolsOfPartner(partner));
    // Subscriptions that have ended are left out.
    let renewals = Renewals(partner, Some(now), Some(now.after(AHEAD)));
    let page_query = PageQuery { size: MOST_RENEWALS, ascending: true, after: None, consistent: false };
    let lists = async {
        Ok(tokio::try_join!(
            table.get(&pending),
            table.list(&pools, true),
            table.list(&LicenseTypes(), false),
            table.page(&renewals, &page_query, None),
        )?)
    };
    let own = OwnAccess::find(context, actor, partner);
    let (own, (pending, pools, types, renewals)) = tokio::try_join!(own, lists)?;

    let pending = pending.map(|pending| pending.requests).unwrap_or_default();
    let (mut current, mut shown) = (BatchGet::new(), BatchGet::new());
    own.want(&mut current);
    want_requests(&mut current, &pending);
    let lookup = |found: &Subscription| SubscriptionOf(found.organization_id, found.id);
    renewals.items.iter().for_each(|found| current.add(&lookup(found)));
    let organizations = own.organizations.iter().copied();
    let organizations = organizations.chain(renewals.items.iter().map(|found| found.organization_id));
    Names::want(&mut shown, std::iter::once(partner), organizations.clone());
    own.organizations.iter().for_each(|organization| want_counts(&mut shown, *organization, now));
    let (current, shown) = tokio::try_join!(table.fetch(current, true), table.fetch(shown, false))?;
    let names = Names::among(&shown, std::iter::once(partner), organizations)?;

    let requests = pending_among(&current, &pending, now)?;
    let access = own.prove(context, &current)?;
    let requests = requests.into_iter().map(|request| PendingRequestRow::of(request, &names));
    let mut open = open_of(context, &shown, &access, &names, own.more)?;
    open.items = oldest_open(context, &open, &names).await?;
    Ok(MySummary {
        pending_requests: Some(Section::of(requests, false)),
        renewals: Some(renewals_of(context, partner, &current, renewals, &names)?),
        low_pools: Some(low_pools(pools, types)),
        open_service_requests: Some(open),
        ending_access: Some(EndingAccess::of(
            access.into_iter().map(|(organization, grant)| (organization, partner, grant)),
            &names,
            own.more,
            now,
        )),
        ..MySummary::default()
    })
}

/// Returns the renewals that the index found, as far as they still are the partner's.
fn renewals_of(
    context: &Context<'_>,
    partner: PartnerId,
    current: &BatchResult,
    found: Page<Subscription>,
    names: &Names,
) -> Result<Section<RenewalRow>, Failure> {
    let mut mine = Vec::new();
    for one in &found.items {
        let one = current.get(&SubscriptionOf(one.organization_id, one.id))?;
        mine.extend(
            one.filter(|one| one.buyer().partner_id == Some(partner) && RenewalRow::is_due(one, context.now)),
        );
    }
    mine.sort_by_key(|one| (one.ends_at(), one.id));
    let rows = mine.into_iter().map(|one| RenewalRow::of(one, names, None));
    Ok(Section::of(rows, found.next.is_some()))
}

fn low_pools(pools: Vec<Pool>, types: Vec<LicenseType>) -> Section<LowPoolRow> {
    let mut names: HashMap<_, _> = types.into_iter().map(|kind| (kind.code, kind.name)).collect();
    let low: Vec<_> = pools.into_iter().filter(Pool::is_low).collect();
    let rows = low.into_iter().map(|pool| {
        let name = names.remove(&pool.license_type);
        LowPoolRow::of(pool, name)
    });
    Section::of(rows, false)
}

/// Returns the open service requests of the organizations in which the member sees all.
fn open_of(
    context: &Context<'_>,
    shown: &BatchResult,
    access: &[(OrganizationId, Grant)],
    names: &Names,
    more: bool,
) -> Result<OpenServiceRequests, Failure> {
    let mut organizations = Vec::new();
    for (organization, grant) in access {
        if grant.level.allows(AccessAction::SeeAll) {
            let counted = counts_among(shown, *organization, context.now)?;
            let progress = Dashboard::of(&counted, context.now).all.progress;
            let of = |count: i64| u64::try_from(count).unwrap_or_default();
            let (open, waiting) = (of(progress.open), of(progress.waiting));
            let organization = names.organization(*organization);
            organizations.push(OrganizationRow { organization, open, waiting });
        }
    }
    let sum = |part: fn(&OrganizationRow) -> u64| organizations.iter().map(part).sum();
    let (open, waiting) = (sum(|one| one.open), sum(|one| one.waiting));
    organizations.retain(|one| one.open + one.waiting > 0);
    organizations.sort_by_key(|one| Reverse(one.open + one.waiting));
    organizations.truncate(MOST_SHOWN);
    Ok(OpenServiceRequests { open, waiting, more, items: Vec::new(), organizations: Some(organizations) })
}

/// Reads the oldest service requests that wait for the vendor, of the organizations that have the most of them.
async fn oldest_open(
    context: &Context<'_>,
    open: &OpenServiceRequests,
    names: &Names,
) -> Result<Vec<ServiceRequestRow>, Failure> {
    let organizations = open.organizations.iter().flatten().filter(|one| one.open > 0);
    let selection =
        ServiceRequestFilter { kind: None, status: Some(ServiceRequestStatus::Open), from: None, to: None };
    let of = |organization| ServiceRequests {
        among: ServiceRequestScope::Organization(organization),
        selection: selection.clone(),
    };
    let lists: Vec<_> = organizations.map(|one| of(one.organization.id)).collect();
    let page_query = PageQuery { size: MOST_SHOWN, ascending: true, after: None, consistent: true };
    let pages = try_join_all(lists.iter().map(|list| context.table.page(list, &page_query, None))).await?;
    let mut oldest: Vec<_> = pages.into_iter().flat_map(|page| page.items).collect();
    oldest.sort_by_key(|one| one.id);
    Ok(oldest.into_iter().take(MOST_SHOWN).map(|one| ServiceRequestRow::of(one, names)).collect())
}
