//! `set-notification-preference`

use api_runtime::{
    Answer, Change, Failure, Json, Method, Nothing, Operation, OrganizationPath, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::deactivation::ORGANIZATION_DEACTIVATED;
use domain::event::NotificationPreferenceSet;
use domain::service_request::NotificationPreference;
use domain::{AccessAction, Actor, ErrorKind, Faults, Metadata, NewEvent, Role};
use schemars::JsonSchema;

use super::get_notification_preference::{OwnPreference, PreferenceView};
use crate::authority::access_check::LEVEL_TOO_LOW;
use crate::party::require_active_organization;

/// Sets the caller's mail preference for an organization's service requests.
pub struct SetNotificationPreference;

/// The mail preference of the caller.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetNotificationPreferenceBody {
    /// Whether the caller wants mail about each service request that is submitted.
    on_submitted: bool,
}

impl Operation for SetNotificationPreference {
    const NAME: &str = "set-notification-preference";
    const SUMMARY: &str = "Set the caller's mail preference for service requests";
    const DESCRIPTION: &str = "Customers of the organization, and partner members whose access level there \
        is `look` or above, choose whether they want mail about each service request that is submitted. A \
        member's preference is stored but has no effect while the member's access level is below `look`. \
        The call is idempotent, and the preference can be changed at any time. A change is recorded as \
        `notification-preference.set`. Mail is not sent yet.";
    const ROUTES: &[Route] = &[route(
        Method::Put,
        "/v1/organizations/{organizationId}/notification-preferences",
        &[Role::Customer, Role::PartnerMember],
    )];
    const BY_TOKEN: &[(Role, &str)] = &[(Role::Customer, "it concerns the caller alone")];
    const ERRORS: &[ErrorKind] = &[LEVEL_TOO_LOW, ORGANIZATION_DEACTIVATED];

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = Nothing;
    type Body = Json<SetNotificationPreferenceBody>;
    type Output = OwnPreference;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<OwnPreference>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let OrganizationPath { organization_id } = *path;
        let Json(SetNotificationPreferenceBody { on_submitted }) = body;
        let PreferenceView { person, member, preference } =
            PreferenceView::read(context, actor, organization_id).await?;
        let mut change = Change::new();
        match &member {
            Some(member) => member.require(&mut change, AccessAction::SeeAll)?,
            None => require_active_organization(&mut change, organization_id),
        }
        let (on_submitted, metadata) = (*on_submitted, Metadata::new(context.now));
        let member_id = person.member_id();
        let wanted = NotificationPreference { organization_id, person, on_submitted, metadata };
        let updated = match preference {
            Some(stored) if stored.on_submitted == on_submitted => {
                change.confirm(&stored, stored.metadata.version, context.if_match())?;
                return context
                    .commit(change, Answer::ok(OwnPreference::of(organization_id, Some(stored))))
                    .await;
            }
            Some(stored) => {
                let updated =
                    NotificationPreference { metadata: stored.metadata.next(context.now), ..wanted };
                change.replace(&updated, stored.metadata.version, context.if_match())?;
                updated
            }
            None => {
                change.create_or_retry(&wanted, context.if_match())?;
                wanted
            }
        };
        let set = NotificationPreferenceSet { on_submitted, member_id };
        let partner = member.map(|member| member.partner);
        change.record(NewEvent::of_parties(set, partner, Some(organization_id)).about(updated.metadata));
        context.commit(change, Answer::ok(OwnPreference::of(organization_id, Some(updated)))).await
    }
}
