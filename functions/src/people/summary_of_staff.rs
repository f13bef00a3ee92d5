//! Summary of the vendor's operators and agents.

use std::collections::BTreeSet;

use api_runtime::table::{History, Page, PageQuery, ParkedOrders, ServiceRequestScope, ServiceRequests};
use api_runtime::{Context, Failure};
use domain::event::DueWorkFailed;
use domain::service_request::{Month, ServiceRequestFilter};
use domain::{Actor, Event, EventKind, LogScope, Order, Period, Role, ServiceRequest, ServiceRequestStatus};
use futures_util::future::try_join_all;

use super::summary::{
    FailedWorkRow, MOST_SHOWN, MySummary, OpenServiceRequests, ParkedOrderRow, Section, ServiceRequestRow,
    number,
};
use crate::party::Names;

/// Maximum number of items of each kind that are counted, for service requests per month and status.
const MOST_COUNTED: usize = 100;

/// Months whose service requests are counted, the current one included.
const MONTHS: u8 = 3;

/// Time for which failed work is shown.
const FAILED_WITHIN: Period = Period::days(7);

/// Reads the summary in two steps of concurrent reads.
pub(super) async fn read(context: &Context<'_>, actor: &Actor) -> Result<MySummary, Failure> {
    let is_operator = actor.has_one_of(&[Role::Operator]);
    let open = read_requests(context, ServiceRequestStatus::Open);
    let waiting = read_requests(context, ServiceRequestStatus::Waiting);
    let operations = async {
        match is_operator {
            true => Ok(Some(tokio::try_join!(read_parked(context), read_failed(context))?)),
            false => Ok(None),
        }
    };
    let (open, waiting, operations) = tokio::try_join!(open, waiting, operations)?;
    let count = |pages: &[Page<ServiceRequest>]| number(pages.iter().map(|page| page.items.len()).sum());
    let more = open.iter().chain(&waiting).any(|page| page.next.is_some());
    let (all_open, all_waiting) = (count(&open), count(&waiting));
    let mut oldest: Vec<_> = open.into_iter().flat_map(|page| page.items).collect();
    oldest.sort_by_key(|one| one.id);
    oldest.truncate(MOST_SHOWN);
    let organizations: BTreeSet<_> = oldest.iter().map(|one| one.organization_id).collect();
    let names = Names::of(context, std::iter::empty(), organizations.iter().copied()).await?;
    let (parked, failed) = operations.unzip();
    Ok(MySummary {
        open_service_requests: Some(OpenServiceRequests {
            open: all_open,
            waiting: all_waiting,
            more,
            items: oldest.into_iter().map(|one| ServiceRequestRow::of(one, &names)).collect(),
            organizations: None,
        }),
        parked_orders: parked,
        failed_work: failed,
        ..MySummary::default()
    })
}

/// Reads the service requests with a status that were submitted in the last months, the oldest of each month first.
async fn read_requests(
    context: &Context<'_>,
    status: ServiceRequestStatus,
) -> Result<Vec<Page<ServiceRequest>>, Failure> {
    let page_query = first_page(true);
    let months = (0..MONTHS).map(|past| Month::of(context.now.before(Period::months(past))));
    let listings: Vec<_> = months
        .map(|month| {
            let selection = ServiceRequestFilter { kind: None, status: Some(status), from: None, to: None };
            ServiceRequests { among: ServiceRequestScope::Month(month), selection }
        })
        .collect();
    let pages = listings.iter().map(|listing| context.table.page(listing, &page_query, None));
    Ok(try_join_all(pages).await?)
}

async fn read_parked(context: &Context<'_>) -> Result<Section<ParkedOrderRow>, Failure> {
    let Page { items, next } = context.table.page(&ParkedOrders(), &first_page(true), None).await?;
    let rows: Vec<_> = items.into_iter().filter_map(|order: Order| ParkedOrderRow::of(order)).collect();
    Ok(Section::of(rows.into_iter(), next.is_some()))
}

async fn read_failed(context: &Context<'_>) -> Result<Section<FailedWorkRow>, Failure> {
    let log = History {
        of: LogScope::Vendor,
        partner: None,
        from: Some(context.now.before(FAILED_WITHIN)),
        to: None,
        event_type: "due-work.failed".parse().ok(),
        license_types: Vec::new(),
    };
    let Page { items, next } = context.table.page(&log, &first_page(false), None).await?;
    let row = |Event { id, time, kind, .. }: Event| match kind {
        EventKind::DueWorkFailed(DueWorkFailed { entity, attempts, .. }) => {
            Some(FailedWorkRow { id, time, entity, attempts })
        }
        _ => None,
    };
    let rows: Vec<_> = items.into_iter().filter_map(row).collect();
    Ok(Section::of(rows.into_iter(), next.is_some()))
}

/// Returns the query of the items that are counted.
fn first_page(ascending: bool) -> PageQuery {
    PageQuery { size: MOST_COUNTED, ascending, after: None, consistent: false }
}
