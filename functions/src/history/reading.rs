//! Reads the events that a query of a history selects: a page of them, and all of them for their totals.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicUsize;

use api_runtime::table::{DirectoryEntryOf, History, NamePart, NameScope, Page, PageQuery};
use api_runtime::{Context, Failure, List};
use domain::event::EntitlementDetailsChanged;
use domain::{
    Actor, ErrorKind, Event, EventKind, Fault, FaultPointer, LogScope, NameQuery, OrganizationId, PartnerId,
    Problem, Role,
};
use futures_util::future::try_join_all;

use super::totals::HistoryTotals;
use crate::entitlements::read_fields;

/// Maximum number of events that are read for totals.
const MOST_EVENTS: usize = 10_000;

/// The totals would need more than 10,000 events.
pub const TOO_MANY_EVENTS: ErrorKind = ErrorKind::rule(
    "too-many-events",
    "the span has more than 10,000 events to read for totals: narrow it by `from` and `to`",
);

/// Maximum number of customers whose own logs are read concurrently; for more, the partner's log is filtered.
const CONCURRENT_LOGS: usize = 20;

/// Minimum number of events that a page examines while the partner's log is filtered.
const MIN_EXAMINED: usize = 50;

/// Order of the events, and whether their totals are requested.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// Whether the oldest events come first.
    pub ascending: bool,
    /// Whether the totals of all events are requested.
    pub totals: bool,
}

/// A page of events, and the totals of all if they are requested.
pub struct Selected {
    /// Requested page.
    pub page: List<Event>,
    /// Totals of all pages together.
    pub totals: Option<HistoryTotals>,
}

/// Reads a page of a log.
///
/// # Errors
///
/// 422 if the log has too many events for totals; [`Failure::Table`].
pub async fn read_log(context: &Context<'_>, log: &History, reading: Reading) -> Result<Selected, Failure> {
    read_logs(context, &log.parts(), reading).await
}

/// Reads a page of several logs that have no event in common.
async fn read_logs(context: &Context<'_>, logs: &[History], reading: Reading) -> Result<Selected, Failure> {
    let page_query = context.page_query(reading.ascending);
    let (page, all) =
        tokio::try_join!(read_page(context, logs, &page_query), read_all(context, logs, reading.totals))?;
    let totals = all.map(|all| HistoryTotals::of(all.iter()));
    Ok(Selected { page: context.list(page.items, page.next), totals })
}

async fn read_page(
    context: &Context<'_>,
    logs: &[History],
    page_query: &PageQuery,
) -> Result<Page<Event>, Failure> {
    let pages = try_join_all(logs.iter().map(|log| context.table.page(log, page_query, None)));
    Ok(Page::merge(pages.await?, page_query, |event| event.id.to_string()))
}

/// Reads all events of the logs; `None` if they are not `wanted`.
async fn read_all(
    context: &Context<'_>,
    logs: &[History],
    wanted: bool,
) -> Result<Option<Vec<Event>>, Failure> {
    if !wanted {
        return Ok(None);
    }
    let left = AtomicUsize::new(MOST_EVENTS);
    let all = try_join_all(logs.iter().map(|log| context.table.list_at_most(log, false, &left))).await?;
    match all.into_iter().collect::<Option<Vec<_>>>() {
        Some(all) => Ok(Some(all.into_iter().flatten().collect())),
        None => {
            let ErrorKind { kind, code, about } = TOO_MANY_EVENTS;
            let most = u64::try_from(MOST_EVENTS).unwrap_or(u64::MAX);
            let fault = Fault::new(FaultPointer::parameter("totals"), code, about).with_limit(most, None);
            Err(Problem::of(kind, vec![fault]).into())
        }
    }
}

/// Reads a page of the events in a partner's log that concern the customers whose name matches.
///
/// # Errors
///
/// 404 if there is no such partner; those of [`read_log`].
pub async fn read_of_customers(
    context: &Context<'_>,
    partner: PartnerId,
    query: &NameQuery,
    log: &History,
    reading: Reading,
) -> Result<Selected, Failure> {
    let scope = NameScope::Directory(partner);
    let Some(few) = context.find_few_names(scope, query, CONCURRENT_LOGS).await? else {
        return read_of_many_customers(context, partner, query, log, reading).await;
    };
    let customers: BTreeSet<OrganizationId> = few.iter().map(NamePart::id).collect::<Result<_, _>>()?;
    let logs: Vec<_> = customers
        .into_iter()
        .map(|customer| History {
            of: LogScope::Organization(customer),
            partner: Some(partner),
            ..log.clone()
        })
        .collect();
    read_logs(context, &logs, reading).await
}

/// Reads a page of a partner's log, and leaves out the events whose customer's name does not match.
async fn read_of_many_customers(
    context: &Context<'_>,
    partner: PartnerId,
    query: &NameQuery,
    log: &History,
    reading: Reading,
) -> Result<Selected, Failure> {
    let page_query = context.page_query(reading.ascending);
    let (size, logs) = (page_query.size, log.parts());
    let examined = PageQuery { size: size.max(MIN_EXAMINED), ..page_query };
    let (Page { items, next }, all) =
        tokio::try_join!(read_page(context, &logs, &examined), read_all(context, &logs, reading.totals))?;
    let events = items.iter().chain(all.iter().flatten());
    let customers: BTreeSet<OrganizationId> = events.filter_map(|event| event.organization_id).collect();
    let entries: Vec<_> = customers.into_iter().map(|customer| DirectoryEntryOf(partner, customer)).collect();
    let entries = context.table.fetch_all(&entries).await?.into_iter();
    let matching = entries.filter(|entry| query.matches(&entry.name).is_some());
    let matching: BTreeSet<OrganizationId> =
        matching.map(|entry| entry.organization_id()).collect::<Result<_, _>>()?;
    let is_wanted =
        |event: &Event| event.organization_id.is_some_and(|customer| matching.contains(&customer));
    let mut wanted: Vec<Event> = items.into_iter().filter(is_wanted).collect();
    let is_full = wanted.len() > size;
    wanted.truncate(size);
    let last = wanted.last().filter(|_| is_full).map(|event| event.id.to_string());
    let totals = all.map(|all| HistoryTotals::of(all.iter().filter(|event| is_wanted(event))));
    Ok(Selected { page: context.list(wanted, last.or(next)), totals })
}

/// Reads a page of an organization's log, in which `entitlement.details-changed` has only the fields that the caller may
/// view. Events with no other field are left out; the page is then read again with such events filtered out.
///
/// # Errors
///
/// Those of [`read_log`].
pub async fn read_of_organization(
    context: &Context<'_>,
    actor: &Actor,
    log: &History,
    Reading { ascending, totals }: Reading,
) -> Result<Selected, Failure> {
    let changed = |event: &Event| match &event.kind {
        EventKind::EntitlementDetailsChanged(EntitlementDetailsChanged { changed_fields, .. }) => {
            Some(changed_fields.clone())
        }
        _ => None,
    };
    let logs = std::slice::from_ref(log);
    let (mut page, all) = tokio::try_join!(context.page(log, ascending), read_all(context, logs, totals))?;
    let has_changes = page.items.iter().chain(all.iter().flatten()).any(|event| changed(event).is_some());
    if actor.has_one_of(&[Role::Operator]) || !has_changes {
        let totals = all.map(|all| HistoryTotals::of(all.iter()));
        return Ok(Selected { page, totals });
    }
    let fields = read_fields(context).await?;
    let is_visible = |event: &Event| {
        changed(event).is_none_or(|changed| !fields.visible_among(&changed, actor).is_empty())
    };
    if !page.items.iter().all(is_visible) {
        page = context.filtered_page(log, ascending, is_visible).await?;
    }
    for event in &mut page.items {
        if let EventKind::EntitlementDetailsChanged(EntitlementDetailsChanged { changed_fields, .. }) =
            &mut event.kind
        {
            *changed_fields = fields.visible_among(changed_fields, actor);
        }
    }
    let totals = all.map(|all| HistoryTotals::of(all.iter().filter(|event| is_visible(event))));
    Ok(Selected { page, totals })
}
