//! `query-history`

use std::collections::BTreeSet;

use api_runtime::csv_table::{CsvTable, cell_of};
use api_runtime::table::{BatchGet, History, OrganizationById, PartnerById};
use api_runtime::{
    Context, Empty, Failure, List, Method, Nothing, Operation, OrganizationPath, Output, PartnerPath, Reply,
    Request, Route, Switch, route,
};
use deserr::Deserr;
use domain::event::{EventType, SubscriptionContactRemoved, SubscriptionOrdered};
use domain::fault::{Check, Validated};
use domain::{
    Actor, ErrorKind, Event, EventId, EventKind, Fault, FaultPointer, Faults, LogScope, NameQuery,
    OrganizationId, ParseError, PartnerId, Problem, Role, Timestamp, Version,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::license_types::LicenseTypes;
use super::reading::{Reading, Selected, TOO_MANY_EVENTS, read_log, read_of_customers, read_of_organization};
use super::totals::HistoryTotals;
use crate::authority::viewer::Visibility;
use crate::party::{Names, Party, read_if_visible};
use crate::person_names::{NameReader, NamedAuthor, People};

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
    /// Codes of the license types that the events are about: up to 20, separated by commas or in repeated parameters.
    /// If absent, events are selected whatever they are about.
    #[deserr(default)]
    license_type: Option<LicenseTypes>,
    /// Name of the customer organizations that the events concern, 1 to 200 characters, matched as by
    /// `GET /v1/partners/{partnerId}/organizations`. Only organizations in the partner's directory are found. Accepted
    /// in a partner's history only.
    #[deserr(default)]
    customer: Option<NameQuery>,
    /// Sort order by time: newest first (`desc`, the default) or oldest first (`asc`).
    #[deserr(default)]
    #[schemars(default)]
    order: Direction,
    /// Whether the answer has the `totals` of all selected events, of all pages together (`true`), or not (`false`, the
    /// default). At most 10,000 events are read for them. A CSV answer has no totals.
    #[deserr(default)]
    #[schemars(default)]
    totals: Switch,
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
    actor: NamedAuthor,
    /// Type of the event and the data of that type.
    #[serde(flatten)]
    kind: EventKind,
    /// Version that the object of the event had after the change; events of one object sort by it. Absent if the object has
    /// none, or if the event changes nothing.
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
pub struct HistoryPage {
    #[serde(flatten)]
    list: List<HistoryEvent>,
    /// Totals of all selected events, of all pages together. Absent unless the query has `totals=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    totals: Option<HistoryTotals>,
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
const COLUMNS: [(&str, &str); 14] = [
    ("id", "/id"),
    ("time", "/time"),
    ("type", "/type"),
    ("actorType", "/actor/type"),
    ("actorId", "/actor/id"),
    ("actorName", "/actor/name"),
    ("actorEmail", "/actor/email"),
    ("actorFormer", "/actor/former"),
    ("actorErased", "/actor/erased"),
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
        time, newest first unless `order=asc`, and carry the current names of their parties and authors; an author \
        who has left the organization is shown with the name that it left with (`former`). Changes of \
        detail fields that the caller may not view are left out. A page may contain fewer events than \
        `pageSize`, or none, although there is a next page. With `Accept: text/csv` the page is a CSV table: \
        with `type` it has a column for each data field of that type, otherwise one column `data` with JSON. \
        With `totals=true` the answer counts all selected events, and the licenses that they credited, \
        withdrew and assigned; if more than 10,000 events have to be read for that, the call is refused (422 \
        `too-many-events`).";
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
    const LISTS: &[&str] = &["licenseType"];
    const ERRORS: &[ErrorKind] = &[TOO_MANY_EVENTS];

    type Caller = Actor;
    type Path = HistoryPath;
    type Query = Validated<QueryHistoryQuery>;
    type Body = Empty;
    type Output = HistoryPage;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<HistoryPage>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let Validated(filter) = query;
        let license_types = filter.license_type.as_ref().map(LicenseTypes::to_vec).unwrap_or_default();
        let history = |of| History {
            of,
            partner: None,
            from: filter.from,
            to: filter.to,
            event_type: filter.event_type,
            license_types: license_types.clone(),
        };
        let reading = Reading { ascending: filter.order == Direction::Asc, totals: filter.totals.is_on() };
        let Selected { page, totals } = match *path {
            HistoryPath::Partner(PartnerPath { partner_id }) => {
                actor.authorize_partner(partner_id)?;
                let log = history(LogScope::Partner(partner_id));
                let owner = PartnerById(partner_id);
                match &filter.customer {
                    None => read_if_visible(context, actor, &owner, read_log(context, &log, reading)).await?,
                    Some(query) => read_of_customers(context, partner_id, query, &log, reading).await?,
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
                let page = read_of_organization(context, actor, &log, reading);
                read_if_visible(context, actor, &OrganizationById(organization_id), page).await?
            }
            HistoryPath::Vendor(_) => read_log(context, &history(LogScope::Vendor), reading).await?,
        };
        let items = name_parties(context, actor, page.items).await?;
        let list = List { items, next_page_token: page.next_page_token };
        let page = HistoryPage { list, totals, event_type: filter.event_type, bom: filter.bom.is_on() };
        Ok(Reply::ok(page))
    }
}

/// Removes from an event what took the place of the e-mails of erased people.
fn without_erased(mut kind: EventKind) -> EventKind {
    match &mut kind {
        EventKind::SubscriptionOrdered(SubscriptionOrdered { contacts, first_time_contacts, .. }) => {
            [contacts, first_time_contacts].into_iter().for_each(|all| all.retain(|one| !one.is_erased()));
        }
        EventKind::SubscriptionContactRemoved(SubscriptionContactRemoved { email, .. }) => {
            *email = email.take().filter(|one| !one.is_erased());
        }
        _ => {}
    }
    kind
}

/// Adds the names of their parties and authors to events, and removes the ids of subscriptions that the caller may not see.
async fn name_parties(
    context: &Context<'_>,
    caller: &Actor,
    events: Vec<Event>,
) -> Result<Vec<HistoryEvent>, Failure> {
    let partners = events.iter().filter_map(|event| event.partner_id);
    let organizations = events.iter().filter_map(|event| event.organization_id);
    let visibility = Visibility::by_caller_kind(caller);
    let causes = visibility.causes_of(&events);
    let mut wanted = BatchGet::new();
    Names::want(&mut wanted, partners.clone(), organizations.clone());
    let authors = events.iter().filter_map(|event| event.actor.person()).collect::<Vec<_>>().into_iter();
    People::want(&mut wanted, authors.clone());
    causes.iter().for_each(|cause| wanted.add(cause));
    // Names may be stale, but what decides visibility needs a consistent read.
    let found = context.table.fetch(wanted, !causes.is_empty()).await?;
    let names = Names::among(&found, partners, organizations)?;
    let people = People::among(&found, authors)?;
    let mut hidden = BTreeSet::new();
    for cause in causes {
        if !found.get(&cause)?.is_some_and(|one| visibility.sees(&one)) {
            hidden.insert(cause.1);
        }
    }
    let named = |Event { id, time, actor, kind, version, partner_id, organization_id }: Event| HistoryEvent {
        id,
        time,
        actor: people.author(actor, NameReader::of(caller, organization_id, time)),
        kind: without_erased(visibility.narrow_event(kind, &hidden)),
        version,
        partner: partner_id.map(|partner| names.partner(partner)),
        organization: organization_id.map(|organization| names.organization(organization)),
    };
    Ok(events.into_iter().map(named).collect())
}
