//! `revoke-access`

use api_runtime::{Answer, Change, Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::access::GrantEnd;
use domain::event::AccessRevoked;
use domain::{Actor, ErrorKind, Role};

use super::grants::{GRANT_NOT_ACTIVE, end_grant};
use super::view::AccessView;
use super::{GrantPath, read};
use crate::authority::own_record::require_manager;

/// Revokes an access grant.
pub struct RevokeAccess;

impl Operation for RevokeAccess {
    const NAME: &str = "revoke-access";
    const SUMMARY: &str = "Revoke an access grant";
    const DESCRIPTION: &str = "Operators and the organization's contact managers end an active grant at \
        once. This is irreversible, but a new grant can be given. Idempotent: revoking a revoked grant \
        changes nothing; a grant that ended in another way is refused with 409. Records `access.revoked`.";
    const ROUTES: &[Route] = &[route(
        Method::Delete,
        "/v1/organizations/{organizationId}/access/{partnerId}/{grantId}",
        &[Role::Operator, Role::ContactManager],
    )];
    const ERRORS: &[ErrorKind] = &[GRANT_NOT_ACTIVE];

    type Caller = Actor;
    type Path = GrantPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = AccessView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<AccessView>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let GrantPath { organization_id, grant_id, .. } = *path;
        actor.authorize_organization(organization_id)?;
        let (before, names) = read(context, path).await?;
        let mut change = Change::new();
        require_manager(&mut change, actor, Some(organization_id), None)?;
        let revoked = AccessRevoked { grant_id };
        let access = end_grant(context, &mut change, before, grant_id, GrantEnd::Revoked, revoked)?;
        context.commit(change, Answer::ok(AccessView::of(&access, &names, context.now))).await
    }
}
