//! `update-organization`

use api_runtime::table::OrganizationById;
use api_runtime::{
    Answer, Change, Failure, Json, Method, Nothing, Operation, OrNotFound, OrganizationPath, Reply, Request,
    Route, route,
};
use deserr::Deserr;
use domain::event::OrganizationUpdated;
use domain::{Actor, Faults, NewEvent, Organization, Patch, Role, TimeZone};
use schemars::JsonSchema;

use crate::authority::own_record::require_manager;

/// Changes a customer organization.
pub struct UpdateOrganization;

/// Request body: the fields to change.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateOrganizationBody {
    /// IANA time zone, such as `Asia/Tokyo`, in which the organization's days and the terms of its subscriptions and
    /// licenses are counted. `null` removes it, so that they are counted in UTC; if absent, it is unchanged.
    #[deserr(default)]
    #[schemars(default)]
    time_zone: Patch<TimeZone>,
}

impl Operation for UpdateOrganization {
    const NAME: &str = "update-organization";
    const SUMMARY: &str = "Update a customer organization";
    const DESCRIPTION: &str = "Operators and the organization's contact managers change its time zone. The \
        dates of its subscriptions, the ends of its licenses and the terms of later orders count in that \
        time zone, and service requests without a time zone of their own use it; the ends of its existing \
        subscriptions stay. A field that is not named is unchanged. Idempotent: a time zone that is set \
        already changes nothing. Records `organization.updated`.";
    const ROUTES: &[Route] = &[route(
        Method::Patch,
        "/v1/organizations/{organizationId}",
        &[Role::Operator, Role::ContactManager],
    )];

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = Nothing;
    type Body = Json<UpdateOrganizationBody>;
    type Output = Organization;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Organization>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let (OrganizationPath { organization_id }, Json(wanted)) = (path, body);
        let mut change = Change::new();
        require_manager(&mut change, actor, Some(*organization_id), None)?;
        let found = context.table.get(&OrganizationById(*organization_id)).await?;
        let before = found.or_not_found()?;
        let seen = before.metadata.version;
        let shown = |organization: Organization| match actor.is_staff() {
            true => organization,
            false => organization.seen_by(None),
        };
        let time_zone = wanted.time_zone.over(before.time_zone);
        if time_zone == before.time_zone {
            change.confirm(&before, seen, context.if_match())?;
            return context.commit(change, Answer::ok(shown(before))).await;
        }
        let organization = Organization { time_zone, metadata: before.metadata.next(context.now), ..before };
        change.replace(&organization, seen, context.if_match())?;
        let updated = OrganizationUpdated { time_zone };
        let updated = NewEvent::of_organization(updated, organization.id);
        change.record(updated.about(organization.metadata));
        context.commit(change, Answer::ok(shown(organization))).await
    }
}
