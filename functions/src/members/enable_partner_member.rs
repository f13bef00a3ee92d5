//! `enable-partner-member`

use api_runtime::{Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::deactivation::PARTNER_DEACTIVATED;
use domain::{Actor, ErrorKind, Role};

use super::MemberPath;
use super::disabling::set_disabled;
use super::view::MemberView;

/// Enables a disabled member of a partner.
pub struct EnablePartnerMember;

impl Operation for EnablePartnerMember {
    const NAME: &str = "enable-partner-member";
    const SUMMARY: &str = "Enable a disabled member of a partner";
    const DESCRIPTION: &str = "Operators and the partner's admins enable members; a disabled admin cannot \
        enable their own record. The record gives the same rights as before `disable-partner-member`, and \
        the individual grants that are still in force apply again. A removed member does not exist for this \
        operation (404). Idempotent: enabling an enabled member changes nothing. Records `member.enabled`.";
    const ROUTES: &[Route] = &[route(
        Method::Post,
        "/v1/partners/{partnerId}/members/{memberId}/enable",
        &[Role::Operator, Role::PartnerAdmin],
    )];

    const ERRORS: &[ErrorKind] = &[PARTNER_DEACTIVATED];

    type Caller = Actor;
    type Path = MemberPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = MemberView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Self::Output>, Failure> {
        let Request { context, caller, path, .. } = request;
        set_disabled(context, caller, path, false).await
    }
}
