//! `list-contact-candidates`

use std::collections::BTreeMap;

use api_runtime::table::{
    AccessInOrganization, BatchGet, CustomerById, CustomersOfOrganization, MemberById, MembersOfPartner,
    OrganizationById,
};
use api_runtime::{
    Context, Empty, Failure, List, Method, Operation, OrNotFound, OrganizationPath, Reply, Request, Route,
    route,
};
use deserr::Deserr;
use domain::access::decide;
use domain::{
    Access, AccessAction, Actor, ContactRole, Customer, CustomerId, Email, ErrorKind, Faults, Member,
    MemberId, Name, NameQuery, OrganizationId, PartnerId, Role,
};
use futures_util::future::try_join_all;
use schemars::JsonSchema;
use serde::Serialize;

use super::contact_by_email::may_name;
use super::{customer_lookup, record};
use crate::authority::access_check::{AccessCheck, LEVEL_TOO_LOW};
use crate::party::Names;
use crate::person_search::matches_person;

/// Lists the people who can become contacts of an organization's service requests.
pub struct ListContactCandidates;

/// Query parameters that select candidates.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListContactCandidatesQuery {
    /// Name or e-mail to search for: 1 to 200 characters. It matches a name as in the lists of organizations, and an
    /// e-mail that contains it. Default: all candidates.
    #[deserr(default)]
    search: Option<NameQuery>,
}

impl ListContactCandidatesQuery {
    fn matches(&self, name: &Name, email: &Email) -> bool {
        matches_person(self.search.as_ref(), name, email)
    }
}

/// A person who can become a contact of a service request.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRequestContactCandidate {
    /// E-mail, by which `set-service-request-contact` and `open-service-request` name the person; at most 254 bytes.
    email: Email,
    /// Name of the person; 1 to 200 characters.
    name: Name,
    /// Id of the customer; absent for a partner's member.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<CustomerId>,
    /// Partner whose member the person is; absent for a customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_id: Option<PartnerId>,
    /// Name of that partner; absent for a customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_name: Option<Name>,
    /// Id of the partner's member; absent for a customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_id: Option<MemberId>,
    /// Roles that the person can have: `additional` and, for customers and members whose access level is `update` or
    /// above, `primary`.
    roles: Vec<ContactRole>,
}

impl Operation for ListContactCandidates {
    const NAME: &str = "list-contact-candidates";
    const SUMMARY: &str = "List people who can become contacts of service requests";
    const DESCRIPTION: &str = "Operators, agents, customers on record in the organization, and partner members \
        whose access level there is `update` or above may call it. The list holds the organization's \
        customers in the order of their names, then the partners' members with access there whom the \
        caller may name by `set-service-request-contact`: partner members get those of their own partner, \
        customers those of partners of which a request was approved, or to whom access was granted by \
        e-mail. People who are disabled are left out. A person who was added a moment ago may be missing. A \
        page may hold fewer items than `pageSize`, even none, and still have a `nextPageToken`.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/contact-candidates",
        &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
    )];
    const PAGED: bool = true;
    const ERRORS: &[ErrorKind] = &[LEVEL_TOO_LOW];

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = ListContactCandidatesQuery;
    type Body = Empty;
    type Output = List<ServiceRequestContactCandidate>;

    async fn execute(
        request: Request<'_, Self>,
    ) -> Result<Reply<List<ServiceRequestContactCandidate>>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let organization = path.organization_id;
        let in_members = context.page_query(true).after.is_some_and(|after| after.starts_with(MEMBERS));
        let customers = async {
            match in_members {
                true => Ok((Vec::new(), None)),
                false => read_customers(context, organization, query).await,
            }
        };
        let access = read_access(context, actor, organization);
        let ((found, next), access) = tokio::try_join!(customers, access)?;
        // The members follow on pages of their own.
        if !in_members {
            let items = customers_of(context, organization, query, found).await?;
            return Ok(Reply::ok(context.list(items, next.or(Some(MEMBERS.to_owned())))));
        }
        Ok(Reply::ok(members_of(context, actor, query, access).await?))
    }
}

/// Prefix of the positions of members in the list. It sorts before all of them.
const MEMBERS: &str = "MEMBER/";

/// Reads the access of the partners whose members the caller may name, and checks the caller.
async fn read_access(
    context: &Context<'_>,
    actor: &Actor,
    organization: OrganizationId,
) -> Result<Vec<Access>, Failure> {
    let mut wanted = BatchGet::new();
    if let Some(access_check) = AccessCheck::of(actor, organization)? {
        access_check.want(&mut wanted);
        let found = context.table.fetch(wanted, true).await?;
        let member = access_check.prove(context, &found)?;
        member.check(AccessAction::Update)?;
        return Ok(vec![member.access().clone()]);
    }
    let own = actor.email.as_ref().filter(|_| actor.has_one_of(&[Role::Customer]));
    let known = OrganizationById(organization);
    wanted.add(&known);
    own.iter().for_each(|email| wanted.add(&customer_lookup(organization, email)));
    let all = AccessInOrganization(organization);
    let (found, all) = tokio::try_join!(context.table.fetch(wanted, true), context.table.list(&all, true))?;
    found.get(&known).or_not_found()?;
    if let Some(email) = own {
        record(&found, organization, email)?.or_not_found()?;
    }
    Ok(all)
}

/// Reads a page of the organization's customers from the eventually consistent index, and the position of the next one.
async fn read_customers(
    context: &Context<'_>,
    organization: OrganizationId,
    query: &ListContactCandidatesQuery,
) -> Result<(Vec<Customer>, Option<String>), Failure> {
    let matches = |customer: &Customer| query.matches(&customer.name, &customer.email);
    let page_query = context.page_query(true);
    let customers = CustomersOfOrganization(organization);
    let page = context.table.page(&customers, &page_query, Some(&matches)).await?;
    Ok((page.items, page.next))
}

/// Returns the customers who are candidates by their records, which are read again.
async fn customers_of(
    context: &Context<'_>,
    organization: OrganizationId,
    query: &ListContactCandidatesQuery,
    customers: Vec<Customer>,
) -> Result<Vec<ServiceRequestContactCandidate>, Failure> {
    let mut wanted = BatchGet::new();
    customers.iter().for_each(|customer| wanted.add(&CustomerById(customer.id)));
    let found = context.table.fetch(wanted, true).await?;
    let mut items = Vec::new();
    for Customer { id, .. } in customers {
        let customer = found.get(&CustomerById(id))?.filter(|customer| {
            let is_here = customer.organization_id == Some(organization);
            let is_active = customer.removed_at.is_none() && customer.disabled_at.is_none();
            is_here && is_active && query.matches(&customer.name, &customer.email)
        });
        items.extend(customer.map(|customer| ServiceRequestContactCandidate {
            email: customer.email,
            name: customer.name,
            customer_id: Some(id),
            partner_id: None,
            partner_name: None,
            member_id: None,
            roles: vec![ContactRole::Primary, ContactRole::Additional],
        }));
    }
    Ok(items)
}

/// Returns the members, of these partners, whom the caller may name and who have access. Their records are read again.
async fn members_of(
    context: &Context<'_>,
    actor: &Actor,
    query: &ListContactCandidatesQuery,
    access: Vec<Access>,
) -> Result<List<ServiceRequestContactCandidate>, Failure> {
    let partners: Vec<_> = access.iter().map(|one| MembersOfPartner(one.partner_id)).collect();
    let members = try_join_all(partners.iter().map(|members| context.table.list(members, false))).await?;
    let access: BTreeMap<_, _> = access.into_iter().map(|one| (one.partner_id, one)).collect();
    let is_candidate = |member: &Member| {
        let access = access.get(&member.partner_id)?;
        let own = decide(&access.grants, &member.email, Some(member.record()), context.now).by?;
        let is_active = member.removed_at.is_none() && member.disabled_at.is_none();
        let is_wanted = is_active && query.matches(&member.name, &member.email);
        (is_wanted && may_name(context, actor, access, &member.email)).then_some(own.level)
    };
    let candidates = members.into_iter().flatten().filter(|member| is_candidate(member).is_some());
    let place = |member: &Member| format!("{MEMBERS}{}/{}", member.partner_id, member.id);
    let page = context.page_of_all(candidates.map(|member| (place(&member), member)).collect());
    let mut wanted = BatchGet::new();
    page.items.iter().for_each(|member| wanted.add(&MemberById(member.id)));
    Names::want(&mut wanted, access.keys().copied(), std::iter::empty());
    let found = context.table.fetch(wanted, true).await?;
    let names = Names::among(&found, access.keys().copied(), std::iter::empty())?;
    let mut items = Vec::new();
    for Member { id, .. } in page.items {
        let Some(member) = found.get(&MemberById(id))? else { continue };
        let Some(level) = is_candidate(&member) else { continue };
        let roles = [ContactRole::Primary, ContactRole::Additional].into_iter();
        items.push(ServiceRequestContactCandidate {
            partner_name: names.partner(member.partner_id).name,
            email: member.email,
            name: member.name,
            customer_id: None,
            partner_id: Some(member.partner_id),
            member_id: Some(id),
            roles: roles.filter(|role| level.allows(role.action())).collect(),
        });
    }
    Ok(List { items, next_page_token: page.next_page_token })
}
