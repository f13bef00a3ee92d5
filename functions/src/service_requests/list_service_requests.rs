//! `list-service-requests`

use std::collections::BTreeMap;

use api_runtime::table::read::{BatchResult, ItemFilter};
use api_runtime::table::{
    BatchGet, ConcernedParty, CustomersByEmail, EmailInPartner, OrganizationById, Page, PageQuery,
    ServiceRequestOf, ServiceRequestRef, ServiceRequestScope, ServiceRequests, ServiceRequestsOf,
};
use api_runtime::{
    Context, Empty, Failure, List, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::actor::ActorKind;
use domain::fault::{Check, Validated};
use domain::service_request::{Month, Person, ServiceRequestFilter};
use domain::{
    AccessAction, Actor, CustomerId, Email, Fault, FaultPointer, Faults, OrganizationId, ParseError,
    PartnerId, Problem, Role, ServiceRequest, ServiceRequestId, ServiceRequestKind, ServiceRequestStatus,
    Timestamp,
};
use futures_util::future::try_join_all;
use schemars::JsonSchema;

use super::view::{ServiceRequestView, view_all};
use super::{customer_lookup, record, seeking};
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
        let filter = ServiceRequestFilter { kind: *kind, status: *status, from: *from, to: *to };
        let selection = Selection { filter, submitted_by: submitted_by.as_ref() };
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
                list_for_organization(context, actor, *organization, &selection).await?
            }
            (None, ActorKind::Operator | ActorKind::Agent) => {
                let month = month_of(context, month.as_ref(), &selection.filter)?;
                let found = selection.read(context, ServiceRequestScope::Month(month)).await?;
                selection.show(context, actor, found).await?
            }
            (None, ActorKind::Customer { organization: Some(own), .. }) => {
                list_for_organization(context, actor, own, &selection).await?
            }
            (None, ActorKind::Customer { organization: None, .. }) => context.list(Vec::new(), None),
            (None, ActorKind::Partner { partner, .. }) => {
                list_for_member(context, actor, partner, &selection).await?
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

/// What the caller wants to see of a list.
struct Selection<'a> {
    filter: ServiceRequestFilter,
    submitted_by: Option<&'a Email>,
}

/// Service requests that were read, each with its position in the list, and the position after which there may be more.
type FoundRequests = (Vec<(String, ServiceRequest)>, Option<String>);

impl Selection<'_> {
    /// Number of service requests that are read at once if only those of one submitter are wanted. The submitter's e-mail
    /// is known only after they are read, so the page may be short.
    const READ_FOR_SUBMITTER: usize = 100;

    /// Returns the part of a list that is read for the requested page.
    fn page_query(&self, context: &Context<'_>) -> PageQuery {
        let page_query = context.page_query(false);
        match self.submitted_by {
            Some(_) => PageQuery { size: Self::READ_FOR_SUBMITTER, ..page_query },
            None => page_query,
        }
    }

    /// Reads a page of the service requests of an organization, with consistent reads, or of a month.
    async fn read(
        &self,
        context: &Context<'_>,
        among: ServiceRequestScope,
    ) -> Result<FoundRequests, Failure> {
        let consistent = matches!(among, ServiceRequestScope::Organization(_));
        let all = ServiceRequests { among, selection: self.filter.clone() };
        let page_query = PageQuery { consistent, ..self.page_query(context) };
        let page = context.table.page(&all, &page_query, None).await?;
        Ok((page.items.into_iter().map(|one| (all.place(one.id), one)).collect(), page.next))
    }

    /// Returns service requests as the caller sees them. Those of other submitters, and those whose submitter the caller
    /// may not see, are left out if only those of one submitter are wanted.
    async fn show(
        &self,
        context: &Context<'_>,
        actor: &Actor,
        (found, mut next): FoundRequests,
    ) -> Result<List<ServiceRequestView>, Failure> {
        let (places, requests): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let views = view_all(context, actor, requests).await?;
        let is_wanted = |view: &ServiceRequestView| {
            self.submitted_by.is_none_or(|email| view.submitter_email() == Some(email))
        };
        let mut items: Vec<_> = places.into_iter().zip(views).filter(|(_, view)| is_wanted(view)).collect();
        let size = context.page_query(false).size;
        if items.len() > size {
            items.truncate(size);
            next = items.last().map(|(place, _)| place.clone());
        }
        Ok(context.list_of_large(items, next)?)
    }
}

/// Returns the service requests of an organization that the caller may see.
async fn list_for_organization(
    context: &Context<'_>,
    actor: &Actor,
    organization: OrganizationId,
    selection: &Selection<'_>,
) -> Result<List<ServiceRequestView>, Failure> {
    let all = selection.read(context, ServiceRequestScope::Organization(organization));
    let Some(access_check) = AccessCheck::of(actor, organization)? else {
        let (known, mut wanted) = (OrganizationById(organization), BatchGet::new());
        wanted.add(&known);
        let found = async { Ok(context.table.fetch(wanted, true).await?) };
        let (found, page) = tokio::try_join!(found, all)?;
        found.get(&known).or_not_found()?;
        return selection.show(context, actor, page).await;
    };
    let own_record = customer_lookup(organization, access_check.email());
    let mut wanted = BatchGet::new();
    access_check.want(&mut wanted);
    wanted.add(&own_record);
    let found = async { Ok(context.table.fetch(wanted, true).await?) };
    let (found, page) = tokio::try_join!(found, all)?;
    let member = access_check.prove(context, &found)?;
    if member.level().allows(AccessAction::SeeAll) {
        return selection.show(context, actor, page).await;
    }
    let record = record(&found, organization, &member.email)?;
    let seeker = Seeker {
        member: member.person(),
        partner: member.partner,
        email: &member.email,
        records: record.into_iter().collect(),
        organization: Some(organization),
    };
    list_for_seeker(context, actor, &seeker, selection).await
}

/// A partner's member who looks for the service requests that concern its partner or itself.
struct Seeker<'a> {
    member: Person,
    partner: PartnerId,
    email: &'a Email,
    /// Customer records of the member's e-mail.
    records: Vec<CustomerId>,
    /// Organization whose service requests are listed, in which the member's level is below `look`: then those that other
    /// members submitted are left out. All organizations if none.
    organization: Option<OrganizationId>,
}

impl Seeker<'_> {
    /// Returns the person under each of its records and, if it is a customer, as it acted before it had a record.
    fn people(&self) -> Vec<Person> {
        let customers = self.records.iter().map(|customer_id| Person::Customer { customer_id: *customer_id });
        let before = self.records.first().map(|_| Person::Unrecorded { email: self.email.clone() });
        std::iter::once(self.member.clone()).chain(customers).chain(before).collect()
    }

    /// Reads from the index where the service requests are.
    async fn find(
        &self,
        context: &Context<'_>,
        page_query: &PageQuery,
        filter: &ServiceRequestFilter,
    ) -> Result<Page<ServiceRequestRef>, Failure> {
        let of = |party| ServiceRequestsOf {
            party,
            organization: self.organization,
            from: filter.from,
            to: filter.to,
        };
        let submitted = of(ConcernedParty::Partner(self.partner));
        let is_own =
            |request_ref: &ServiceRequestRef| request_ref.submitted_by.as_ref() == Some(&self.member);
        let choice: Option<ItemFilter<'_, _>> = self.organization.is_some().then_some(&is_own as _);
        let submitted = context.table.page(&submitted, page_query, choice);
        let lists: Vec<_> = self.people().into_iter().map(|one| of(ConcernedParty::Person(one))).collect();
        let added = try_join_all(lists.iter().map(|list| context.table.page(list, page_query, None)));
        let (submitted, mut pages) = tokio::try_join!(submitted, added)?;
        pages.push(submitted);
        Ok(Page::merge(pages, page_query, |request_ref| request_ref.place().to_owned()))
    }
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

/// Returns the service requests, of all organizations, that the partner's members submitted or that this member was added
/// to, as far as this member may see them now. The page may be short.
async fn list_for_member(
    context: &Context<'_>,
    actor: &Actor,
    partner: PartnerId,
    selection: &Selection<'_>,
) -> Result<List<ServiceRequestView>, Failure> {
    let email = &actor.require_email()?;
    let own = EmailInPartner(partner, email.clone());
    let as_customer = CustomersByEmail(email.clone());
    let mut wanted = BatchGet::new();
    wanted.add(&own);
    let (found, as_customer) =
        tokio::try_join!(context.table.fetch(wanted, true), context.table.list(&as_customer, false))?;
    let own = found.get(&own)?.map(|own| own.member_record()).transpose()?.flatten();
    let Some(own) = own else { return Ok(context.list(Vec::new(), None)) };
    let seeker = Seeker {
        member: Person::Member { partner_id: partner, member_id: own.id },
        partner,
        email,
        records: as_customer.iter().map(|customer| customer.id).collect(),
        organization: None,
    };
    list_for_seeker(context, actor, &seeker, selection).await
}

/// Returns the service requests that concern a partner's member, as far as it may see them now. The page may be short.
async fn list_for_seeker(
    context: &Context<'_>,
    actor: &Actor,
    seeker: &Seeker<'_>,
    selection: &Selection<'_>,
) -> Result<List<ServiceRequestView>, Failure> {
    let page_query = selection.page_query(context);
    let Page { items: request_refs, next } = seeker.find(context, &page_query, &selection.filter).await?;
    let (found, organizations) = read_current(context, actor, seeker.email, &request_refs).await?;
    let mut items = Vec::new();
    for request_ref in request_refs {
        let organization = request_ref.organization_id;
        let Some(Some(member)) = organizations.get(&organization) else { continue };
        let request = found.get(&ServiceRequestOf(organization, request_ref.service_request()?))?;
        let record = record(&found, organization, seeker.email)?;
        let is_open = |request: &ServiceRequest| request.is_open_to(member.level(), &seeking(member, record));
        let request = request.filter(|request| selection.filter.wants(request) && is_open(request));
        items.extend(request.map(|request| (request_ref.place().to_owned(), request)));
    }
    selection.show(context, actor, (items, next)).await
}
