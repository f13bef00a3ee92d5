//! `list-contact-candidates`

use std::collections::{BTreeMap, BTreeSet};

use api_runtime::table::{
    AccessInOrganization, BatchGet, CustomerById, CustomersOfOrganization, Entity, ItemFilter, MemberById,
    MembersOfPartner, OrganizationById, PageQuery,
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
use crate::sorting::name_position;

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
        e-mail. Members follow in the order of their partners' ids, those of a page in the order of their \
        names. People who are disabled are left out. A person who was added a moment ago may be missing. A \
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

/// Maximum number of partners whose members are read for a page.
const MOST_PARTNERS: usize = 4;

/// Members that were read, in the order of their keys, and the position after them; `None` at the end of the list.
type FoundMembers = (Vec<Member>, Option<String>);

/// Reads members of the partners, at most as many as the page has, beginning at its position: the id of a partner, and
/// the sort key of a member of it if some of its members were listed before.
async fn read_members(
    context: &Context<'_>,
    partners: impl Iterator<Item = PartnerId>,
    is_wanted: ItemFilter<'_, Member>,
) -> Result<FoundMembers, Failure> {
    let page_query = context.page_query(true);
    let begun = page_query.after.as_ref().and_then(|after| after.strip_prefix(MEMBERS)).unwrap_or_default();
    let (first, key) = begun.split_once('/').unwrap_or_default();
    let mut rest = partners.skip_while(|partner| partner.to_string().as_str() < first);
    let some: Vec<_> = rest.by_ref().take(MOST_PARTNERS).map(MembersOfPartner).collect();
    let pages = some.iter().map(|members| async {
        let is_begun = members.0.to_string() == first && !key.is_empty();
        let after = is_begun.then(|| key.to_owned());
        let of_partner = PageQuery { after, ..page_query.clone() };
        context.table.page(members, &of_partner, Some(is_wanted)).await
    });
    let pages = try_join_all(pages).await?;
    let mut members: Vec<Member> = Vec::new();
    for (MembersOfPartner(partner), page) in some.iter().zip(pages) {
        let mut position = format!("{MEMBERS}{partner}/");
        for member in page.items {
            if members.len() == page_query.size {
                return Ok((members, Some(position)));
            }
            let key = member.by_key().map(|key| key.sk).unwrap_or_default();
            position = format!("{MEMBERS}{partner}/{key}");
            members.push(member);
        }
        if let Some(next) = page.next {
            return Ok((members, Some(format!("{MEMBERS}{partner}/{next}"))));
        }
    }
    Ok((members, rest.next().map(|partner| format!("{MEMBERS}{partner}/"))))
}

/// Returns the members, of these partners, whom the caller may name and who have access. Their records are read again.
async fn members_of(
    context: &Context<'_>,
    actor: &Actor,
    query: &ListContactCandidatesQuery,
    access: Vec<Access>,
) -> Result<List<ServiceRequestContactCandidate>, Failure> {
    let access: BTreeMap<_, _> = access.into_iter().map(|one| (one.partner_id, one)).collect();
    let is_candidate = |member: &Member| {
        let access = access.get(&member.partner_id)?;
        let own = decide(&access.grants, &member.email, Some(member.record()), context.now).by?;
        let is_active = member.removed_at.is_none() && member.disabled_at.is_none();
        let is_wanted = is_active && query.matches(&member.name, &member.email);
        (is_wanted && may_name(context, actor, access, &member.email)).then_some(own.level)
    };
    let is_wanted = |member: &Member| is_candidate(member).is_some();
    let (members, next) = read_members(context, access.keys().copied(), &is_wanted).await?;
    let mut wanted = BatchGet::new();
    members.iter().for_each(|member| wanted.add(&MemberById(member.id)));
    let partners: BTreeSet<_> = members.iter().map(|member| member.partner_id).collect();
    Names::want(&mut wanted, partners.iter().copied(), std::iter::empty());
    let found = context.table.fetch(wanted, true).await?;
    let names = Names::among(&found, partners.iter().copied(), std::iter::empty())?;
    let mut items = Vec::new();
    for Member { id, .. } in members {
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
    items.sort_by_key(|one| name_position(Some(&one.name), one.email.folded()));
    Ok(context.list(items, next))
}
