//! `list-partner-members`

use api_runtime::table::{MembersOfPartner, PartnerById};
use api_runtime::{
    Empty, Failure, List, Method, Nothing, Operation, PartnerPath, Reply, Request, Route, route,
};
use domain::{Actor, Member, Role};

use crate::party::read_if_visible;

/// Lists the members of a partner.
pub struct ListPartnerMembers;

impl Operation for ListPartnerMembers {
    const NAME: &str = "list-partner-members";
    const SUMMARY: &str = "List a partner's members";
    const DESCRIPTION: &str = "The partner's members, operators and agents may call it. Returns the current \
        members in the order of their e-mails; removed members are omitted. The list is eventually \
        consistent: a change made a moment ago may not be visible yet.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/partners/{partnerId}/members",
        &[Role::Operator, Role::Agent, Role::PartnerMember],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = List<Member>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<Member>>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let PartnerPath { partner_id } = *path;
        actor.authorize_partner(partner_id)?;
        let members = MembersOfPartner(partner_id);
        let page = context.page(&members, true);
        Ok(Reply::ok(read_if_visible(context, actor, &PartnerById(partner_id), page).await?))
    }
}
