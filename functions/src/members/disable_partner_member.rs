//! `disable-partner-member`

use api_runtime::{Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::deactivation::PARTNER_DEACTIVATED;
use domain::{Actor, ErrorKind, Role};

use super::MemberPath;
use super::disabling::set_disabled;
use super::view::MemberView;

/// Disables a member of a partner.
pub struct DisablePartnerMember;

impl Operation for DisablePartnerMember {
    const NAME: &str = "disable-partner-member";
    const SUMMARY: &str = "Disable a member of a partner";
    const DESCRIPTION: &str = "Operators and the partner's admins disable members; an admin can also disable \
        their own record. For a leave of absence: the person has no access in any organization from now on, \
        and keeps the e-mail and individual grants, which apply again after `enable-partner-member` unless \
        they have ended by then. A removed member does not exist for this operation (404). Idempotent: \
        disabling a disabled member changes nothing, unless a deactivation of the partner disabled it: then \
        its restoration no longer enables the member. While the partner is deactivated, only operators may \
        call it (409 `partner-deactivated`). Records `member.disabled`.";
    const ROUTES: &[Route] = &[route(
        Method::Post,
        "/v1/partners/{partnerId}/members/{memberId}/disable",
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
        set_disabled(context, caller, path, true).await
    }
}
