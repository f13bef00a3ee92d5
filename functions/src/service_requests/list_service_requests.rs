//! `list-service-requests`

use api_runtime::table::{BatchGet, MonthlyCountsOf, OrganizationById, ServiceRequestScope};
use api_runtime::{
    Context, Empty, Failure, List, Method, Nothing, Operation, Output, Reply, Request, Route, Switch, route,
};
use deserr::Deserr;
use domain::actor::ActorKind;
use domain::dashboard::StatusCounts;
use domain::fault::{Check, Validated};
use domain::service_request::{Month, ServiceRequestFilter};
use domain::{
    AccessAction, Actor, Email, ErrorKind, Fault, FaultPointer, Faults, OrganizationId, ParseError, Problem,
    Role, ServiceRequestId, ServiceRequestKind, ServiceRequestStatus, Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::seeker::{Seeker, list_for_member, list_for_seeker};
use super::selection::{Selection, ServiceRequestSort, SortOrder};
use super::unsolved::{UnsolvedCounts, count_unsolved};
use super::view::ServiceRequestView;
use super::{customer_lookup, record};
use crate::authority::access_check::AccessCheck;
use crate::history::query_history::check_span;
use crate::party::visible;
use crate::sorting::TOO_MANY_TO_SORT;

/// Lists service requests.
pub struct ListServiceRequests;

/// Filters of the list.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListServiceRequestsQuery {
    /// Only service requests of this organization. If absent, a partner member gets those that its partner's members
    /// submitted or that it was added to itself, of all organizations; a customer gets those of its own organization;
    /// operators and agents get those of one month.
    #[deserr(default)]
    organization_id: Option<OrganizationId>,
    /// Only service requests submitted in this calendar month (UTC), such as `2026-01`. For operators and agents only,
    /// and not together with `organizationId`. Default: the month of `from` or `to`, else the current month.
    #[deserr(default)]
    month: Option<Month>,
    /// Only service requests of this kind.
    #[deserr(default)]
    kind: Option<ServiceRequestKind>,
    /// Only service requests that have this status now.
    #[deserr(default)]
    status: Option<ServiceRequestStatus>,
    /// Whether to list the service requests that are open or waiting, of all organizations and months, oldest first:
    /// `true` or `false` (the default). For operators and agents only, and not together with `organizationId` or `month`.
    #[deserr(default)]
    #[schemars(default)]
    unsolved: Switch,
    /// Only service requests that the person with this e-mail submitted. A partner finds those of another partner's
    /// member only where that member is the primary contact.
    #[deserr(default)]
    submitted_by: Option<Email>,
    /// Only service requests submitted at or after this time (RFC 3339). In the list of one month it must lie
    /// within that month.
    #[deserr(default)]
    from: Option<Timestamp>,
    /// Only service requests submitted before this time (RFC 3339), which must be after `from`. In the list of one
    /// month it must lie within that month or at its end.
    #[deserr(default)]
    to: Option<Timestamp>,
    /// Time by which the list is sorted: `createdAt` (the default) or `updatedAt`.
    #[deserr(default)]
    #[schemars(default)]
    sort: ServiceRequestSort,
    /// Direction of the order: `ascending` (oldest first) or `descending` (newest first). Default: `ascending` with
    /// `unsolved=true`, else `descending`.
    #[deserr(default)]
    order: Option<SortOrder>,
}

impl Check for ListServiceRequestsQuery {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        let (says, mut faults) = (|name: &str| sent.get(name).is_some(), Vec::new());
        for name in ["month", "unsolved"].into_iter().filter(|name| says(name) && says("organizationId")) {
            let invalid = ParseError::new("not-of-organization", "cannot be combined with `organizationId`");
            faults.push((format!("/{name}"), invalid));
        }
        faults.extend(check_span(sent));
        faults
    }
}

/// A page of service requests.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRequestPage {
    #[serde(flatten)]
    list: List<ServiceRequestView>,
    /// Numbers of the organization's service requests by present status, whatever the filters select. Present on the first
    /// page of the list of one organization, for callers who see all of its service requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<StatusCounts>,
    /// Numbers of the service requests of all organizations that are open or waiting, whatever the filters select. Present
    /// on the first page with `unsolved=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    unsolved_counts: Option<UnsolvedCounts>,
}

impl ServiceRequestPage {
    fn new(list: List<ServiceRequestView>, counts: Option<StatusCounts>) -> Self {
        Self { list, counts, unsolved_counts: None }
    }
}

impl Output for ServiceRequestPage {
    fn next_page_token(&self) -> Option<&str> {
        self.list.next_page_token()
    }
}

impl Operation for ListServiceRequests {
    const NAME: &str = "list-service-requests";
    const SUMMARY: &str = "List service requests";
    const DESCRIPTION: &str = "Operators, agents, customers and partner members may call it. With \
        `organizationId`, it lists the service requests of that organization; a partner member whose \
        access level there is below `look` gets only those that it submitted or was added to. Without \
        `organizationId`, partner members get those that their partner's members submitted or that they \
        were added to, customers those of their own organization, and operators and agents those of one \
        month, newest first, or with `unsolved=true` those of all months that are open or waiting, oldest \
        first. Rows carry the names of the organization and of the people whom the caller may see. The first \
        page of one organization also counts its service requests by status, and that of the unsolved ones the \
        open and the waiting ones. More than 1,000 service requests are not sorted by `updatedAt` (422 \
        `too-many-to-sort`); give an organization, a month or a time. Service requests that the caller \
        may not see are left out. A page may hold fewer items than `pageSize`, even none, and still have a \
        `nextPageToken`.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/service-requests",
        &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
    )];
    const PAGED: bool = true;
    const ERRORS: &[ErrorKind] = &[TOO_MANY_TO_SORT];

    type Caller = Actor;
    type Path = Nothing;
    type Query = Validated<ListServiceRequestsQuery>;
    type Body = Empty;
    type Output = ServiceRequestPage;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<ServiceRequestPage>, Failure> {
        let Request { context, caller: actor, query, .. } = request;
        let Validated(ListServiceRequestsQuery {
            organization_id,
            month,
            kind,
            status,
            unsolved,
            submitted_by,
            from,
            to,
            sort,
            order,
        }) = query;
        let filter = ServiceRequestFilter { kind: *kind, status: *status, from: *from, to: *to };
        let (submitted_by, default) = (submitted_by.as_ref(), SortOrder::Descending);
        let selection = Selection { filter, submitted_by, sort: *sort, order: order.unwrap_or(default) };
        check_staff_only(actor, &[("month", month.is_some()), ("unsolved", unsolved.is_on())])?;
        let own = match actor.kind {
            ActorKind::Customer { organization, .. } => organization,
            _ => None,
        };
        let list = match (organization_id.or(own), actor.kind) {
            (Some(organization), _) => {
                let page = list_for_organization(context, actor, organization, &selection).await?;
                return Ok(Reply::ok(page));
            }
            (None, ActorKind::Operator | ActorKind::Agent) if unsolved.is_on() => {
                let order = order.unwrap_or(SortOrder::Ascending);
                let page = list_unsolved(context, actor, Selection { order, ..selection }).await?;
                return Ok(Reply::ok(page));
            }
            (None, ActorKind::Operator | ActorKind::Agent) => {
                let month = month_of(context, month.as_ref(), &selection.filter)?;
                let found = selection.read(context, ServiceRequestScope::Month(month)).await?;
                selection.show(context, actor, found).await?
            }
            (None, ActorKind::Customer { .. }) => context.list(Vec::new(), None),
            (None, ActorKind::Partner { partner, .. }) => {
                list_for_member(context, actor, partner, &selection).await?
            }
        };
        Ok(Reply::ok(ServiceRequestPage::new(list, None)))
    }
}

/// Refuses parameters that are for the vendor's staff only; each is given with whether the caller sent it.
fn check_staff_only(actor: &Actor, parameters: &[(&str, bool)]) -> Result<(), Problem> {
    let sent = parameters.iter().filter(|(_, sent)| *sent && !actor.is_staff());
    let fault = |name: &str| {
        Fault::new(FaultPointer::parameter(name), "unknown-field", "is for operators and agents only")
    };
    match Faults(sent.map(|(name, _)| fault(name)).collect()) {
        Faults(none) if none.is_empty() => Ok(()),
        faults => Err(Problem::shape(faults)),
    }
}

/// Returns the month to list: the named one, else that of the page token, else that of `from` or `to`, else the current
/// one. A `from` or `to` in another month is a fault, because service requests of that month would be missing silently.
fn month_of(
    context: &Context<'_>,
    named: Option<&Month>,
    selection: &ServiceRequestFilter,
) -> Result<Month, Problem> {
    let last = |to: Timestamp| Timestamp::from_unix_millis(to.unix_millis().saturating_sub(1));
    // The id is the last part of a position in every order.
    let begun = context.page_query(false).after;
    let begun = begun.and_then(|place| place.rsplit('#').next()?.parse::<ServiceRequestId>().ok());
    let within = begun.map(ServiceRequestId::created_time).or(selection.from).or(selection.to.map(last));
    let month = named.cloned().unwrap_or_else(|| Month::of(within.unwrap_or(context.now)));
    let ends = [("from", selection.from), ("to", selection.to.map(last))];
    let outside = ends.into_iter().filter(|(_, end)| end.is_some_and(|end| Month::of(end) != month));
    let faults = outside.map(|(name, _)| {
        let detail = format!("is not in {month}: without `organizationId` one call lists one month");
        Fault::new(FaultPointer::parameter(name), "outside-month", detail)
    });
    match Faults(faults.collect()) {
        Faults(none) if none.is_empty() => Ok(month),
        faults => Err(Problem::shape(faults)),
    }
}

/// Returns the service requests of all organizations that are not solved, on the first page with their numbers.
async fn list_unsolved(
    context: &Context<'_>,
    actor: &Actor,
    selection: Selection<'_>,
) -> Result<ServiceRequestPage, Failure> {
    let counts = async {
        match context.page_query(true).after {
            Some(_) => Ok(None),
            None => count_unsolved(context).await.map(|(counts, _)| Some(counts)),
        }
    };
    let (found, unsolved_counts) = tokio::try_join!(selection.read_unsolved(context), counts)?;
    let list = selection.show(context, actor, found).await?;
    Ok(ServiceRequestPage { list, counts: None, unsolved_counts })
}

/// Returns the numbers of an organization's service requests by status, for the first page.
async fn counts(
    context: &Context<'_>,
    organization: OrganizationId,
) -> Result<Option<StatusCounts>, Failure> {
    if context.page_query(false).after.is_some() {
        return Ok(None);
    }
    let (first, last) = (Month::of(Timestamp::from_unix_millis(0)), Month::of(context.now));
    let months = context.table.list(&MonthlyCountsOf(organization, first, last), true).await?;
    let counts: Vec<_> = months.iter().map(|month| &month.counts).collect();
    Ok(Some(StatusCounts::of(&counts)))
}

/// Returns the service requests of an organization that the caller may see.
async fn list_for_organization(
    context: &Context<'_>,
    actor: &Actor,
    organization: OrganizationId,
    selection: &Selection<'_>,
) -> Result<ServiceRequestPage, Failure> {
    let all = selection.read(context, ServiceRequestScope::Organization(organization));
    let counts = counts(context, organization);
    let mut wanted = BatchGet::new();
    let Some(access_check) = AccessCheck::of(actor, organization)? else {
        let known = OrganizationById(organization);
        wanted.add(&known);
        let found = async { Ok(context.table.fetch(wanted, true).await?) };
        let (found, page, counts) = tokio::try_join!(found, all, counts)?;
        visible(actor, found.get(&known)?)?;
        return Ok(ServiceRequestPage::new(selection.show(context, actor, page).await?, counts));
    };
    access_check.want(&mut wanted);
    wanted.add(&customer_lookup(organization, access_check.email()));
    let found = async { Ok(context.table.fetch(wanted, true).await?) };
    let (found, page, counts) = tokio::try_join!(found, all, counts)?;
    let member = access_check.prove(context, &found)?;
    if member.level().allows(AccessAction::SeeAll) {
        return Ok(ServiceRequestPage::new(selection.show(context, actor, page).await?, counts));
    }
    let record = record(&found, organization, &member.email)?;
    let seeker = Seeker {
        member: member.person(),
        partner: member.partner,
        email: &member.email,
        records: record.into_iter().collect(),
        organization: Some(organization),
    };
    let list = list_for_seeker(context, actor, &seeker, selection).await?;
    Ok(ServiceRequestPage::new(list, None))
}
