//! `query-history`

use std::collections::BTreeSet;

use api_runtime::csv_table::CsvTable;
use api_runtime::table::{
    BatchGet, Directory, DirectoryEntry, History, Lookup, OrganizationById, Page, PartnerById,
};
use api_runtime::{
    Context, Empty, Failure, List, Method, Nothing, Operation, OrNotFound, OrganizationPath, Output,
    PartnerPath, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::event::{EntitlementDetailsChanged, EventType, SubscriptionDeactivated};
use domain::fault::{Check, Validated};
use domain::{
    Actor, Author, Event, EventId, EventKind, Fault, FaultPointer, Faults, LicenseTypeCode, LogScope,
    NameQuery, OrganizationId, ParseError, PartnerId, Problem, Role, Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::authority::viewer::Visibility;
use crate::entitlements::read_fields;
use crate::party::{Names, Party};

/// Shows who did what, when.
pub struct QueryHistory;

api_runtime::paths! {
    /// Whose log: each route names another owner.
    Owner {
        /// A partner's.
        Partner(PartnerPath) = "partnerId",
        /// An organization's: what concerns it, wherever that is at home.
        Organization(OrganizationPath) = "organizationId",
        /// The vendor's: what concerns no party.
        Vendor(Nothing) = "",
    }
}

/// Which part of it.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct QueryHistoryQuery {
    /// From this instant on.
    #[deserr(default)]
    from: Option<Timestamp>,
    /// Before this instant.
    #[deserr(default)]
    to: Option<Timestamp>,
    /// Only events of this type.
    #[deserr(rename = "type", default)]
    #[schemars(rename = "type")]
    event_type: Option<EventType>,
    /// Only events about this license type.
    #[deserr(default)]
    license_type: Option<LicenseTypeCode>,
    /// Only events about customers of such a name, as `GET /v1/partners/{partnerId}/organizations` finds them. Known in
    /// a partner's history only.
    #[deserr(default)]
    customer: Option<NameQuery>,
    /// Newest first (`desc`) or oldest first (`asc`).
    #[deserr(default)]
    #[schemars(default)]
    order: Direction,
}

/// In which order.
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

/// That what begins at `from` does not end before it.
pub(crate) fn check_span(sent: &serde_json::Value) -> Option<(String, ParseError)> {
    let time = |name: &str| sent.get(name)?.as_str()?.parse::<Timestamp>().ok();
    let (from, _) = time("from").zip(time("to")).filter(|(from, to)| from >= to)?;
    Some((
        "/to".to_owned(),
        ParseError::new("invalid-interval", format!("must be after `from`, which is `{from}`")),
    ))
}

/// An event with the names its parties have now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HistoryEvent {
    /// Its id, which sorts by time.
    id: EventId,
    /// When.
    time: Timestamp,
    /// Who.
    actor: Author,
    /// What.
    #[serde(flatten)]
    kind: EventKind,
    /// The partner it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<Party<PartnerId>>,
    /// The organization it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<Party<OrganizationId>>,
}

/// A page of a history; with `Accept: text/csv` as a table.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct HistoryPage(List<HistoryEvent>);

impl Output for HistoryPage {
    const TABULAR: bool = true;

    fn csv_table(&self) -> Option<CsvTable> {
        let List { items, next_page_token } = &self.0;
        let mut columns = COLUMNS.map(|(name, _)| name.to_owned()).to_vec();
        columns.extend(EventKind::fields());
        let rows = items.iter().map(row).collect::<Result<_, _>>().ok()?;
        Some(CsvTable { columns, rows, next_page_token: next_page_token.clone() })
    }
}

/// The columns of a report that every event has, and where in the event they are; those of its data follow.
const COLUMNS: [(&str, &str); 10] = [
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
];

fn row(event: &HistoryEvent) -> Result<Vec<String>, serde_json::Error> {
    let event = serde_json::to_value(event)?;
    let cell = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let common = COLUMNS.iter().map(|(_, place)| cell(event.pointer(place)));
    let data =
        EventKind::fields().into_iter().map(|name| cell(event.get("data").and_then(|data| data.get(&name))));
    Ok(common.chain(data).collect())
}

impl Operation for QueryHistory {
    const NAME: &str = "query-history";
    const ABOUT: &str =
        "Shows who did what, when: newest first, of any span of time. With `Accept: text/csv` as a table.";
    const ROUTES: &[Route] = &[
        route(
            Method::Get,
            "/v1/partners/{partnerId}/history",
            &[Role::Operator, Role::Agent, Role::PartnerMember],
        )
        .of("partner"),
        route(
            Method::Get,
            "/v1/organizations/{organizationId}/history",
            &[Role::Operator, Role::Agent, Role::ContactManager],
        )
        .of("organization"),
        route(Method::Get, "/v1/history", &[Role::Operator]).of("vendor"),
    ];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Owner;
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
            Owner::Partner(PartnerPath { partner_id }) => {
                actor.authorize_partner(partner_id)?;
                let log = history(LogScope::Partner(partner_id));
                let owner = PartnerById(partner_id);
                match &filter.customer {
                    None => first(context, &owner, context.page(&log, ascending)).await?,
                    Some(query) => {
                        let directory =
                            async { Ok(context.table.list(&Directory(partner_id), false).await?) };
                        let directory = first(context, &owner, directory).await?;
                        of_customers(context, partner_id, directory, query, &log, ascending).await?
                    }
                }
            }
            _ if filter.customer.is_some() => {
                let known = "is known in a partner's history only";
                let fault = Fault::new(FaultPointer::parameter("customer"), "unknown-field", known);
                return Err(Problem::shape(Faults(vec![fault])).into());
            }
            Owner::Organization(OrganizationPath { organization_id }) => {
                actor.authorize_organization(organization_id)?;
                let log = history(LogScope::Organization(organization_id));
                let page = context.page(&log, ascending);
                let page = first(context, &OrganizationById(organization_id), page).await?;
                visible(context, actor, page, &log, ascending).await?
            }
            Owner::Vendor(_) => context.page(&history(LogScope::Vendor), ascending).await?,
        };
        let items = name_parties(context, actor, page.items).await?;
        Ok(Reply::ok(HistoryPage(List { items, next_page_token: page.next_page_token })))
    }
}

/// What is read first, if there is such an owner.
async fn first<L: Lookup, T>(
    context: &Context<'_>,
    owner: &L,
    reading: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let known = async { Ok(context.table.get(owner).await?) };
    let (known, read): (Option<_>, _) = tokio::try_join!(known, reading)?;
    known.or_not_found()?;
    Ok(read)
}

/// How many customers' own logs are read side by side; of more, the partner's log is searched.
const SIDE_BY_SIDE: usize = 20;

/// A page of a partner's log, of those customers whose name matches.
async fn of_customers(
    context: &Context<'_>,
    partner: PartnerId,
    directory: Vec<DirectoryEntry>,
    query: &NameQuery,
    log: &History,
    ascending: bool,
) -> Result<List<Event>, Failure> {
    let matching = directory.into_iter().filter(|entry| query.matches(&entry.name).is_some());
    let customers: Result<BTreeSet<_>, _> = matching.map(|entry| entry.organization_id()).collect();
    let customers = customers?;
    if customers.len() > SIDE_BY_SIDE {
        let concerns = |event: &Event| event.organization_id.is_some_and(|id| customers.contains(&id));
        return context.page_of_wanted(log, ascending, concerns).await;
    }
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

/// Leaves of changed details what the reader may view; a change of nothing else is absent, and pages are cut as if it were
/// not there.
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
        page = context.page_of_wanted(log, ascending, is_visible).await?;
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

/// Events with the names of their parties, and without what the caller does not see.
async fn name_parties(
    context: &Context<'_>,
    actor: &Actor,
    events: Vec<Event>,
) -> Result<Vec<HistoryEvent>, Failure> {
    let partners = events.iter().filter_map(|event| event.partner_id);
    let organizations = events.iter().filter_map(|event| event.organization_id);
    let sight = Visibility::of_partner_list(actor);
    let causes = sight.causes_of(&events);
    let mut wanted = BatchGet::new();
    Names::want(&mut wanted, partners.clone(), organizations.clone());
    causes.iter().for_each(|cause| wanted.add(cause));
    // Names may be late; what is seen may not.
    let found = context.table.fetch(wanted, !causes.is_empty()).await?;
    let names = Names::among(&found, partners, organizations)?;
    let mut hidden = BTreeSet::new();
    for cause in causes {
        if !found.get(&cause)?.is_some_and(|one| sight.sees(&one)) {
            hidden.insert(cause.1);
        }
    }
    let without_hidden = |mut kind: EventKind| {
        if let EventKind::SubscriptionDeactivated(SubscriptionDeactivated { cause, .. }) = &mut kind {
            *cause = cause.filter(|cause| !hidden.contains(cause));
        }
        kind
    };
    let named = |Event { id, time, actor, kind, partner_id, organization_id }: Event| HistoryEvent {
        id,
        time,
        actor,
        kind: without_hidden(kind),
        partner: partner_id.map(|partner| names.partner(partner)),
        organization: organization_id.map(|organization| names.organization(organization)),
    };
    Ok(events.into_iter().map(named).collect())
}
