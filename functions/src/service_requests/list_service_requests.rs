//! `list-service-requests`

use std::collections::BTreeMap;

use api_runtime::table::read::{BatchResult, ItemFilter};
use api_runtime::table::{
    BatchGet, ConcernedParty, OrganizationById, Page, PageQuery, ServiceRequestOf, ServiceRequestRef,
    ServiceRequestScope, ServiceRequests, ServiceRequestsOf,
};
use api_runtime::{
    Context, Empty, Failure, List, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::actor::ActorKind;
use domain::fault::{Check, Validated};
use domain::service_request::{Month, ServiceRequestFilter};
use domain::{
    AccessAction, Actor, Email, Fault, FaultPointer, Faults, OrganizationId, ParseError, PartnerId, Problem,
    Role, ServiceRequest, ServiceRequestId, ServiceRequestKind, ServiceRequestStatus, Timestamp,
};
use schemars::JsonSchema;

use super::view::{ServiceRequestView, sees_submitter, view_all, viewer_partner_of};
use super::{customer_lookup, record};
use crate::authority::access_check::{AccessCheck, AuthorizedMember};
use crate::history::query_history::check_span;

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
}

impl Check for ListServiceRequestsQuery {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        let both = sent.get("month").is_some() && sent.get("organizationId").is_some();
        let invalid = ParseError::new("not-of-organization", "cannot be combined with `organizationId`");
        let mut faults: Vec<_> = both.then(|| ("/month".to_owned(), invalid)).into_iter().collect();
        faults.extend(check_span(sent));
        faults
    }
}

impl Operation for ListServiceRequests {
    const NAME: &str = "list-service-requests";
    const SUMMARY: &str = "List service requests, newest first";
    const DESCRIPTION: &str = "Operators, agents, customers and partner members may call it. With \
        `organizationId`, it lists the service requests of that organization; a partner member whose \
        access level there is below `look` gets only those that it submitted or was added to. Without \
        `organizationId`, partner members get those that their partner's members submitted or that they \
        were added to, customers those of their own organization, and operators and agents those of one \
        month. Service requests that the caller may not see are left out. A page may hold fewer items than \
        `pageSize`, even none, and still have a `nextPageToken`.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/service-requests",
        &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = Validated<ListServiceRequestsQuery>;
    type Body = Empty;
    type Output = List<ServiceRequestView>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<ServiceRequestView>>, Failure> {
        let Request { context, caller: actor, query, .. } = request;
        let Validated(ListServiceRequestsQuery {
            organization_id,
            month,
            kind,
            status,
            submitted_by,
            from,
            to,
        }) = query;
        let submitted_by = submitted_by.clone();
        let selection =
            ServiceRequestFilter { kind: *kind, status: *status, submitted_by, from: *from, to: *to };
        if month.is_some() && !actor.is_staff() {
            let fault = Fault::new(
                FaultPointer::parameter("month"),
                "unknown-field",
                "is for operators and agents only",
            );
            return Err(Problem::shape(Faults(vec![fault])).into());
        }
        let page = match (organization_id, actor.kind) {
            (Some(organization), _) => {
                list_for_organization(context, actor, *organization, selection).await?
            }
            (None, ActorKind::Operator | ActorKind::Agent) => {
                let among = ServiceRequestScope::Month(month_of(context, month.as_ref(), &selection)?);
                let wanted = |one: &ServiceRequest| selection.wants(one);
                let all = ServiceRequests { among, selection: selection.clone() };
                let page = match selection.submitted_by {
                    Some(_) => context.filtered_page(&all, false, wanted).await?,
                    None => context.page(&all, false).await?,
                };
                view_page(context, actor, page).await?
            }
            (None, ActorKind::Customer { organization: Some(own), .. }) => {
                list_for_organization(context, actor, own, selection).await?
            }
            (None, ActorKind::Customer { organization: None, .. }) => {
                List { items: Vec::new(), next_page_token: None }
            }
            (None, ActorKind::Partner { partner, .. }) => {
                list_for_member(context, actor, partner, None, &selection).await?
            }
        };
        Ok(Reply::ok(page))
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
    let begun = context.page_query(false).after.and_then(|place| place.parse::<ServiceRequestId>().ok());
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

/// Returns the service requests of an organization that the caller may see.
async fn list_for_organization(
    context: &Context<'_>,
    actor: &Actor,
    organization: OrganizationId,
    selection: ServiceRequestFilter,
) -> Result<List<ServiceRequestView>, Failure> {
    let all = ServiceRequests { among: ServiceRequestScope::Organization(organization), selection };
    let Some(access_check) = AccessCheck::of(actor, organization)? else {
        let (known, mut wanted) = (OrganizationById(organization), BatchGet::new());
        wanted.add(&known);
        let found = async { Ok(context.table.fetch(wanted, true).await?) };
        let (found, page) = tokio::try_join!(found, page(context, actor, &all))?;
        found.get(&known).or_not_found()?;
        return view_page(context, actor, page).await;
    };
    let (member, page) = tokio::try_join!(access_check.resolve(context), page(context, actor, &all))?;
    if member.level().allows(AccessAction::SeeAll) {
        return view_page(context, actor, page).await;
    }
    list_for_member(context, actor, member.partner, Some(organization), &all.selection).await
}

/// Returns whether a service request passes the filters. The filter by submitter finds nothing if the caller may not
/// see who the submitter is.
fn is_wanted(
    viewer_partner: Option<PartnerId>,
    selection: &ServiceRequestFilter,
    request: &ServiceRequest,
) -> bool {
    let names = selection.submitted_by.is_none() || sees_submitter(viewer_partner, request);
    names && selection.wants(request)
}

/// Reads a page of an organization's service requests with consistent reads.
async fn page(
    context: &Context<'_>,
    actor: &Actor,
    all: &ServiceRequests,
) -> Result<List<ServiceRequest>, Failure> {
    if all.selection.submitted_by.is_none() {
        return context.consistent_page(all, false).await;
    }
    let (viewer_partner, page_query) =
        (viewer_partner_of(actor), PageQuery { consistent: true, ..context.page_query(false) });
    let wanted = |one: &ServiceRequest| is_wanted(viewer_partner, &all.selection, one);
    let page = context.table.page(all, &page_query, Some(&wanted)).await?;
    Ok(context.list(page.items, page.next))
}

/// Converts a page to the view of the caller.
async fn view_page(
    context: &Context<'_>,
    actor: &Actor,
    page: List<ServiceRequest>,
) -> Result<List<ServiceRequestView>, Failure> {
    let items = view_all(context, actor, page.items).await?;
    Ok(List { items, next_page_token: page.next_page_token })
}

/// Reads, with consistent reads, the service requests that the eventually consistent index returned, and the records
/// that decide access to them; returns also the access of the caller in each organization, `None` where it has none.
async fn read_current(
    context: &Context<'_>,
    actor: &Actor,
    email: &Email,
    request_refs: &[ServiceRequestRef],
) -> Result<(BatchResult, BTreeMap<OrganizationId, Option<AuthorizedMember>>), Failure> {
    let (mut wanted, mut organizations) = (BatchGet::new(), BTreeMap::new());
    for request_ref in request_refs {
        let organization = request_ref.organization_id;
        wanted.add(&ServiceRequestOf(organization, request_ref.service_request()?));
        wanted.add(&customer_lookup(organization, email));
        organizations.insert(organization, None::<AuthorizedMember>);
    }
    for organization in organizations.keys() {
        AccessCheck::of(actor, *organization)?.iter().for_each(|access_check| access_check.want(&mut wanted));
    }
    let found = context.table.fetch(wanted, true).await?;
    for (organization, member) in &mut organizations {
        if let Some(access_check) = AccessCheck::of(actor, *organization)? {
            *member = match access_check.prove(context, &found) {
                Ok(proved) => Some(proved),
                Err(Failure::Problem(_)) => None,
                Err(failure) => return Err(failure),
            };
        }
    }
    Ok((found, organizations))
}

/// Returns the service requests that the partner's members submitted or that this member was added to, as far as this
/// member may see them now. The page may be short.
async fn list_for_member(
    context: &Context<'_>,
    actor: &Actor,
    partner: PartnerId,
    only: Option<OrganizationId>,
    selection: &ServiceRequestFilter,
) -> Result<List<ServiceRequestView>, Failure> {
    let email = actor.require_email()?;
    let (page_query, organization, from, to) =
        (context.page_query(false), only, selection.from, selection.to);
    let of = |party| ServiceRequestsOf { party, organization, from, to };
    // In the list of one organization the member's level is below `look`: entries that other people submitted are
    // skipped, and those that the member was added to come from the second list.
    let submitter = only.map(|_| email.clone()).or_else(|| selection.submitted_by.clone());
    let (submitted, added) =
        (of(ConcernedParty::Partner(partner)), of(ConcernedParty::Person(email.clone())));
    let is_submitted_by = |request_ref: &ServiceRequestRef| {
        let by = request_ref.submitted_by.as_ref().map(|person| &person.email);
        submitter.as_ref().is_none_or(|submitter| by == Some(submitter))
    };
    let choice: Option<ItemFilter<'_, _>> = submitter.is_some().then_some(&is_submitted_by as _);
    let submitted = context.table.page(&submitted, &page_query, choice);
    let (submitted, added) = tokio::try_join!(submitted, context.table.page(&added, &page_query, None))?;
    let Page { items: request_refs, next } =
        Page::merge(vec![submitted, added], &page_query, |request_ref| request_ref.place().to_owned());

    let (found, organizations) = read_current(context, actor, &email, &request_refs).await?;
    let (mut places, mut items) = (Vec::new(), Vec::new());
    for request_ref in request_refs {
        let organization = request_ref.organization_id;
        let Some(Some(member)) = organizations.get(&organization) else { continue };
        let request = found.get(&ServiceRequestOf(organization, request_ref.service_request()?))?;
        let record = record(&found, organization, &email)?;
        let request = request.filter(|request| {
            is_wanted(Some(partner), selection, request)
                && request.is_open_to(member.level(), &member.person(), record)
        });
        if let Some(request) = request {
            places.push(request_ref.place().to_owned());
            items.push(request);
        }
    }
    let items = view_all(context, actor, items).await?;
    Ok(context.list_of_large(places.into_iter().zip(items), next)?)
}
