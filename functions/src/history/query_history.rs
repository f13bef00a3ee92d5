//! `query-history`

use std::collections::BTreeSet;

use api_runtime::csv_table::{CsvTable, cell_of};
use api_runtime::table::{
    BatchGet, DirectoryEntryOf, History, NamePart, NameScope, OrganizationById, Page, PageQuery, PartnerById,
};
use api_runtime::{
    Context, Empty, Failure, List, Method, Nothing, Operation, OrganizationPath, Output, PartnerPath, Reply,
    Request, Route, Switch, route,
};
use deserr::Deserr;
use domain::event::{EntitlementDetailsChanged, EventType};
use domain::fault::{Check, Validated};
use domain::{
    Actor, Author, Event, EventId, EventKind, Fault, FaultPointer, Faults, LicenseTypeCode, LogScope,
    NameQuery, OrganizationId, ParseError, PartnerId, Problem, Role, Timestamp, Version,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::authority::viewer::Visibility;
use crate::entitlements::read_fields;
use crate::party::{Names, Party};

/// Lists the events of a partner, an organization or the vendor.
pub struct QueryHistory;

api_runtime::paths! {
    /// Owner of the log that is read, one for each route.
    HistoryPath {
        /// The log of a partner.
        Partner(PartnerPath) = "partnerId",
        /// The log of an organization: every event that concerns it, also those stored in a partner's log.
        Organization(OrganizationPath) = "organizationId",
        /// The log of the vendor: events that concern neither a partner nor an organization.
        Vendor(Nothing) = "",
    }
}

/// Query parameters that select and sort events.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct QueryHistoryQuery {
    /// Time of the earliest events (inclusive); RFC 3339. If absent, there is no limit.
    #[deserr(default)]
    from: Option<Timestamp>,
    /// Time before which events are selected (exclusive); RFC 3339, after `from`. If absent, there is no limit.
    #[deserr(default)]
    to: Option<Timestamp>,
    /// Type of the events, such as `license.assigned`. If absent, events of all types are selected.
    #[deserr(rename = "type", default)]
    #[schemars(rename = "type")]
    event_type: Option<EventType>,
    /// Code of the license type that the events are about. If absent, events are selected whatever they are about.
    #[deserr(default)]
    license_type: Option<LicenseTypeCode>,
    /// Name of the customer organizations that the events concern, 1 to 200 characters, matched as by
    /// `GET /v1/partners/{partnerId}/organizations`. Only organizations in the partner's directory are found. Accepted
    /// in a partner's history only.
    #[deserr(default)]
    customer: Option<NameQuery>,
    /// Sort order by time: newest first (`desc`, the default) or oldest first (`asc`).
    #[deserr(default)]
    #[schemars(default)]
    order: Direction,
    /// Whether a CSV answer begins with a byte order mark (`true`), by which Excel recognizes UTF-8, or not (`false`,
    /// the default). It has no effect on a JSON answer.
    #[deserr(default)]
    #[schemars(default)]
    bom: Switch,
}

/// Sort order by time.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Oldest first.
    Asc,
    /// Newest first.
    #[default]
    Desc,
}

impl Check for QueryHistoryQuery {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        check_span(sent).into_iter().collect()
    }
}

/// Checks that `to`, if both are given, is after `from`.
pub(crate) fn check_span(sent: &serde_json::Value) -> Option<(String, ParseError)> {
    let time = |name: &str| sent.get(name)?.as_str()?.parse::<Timestamp>().ok();
    let (from, _) = time("from").zip(time("to")).filter(|(from, to)| from >= to)?;
    Some((
        "/to".to_owned(),
        ParseError::new("invalid-interval", format!("must be after `from`, which is `{from}`")),
    ))
}

/// An event, with the current names of its parties.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HistoryEvent {
    /// Id of the event; ids sort by time.
    id: EventId,
    /// Time of the event; RFC 3339, UTC.
    time: Timestamp,
    /// Caller who made the change.
    actor: Author,
    /// Type of the event and the data of that type.
    #[serde(flatten)]
    kind: EventKind,
    /// Version that the object of the event had after the change; events of one object sort by it. Absent if the object has
    /// none.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
    /// Partner that the event concerns. Absent if it concerns none.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<Party<PartnerId>>,
    /// Organization that the event concerns. Absent if it concerns none.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<Party<OrganizationId>>,
}

/// A page of a history; with `Accept: text/csv` a CSV table.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct HistoryPage {
    list: List<HistoryEvent>,
    /// Type of all events, if the query selects one: its data fields are columns of the CSV table.
    #[serde(skip)]
    event_type: Option<EventType>,
    /// Whether the CSV table begins with a byte order mark.
    #[serde(skip)]
    bom: bool,
}

impl Output for HistoryPage {
    const TABULAR: bool = true;

    fn csv_table(&self) -> Option<CsvTable> {
        let fields = self.event_type.map(EventType::fields);
        let mut columns = COLUMNS.map(|(name, _)| name.to_owned()).to_vec();
        columns.extend(fields.clone().unwrap_or_else(|| vec!["data".to_owned()]));
        let cells = |event| row(event, fields.as_deref());
        let rows = self.list.items.iter().map(cells).collect::<Result<_, _>>().ok()?;
        Some(CsvTable { columns, rows, bom: self.bom })
    }

    fn next_page_token(&self) -> Option<&str> {
        self.list.next_page_token()
    }
}

/// Columns of a CSV table that all events share, with their JSON pointers into an event. What events have as `data`
/// follows: in a column for each field if all events have the same type, otherwise in one column.
const COLUMNS: [(&str, &str); 11] = [
    ("id", "/id"),
    ("time", "/time"),
    ("type", "/type"),
    ("actorType", "/actor/type"),
    ("actorId", "/actor/id"),
    ("actorEmail", "/actor/email"),
    ("partnerId", "/partner/id"),
    ("partnerName", "/partner/name"),
    ("organizationId", "/organization/id"),
    ("organizationName", "/organization/name"),
    ("version", "/version"),
];

/// Returns the row of an event, given the data fields that have a column.
fn row(event: &HistoryEvent, fields: Option<&[String]>) -> Result<Vec<String>, serde_json::Error> {
    let event = serde_json::to_value(event)?;
    let cell = |value: Option<&Value>| value.map_or_else(String::new, cell_of);
    let mut cells: Vec<String> = COLUMNS.iter().map(|(_, place)| cell(event.pointer(place))).collect();
    let data = event.get("data");
    match fields {
        Some(fields) => cells.extend(fields.iter().map(|name| cell(data.and_then(|data| data.get(name))))),
        None => cells.push(cell(data)),
    }
    Ok(cells)
}

impl Operation for QueryHistory {
    const NAME: &str = "query-history";
    const SUMMARY: &str = "Query the history of changes";
    const DESCRIPTION: &str = "Operators and agents may read the history of every partner and organization, \
        partner members that of their partner, and contact managers that of their organization. Only \
        operators may read the vendor's, which holds the events that concern neither. Events are sorted by \
        time, newest first unless `order=asc`, and carry the current names of their parties. Changes of \
        detail fields that the caller may not view are left out. A page may contain fewer events than \
        `pageSize`, or none, although there is a next page. With `Accept: text/csv` the page is a CSV table: \
        with `type` it has a column for each data field of that type, otherwise one column `data` with JSON.";
    const ROUTES: &[Route] = &[
        route(
            Method::Get,
            "/v1/partners/{partnerId}/history",
            &[Role::Operator, Role::Agent, Role::PartnerMember],
        )
        .of("partner")
        .summarized("Query the history of a partner"),
        route(
            Method::Get,
            "/v1/organizations/{organizationId}/history",
            &[Role::Operator, Role::Agent, Role::ContactManager],
        )
        .of("organization")
        .summarized("Query the history of an organization"),
        route(Method::Get, "/v1/history", &[Role::Operator])
            .of("vendor")
            .summarized("Query the vendor's own history"),
    ];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = HistoryPath;
    type Query = Validated<QueryHistoryQuery>;
    type Body = Empty;
    type Output = HistoryPage;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<HistoryPage>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let Validated(filter) = query;
        let history = |of| History {
            of,
            partner: None,
            from: filter.from,
            to: filter.to,
            event_type: filter.event_type,
            license_type: filter.license_type.clone(),
        };
        let ascending = filter.order == Direction::Asc;
        let page = match *path {
            HistoryPath::Partner(PartnerPath { partner_id }) => {
                actor.authorize_partner(partner_id)?;
                let log = history(LogScope::Partner(partner_id));
                let owner = PartnerById(partner_id);
                match &filter.customer {
                    None => context.read_if_exists(&owner, context.page(&log, ascending)).await?,
                    Some(query) => of_customers(context, partner_id, query, &log, ascending).await?,
                }
            }
            _ if filter.customer.is_some() => {
                let known = "is known in a partner's history only";
                let fault = Fault::new(FaultPointer::parameter("customer"), "unknown-field", known);
                return Err(Problem::shape(Faults(vec![fault])).into());
            }
            HistoryPath::Organization(OrganizationPath { organization_id }) => {
                actor.authorize_organization(organization_id)?;
                let log = history(LogScope::Organization(organization_id));
                let page = context.page(&log, ascending);
                let page = context.read_if_exists(&OrganizationById(organization_id), page).await?;
                visible(context, actor, page, &log, ascending).await?
            }
            HistoryPath::Vendor(_) => context.page(&history(LogScope::Vendor), ascending).await?,
        };
        let items = name_parties(context, actor, page.items).await?;
        let list = List { items, next_page_token: page.next_page_token };
        let page = HistoryPage { list, event_type: filter.event_type, bom: filter.bom.is_on() };
        Ok(Reply::ok(page))
    }
}

/// Maximum number of customers whose own logs are read concurrently; for more, the partner's log is filtered.
const CONCURRENT_LOGS: usize = 20;

/// Minimum number of events that a page examines while the partner's log is filtered.
const MIN_EXAMINED: usize = 50;

/// Reads a page of the events in a partner's log that concern the customers whose name matches.
async fn of_customers(
    context: &Context<'_>,
    partner: PartnerId,
    query: &NameQuery,
    log: &History,
    ascending: bool,
) -> Result<List<Event>, Failure> {
    let scope = NameScope::Directory(partner);
    let Some(few) = context.find_few_names(scope, query, CONCURRENT_LOGS).await? else {
        return of_many_customers(context, partner, query, log, ascending).await;
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
    let page_query = context.page_query(ascending);
    let pages =
        futures_util::future::try_join_all(logs.iter().map(|log| context.table.page(log, &page_query, None)));
    let merged = Page::merge(pages.await?, &page_query, |event| event.id.to_string());
    Ok(context.list(merged.items, merged.next))
}

/// Reads a page of a partner's log, and leaves out the events whose customer's name does not match.
async fn of_many_customers(
    context: &Context<'_>,
    partner: PartnerId,
    query: &NameQuery,
    log: &History,
    ascending: bool,
) -> Result<List<Event>, Failure> {
    let page_query = context.page_query(ascending);
    let size = page_query.size;
    let examined = PageQuery { size: size.max(MIN_EXAMINED), ..page_query };
    let Page { items, next } = context.table.page(log, &examined, None).await?;
    let customers: BTreeSet<OrganizationId> =
        items.iter().filter_map(|event| event.organization_id).collect();
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
    Ok(context.list(wanted, last.or(next)))
}

/// Removes from `entitlement.details-changed` events the fields that the caller may not view. Events with no other
/// field are left out; the page is then read again with such events filtered out.
async fn visible(
    context: &Context<'_>,
    actor: &Actor,
    mut page: List<Event>,
    log: &History,
    ascending: bool,
) -> Result<List<Event>, Failure> {
    let changed = |event: &Event| match &event.kind {
        EventKind::EntitlementDetailsChanged(EntitlementDetailsChanged { changed_fields, .. }) => {
            Some(changed_fields.clone())
        }
        _ => None,
    };
    if actor.has_one_of(&[Role::Operator]) || !page.items.iter().any(|event| changed(event).is_some()) {
        return Ok(page);
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
    Ok(page)
}

/// Adds the names of their parties to events, and removes the ids of subscriptions that the caller may not see.
async fn name_parties(
    context: &Context<'_>,
    actor: &Actor,
    events: Vec<Event>,
) -> Result<Vec<HistoryEvent>, Failure> {
    let partners = events.iter().filter_map(|event| event.partner_id);
    let organizations = events.iter().filter_map(|event| event.organization_id);
    let visibility = Visibility::by_caller_kind(actor);
    let causes = visibility.causes_of(&events);
    let mut wanted = BatchGet::new();
    Names::want(&mut wanted, partners.clone(), organizations.clone());
    causes.iter().for_each(|cause| wanted.add(cause));
    // Names may be stale, but what decides visibility needs a consistent read.
    let found = context.table.fetch(wanted, !causes.is_empty()).await?;
    let names = Names::among(&found, partners, organizations)?;
    let mut hidden = BTreeSet::new();
    for cause in causes {
        if !found.get(&cause)?.is_some_and(|one| visibility.sees(&one)) {
            hidden.insert(cause.1);
        }
    }
    let named = |Event { id, time, actor, kind, version, partner_id, organization_id }: Event| HistoryEvent {
        id,
        time,
        actor,
        kind: visibility.narrow_event(kind, &hidden),
        version,
        partner: partner_id.map(|partner| names.partner(partner)),
        organization: organization_id.map(|organization| names.organization(organization)),
    };
    Ok(events.into_iter().map(named).collect())
}
