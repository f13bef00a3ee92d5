//! `update-access`

use api_runtime::{
    Answer, Change, Failure, Json, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::event::AccessUpdated;
use domain::{Actor, ErrorKind, Faults, Given, GrantState, Role};
use schemars::JsonSchema;

use super::grants::{GRANT_NOT_ACTIVE, reject_ended};
use super::view::AccessView;
use super::{GrantPath, SELF_GRANT_FORBIDDEN, read, require_caller_is_not_member};
use crate::authority::own_record::require_manager;

const CONTACT_MANAGER_REQUIRED: ErrorKind = ErrorKind::forbidden(
    "contact-manager-required",
    "only a contact manager of the organization may let access be extended: ask one",
);

/// Switches the automatic extension of an access grant on or off.
pub struct UpdateAccess;

/// Changes of a grant. Absent fields stay unchanged.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateAccessBody {
    /// Whether the grant is extended by its own length 30 days before it expires, or at half its length before if it
    /// was given for less than 60 days; the new expiry is at most 24 months ahead. Unchanged if absent.
    #[deserr(default)]
    #[schemars(default)]
    auto_extend: Given<bool>,
}

impl Operation for UpdateAccess {
    const NAME: &str = "update-access";
    const SUMMARY: &str = "Switch the automatic extension of an access grant";
    const DESCRIPTION: &str = "The organization's contact managers switch on or off that an active grant is \
        extended, but do not switch it on for a partner of which they are members; operators may only switch \
        it off. The scheduled job extends the grant by its own length 30 days before it expires or, if it was \
        given for less than 60 days, at half its length before; the new expiry is at most 24 months ahead. \
        The grant can be revoked at any time, and one that has expired is not extended. Idempotent: a value \
        that is set already changes nothing; a grant that is not active is refused with 409. Records \
        `access.updated`; later `access.extended` for each extension.";
    const ROUTES: &[Route] = &[route(
        Method::Patch,
        "/v1/organizations/{organizationId}/access/{partnerId}/{grantId}",
        &[Role::Operator, Role::ContactManager],
    )];
    const ERRORS: &[ErrorKind] = &[CONTACT_MANAGER_REQUIRED, GRANT_NOT_ACTIVE, SELF_GRANT_FORBIDDEN];

    type Caller = Actor;
    type Path = GrantPath;
    type Query = Nothing;
    type Body = Json<UpdateAccessBody>;
    type Output = AccessView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<AccessView>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let GrantPath { organization_id, partner_id, grant_id } = *path;
        actor.authorize_organization(organization_id)?;
        let (mut access, names) = read(context, path).await?;
        let (seen, grant) = (access.metadata.version, access.grant(grant_id).or_not_found()?);
        let (state, before) = (grant.state(context.now), grant.auto_extend);
        let auto_extend = body.0.auto_extend.over(before);
        let mut change = Change::new();
        require_manager(&mut change, actor, Some(organization_id), None)?;
        if auto_extend && !before {
            // To extend access is to give it: this takes the same authority as `grant-access`.
            match actor.is_staff() {
                true => change.reject(&CONTACT_MANAGER_REQUIRED, &[&"autoExtend"]),
                false => require_caller_is_not_member(&mut change, actor, partner_id)?,
            }
        }
        if state != GrantState::Active {
            reject_ended(&mut change, state);
        }
        if state != GrantState::Active || auto_extend == before {
            change.confirm(&access, seen, context.if_match())?;
        } else {
            access.set_auto_extend(grant_id, auto_extend);
            access.metadata = access.metadata.next(context.now);
            change.replace(&access, seen, context.if_match())?;
            change.record(access.event(AccessUpdated { grant_id, auto_extend }));
        }
        context.commit(change, Answer::ok(AccessView::of(&access, &names, context.now))).await
    }
}
