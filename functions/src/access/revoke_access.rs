//! `revoke-access`

use api_runtime::http::body::Empty;
use api_runtime::operation::{Method, Nothing, route};
use api_runtime::table::Change;
use api_runtime::{Answer, Context, Failure, Input, Operation, Route};
use domain::access::End;
use domain::{Actor, EventKind, Reason, Role};

use super::{GRANT_ENDED, OfGrant, ShownAccess, end, read};
use crate::customers::require_manager;

/// Takes access back.
pub struct RevokeAccess;

impl Operation for RevokeAccess {
    const NAME: &str = "revoke-access";
    const ABOUT: &str = "Takes access back, at once. Again changes nothing.";
    const ROUTES: &[Route] = &[route(
        Method::Delete,
        "/v1/organizations/{organizationId}/access/{partnerId}/{grantId}",
        &[Role::Operator, Role::ContactManager],
    )];
    const REASONS: &[Reason] = &[GRANT_ENDED];

    type Caller = Actor;
    type Path = OfGrant;
    type Query = Nothing;
    type Body = Empty;
    type Output = ShownAccess;

    async fn execute(
        context: &Context<'_>,
        actor: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<ShownAccess>, Failure> {
        let OfGrant { organization_id, grant_id, .. } = input.path;
        actor.reach_organization(organization_id)?;
        let (before, names) = read(context, &input.path).await?;
        let mut change = Change::new();
        require_manager(&mut change, actor, Some(organization_id), None)?;
        let revoked = EventKind::AccessRevoked { grant_id };
        let access = end(context, &mut change, before, grant_id, End::Revoked, revoked)?;
        context.commit(change, Answer::ok(ShownAccess::of(&access, &names, context.now))).await
    }
}
