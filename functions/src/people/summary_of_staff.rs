//! Summary of the vendor's operators and agents.

use std::collections::BTreeSet;

use api_runtime::table::{
    BatchGet, History, OrganizationById, Page, PageQuery, ParkedOrders, ServiceRequestOf,
};
use api_runtime::{Context, Failure};
use domain::event::DueWorkFailed;
use domain::{Actor, Event, EventKind, LogScope, Order, Period, Role, ServiceRequestStatus};

use super::summary::{
    FailedWorkRow, MOST_SHOWN, MySummary, OpenServiceRequests, ParkedOrderRow, Section, ServiceRequestRow,
};
use crate::party::Names;
use crate::service_requests::unsolved::count_unsolved;

/// Maximum number of parked orders, and of events of failed work, that are counted.
const MOST_COUNTED: usize = 100;

/// Time for which failed work is shown.
const FAILED_WITHIN: Period = Period::days(7);

/// Reads the summary in two steps of concurrent reads.
pub(super) async fn read(context: &Context<'_>, actor: &Actor) -> Result<MySummary, Failure> {
    let is_operator = actor.has_one_of(&[Role::Operator]);
    let operations = async {
        match is_operator {
            true => Ok(Some(tokio::try_join!(read_parked(context), read_failed(context))?)),
            false => Ok(None),
        }
    };
    let ((counts, unsolved), operations) = tokio::try_join!(count_unsolved(context), operations)?;
    let open = unsolved.iter().filter(|one| one.status == ServiceRequestStatus::Open);
    let oldest: Vec<_> = open.take(MOST_SHOWN).collect();
    let organizations: BTreeSet<_> = oldest.iter().map(|one| one.organization_id).collect();
    let mut wanted = BatchGet::new();
    organizations.iter().for_each(|organization| wanted.add(&OrganizationById(*organization)));
    let lookups = oldest.iter().map(|one| ServiceRequestOf(one.organization_id, one.service_request_id));
    lookups.clone().for_each(|lookup| wanted.add(&lookup));
    let found = context.table.fetch(wanted, true).await?;
    let names = Names::among(&found, std::iter::empty(), organizations.into_iter())?;
    let mut items = Vec::new();
    for lookup in lookups {
        let request = found.get(&lookup)?.filter(|one| one.status == ServiceRequestStatus::Open);
        items.extend(request.map(|request| ServiceRequestRow::of(request, &names)));
    }
    let (parked, failed) = operations.unzip();
    Ok(MySummary {
        open_service_requests: Some(OpenServiceRequests {
            open: counts.open,
            waiting: counts.waiting,
            more: counts.more,
            items,
            organizations: None,
        }),
        parked_orders: parked,
        failed_work: failed,
        ..MySummary::default()
    })
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
