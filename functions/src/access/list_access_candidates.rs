//! `list-access-candidates`

use api_runtime::table::{AccessIn, BatchGet, MembersOfPartner, OrganizationById};
use api_runtime::{
    Empty, Failure, List, Method, Operation, OrNotFound, OrganizationPath, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::{Actor, Email, Faults, Member, MemberId, Name, NameQuery, PartnerId, Role};
use schemars::JsonSchema;
use serde::Serialize;

/// Lists the members of a partner to whom an organization may give access by name.
pub struct ListAccessCandidates;

/// Partner whose members are listed, and the search text.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListAccessCandidatesQuery {
    /// Id of the partner whose members are listed.
    partner_id: PartnerId,
    /// Name to search for, compared as in the list of partners: 1 to 200 characters. If absent, all members are listed.
    #[deserr(default)]
    name: Option<NameQuery>,
}

/// A member of a partner whom `grant-access` can name by e-mail.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessCandidate {
    /// Id of the member.
    member_id: MemberId,
    /// E-mail of the member, by which `grant-access` names it; at most 254 bytes.
    email: Email,
    /// Name of the member; 1 to 200 characters.
    name: Name,
}

impl From<Member> for AccessCandidate {
    fn from(member: Member) -> Self {
        Self { member_id: member.id, email: member.email, name: member.name }
    }
}

impl Operation for ListAccessCandidates {
    const NAME: &str = "list-access-candidates";
    const SUMMARY: &str = "List partner members to whom access can be given";
    const DESCRIPTION: &str = "Contact managers list the current members of a partner, in the order of their \
        e-mails, to choose for whom `grant-access` gives access. The list is empty until the organization has \
        approved a request of the partner, and for a partner that does not exist, so that it reveals \
        nothing about other partners; access can be given to any e-mail all the same. A partner's own \
        people choose from `list-partner-members` for `request-access`. Disabled members are left out. A page may contain \
        fewer items than `pageSize`, or none, although `nextPageToken` is present. The list is eventually \
        consistent: a change made a moment ago may not be visible yet.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/access-candidates",
        &[Role::ContactManager],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = ListAccessCandidatesQuery;
    type Body = Empty;
    type Output = List<AccessCandidate>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<AccessCandidate>>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let (OrganizationPath { organization_id }, ListAccessCandidatesQuery { partner_id, name }) =
            (path, query);
        actor.authorize_organization(*organization_id)?;
        let (organization, access) =
            (OrganizationById(*organization_id), AccessIn(*organization_id, *partner_id));
        let mut wanted = BatchGet::new();
        wanted.add(&organization);
        wanted.add(&access);
        let found = context.table.fetch(wanted, true).await?;
        found.get(&organization).or_not_found()?;
        if !found.get(&access)?.is_some_and(|access| access.requested) {
            return Ok(Reply::ok(List { items: Vec::new(), next_page_token: None }));
        }
        let members = MembersOfPartner(*partner_id);
        let wanted = |member: &Member| {
            member.is_active() && name.as_ref().is_none_or(|name| name.matches(&member.name).is_some())
        };
        let page = context.filtered_page(&members, true, wanted).await?;
        let items = page.items.into_iter().map(AccessCandidate::from).collect();
        Ok(Reply::ok(List { items, next_page_token: page.next_page_token }))
    }
}
