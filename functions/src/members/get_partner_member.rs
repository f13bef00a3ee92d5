//! `get-partner-member`

use api_runtime::{Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::{Actor, Role};

use super::MemberPath;
use super::view::MemberView;

/// Shows a member of a partner.
pub struct GetPartnerMember;

impl Operation for GetPartnerMember {
    const NAME: &str = "get-partner-member";
    const SUMMARY: &str = "Get a member of a partner";
    const DESCRIPTION: &str = "The partner's members, operators and agents read any member of the partner, \
        also a disabled or removed one (`disabledAt`, `removedAt`).";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/partners/{partnerId}/members/{memberId}",
        &[Role::Operator, Role::Agent, Role::PartnerMember],
    )];

    type Caller = Actor;
    type Path = MemberPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = MemberView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<MemberView>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        actor.authorize_partner(path.partner_id)?;
        Ok(Reply::ok(path.read(context).await?.into()))
    }
}
