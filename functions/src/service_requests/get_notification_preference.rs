//! `get-notification-preference`

use api_runtime::table::{BatchGet, BatchResult, PreferenceOf};
use api_runtime::{
    Context, Empty, Failure, Method, Nothing, Operation, OrganizationPath, Output, Reply, Request, Route,
    route,
};
use domain::service_request::{NotificationPreference, Person};
use domain::{AccessAction, Actor, ErrorKind, Metadata, OrganizationId, Role, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::{customer_lookup, record};
use crate::authority::access_check::{AccessCheck, AuthorizedMember, LEVEL_TOO_LOW};

/// Returns the caller's mail preference for an organization's service requests.
pub struct GetNotificationPreference;

/// Mail preference of the caller for an organization's service requests.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnPreference {
    /// Organization that the preference applies to.
    organization_id: OrganizationId,
    /// Whether the caller wants mail about each service request that is submitted; `false` until the caller sets it.
    on_submitted: bool,
    /// Creation time, time of the last change, and version; absent until the caller sets a preference.
    #[serde(flatten)]
    metadata: Option<Metadata>,
}

impl OwnPreference {
    /// Returns the view of a stored preference, or of the default if none is stored.
    pub(super) fn of(organization_id: OrganizationId, preference: Option<NotificationPreference>) -> Self {
        let (on_submitted, metadata) = (
            preference.as_ref().is_some_and(|preference| preference.on_submitted),
            preference.map(|preference| preference.metadata),
        );
        Self { organization_id, on_submitted, metadata }
    }
}

impl Output for OwnPreference {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        self.metadata.map(|metadata| metadata.version)
    }
}

impl Operation for GetNotificationPreference {
    const NAME: &str = "get-notification-preference";
    const SUMMARY: &str = "Get the caller's mail preference for service requests";
    const DESCRIPTION: &str = "Customers of the organization, and partner members whose access level there \
        is `look` or above, read their own preference. Until the caller sets one, `onSubmitted` is `false` \
        and `version` is absent.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/notification-preferences",
        &[Role::Customer, Role::PartnerMember],
    )];
    const ERRORS: &[ErrorKind] = &[LEVEL_TOO_LOW];

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = OwnPreference;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<OwnPreference>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let OrganizationPath { organization_id } = *path;
        let PreferenceView { preference, .. } = PreferenceView::read(context, actor, organization_id).await?;
        Ok(Reply::ok(OwnPreference::of(organization_id, preference)))
    }
}

/// The caller, its access, and its stored preference.
pub(super) struct PreferenceView {
    /// The caller.
    pub(super) person: Person,
    /// Proven access of a partner's member; `None` for a customer.
    pub(super) member: Option<AuthorizedMember>,
    /// The stored preference. A person who is removed and added again has none, and neither has a customer who set one
    /// before it had a record.
    pub(super) preference: Option<NotificationPreference>,
}

impl PreferenceView {
    /// Reads the stored preference with consistent reads and checks a partner member's access level.
    pub(super) async fn read(
        context: &Context<'_>,
        actor: &Actor,
        organization: OrganizationId,
    ) -> Result<Self, Failure> {
        let access_check = AccessCheck::of(actor, organization)?;
        let email = actor.require_email()?;
        let mut wanted = BatchGet::new();
        match &access_check {
            Some(access_check) => access_check.want(&mut wanted),
            None => wanted.add(&customer_lookup(organization, &email)),
        }
        let found: BatchResult = context.table.fetch(wanted, true).await?;
        let member = access_check.map(|access_check| access_check.prove(context, &found)).transpose()?;
        let person = match &member {
            Some(member) => {
                member.check(AccessAction::SeeAll)?;
                member.person()
            }
            None => {
                let record = record(&found, organization, &email)?;
                Person::of_customer(email, record)
            }
        };
        let stored = PreferenceOf(organization, person.clone());
        let mut wanted = BatchGet::new();
        wanted.add(&stored);
        let preference = context.table.fetch(wanted, true).await?.get(&stored)?;
        Ok(Self { person, member, preference })
    }
}
