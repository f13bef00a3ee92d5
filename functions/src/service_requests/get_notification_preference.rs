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

use crate::authority::access_check::{AccessCheck, AuthorizedMember, LEVEL_TOO_LOW};

/// Shows what the caller wants to be told of.
pub struct GetNotificationPreference;

/// What the caller wants to be told by mail of an organization's service requests.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnPreference {
    /// Of which organization.
    organization_id: OrganizationId,
    /// Whether of each that is submitted; not, as long as the caller has said nothing.
    on_submitted: bool,
    /// When it said so, and which version; none if it has said nothing.
    #[serde(flatten)]
    metadata: Option<Metadata>,
}

impl OwnPreference {
    /// What was said, if something was.
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
    const ABOUT: &str =
        "Shows what the caller wants to be told by mail of an organization's service requests.";
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
        let preference = preference.filter(|(_, own)| *own).map(|(preference, _)| preference);
        Ok(Reply::ok(OwnPreference::of(organization_id, preference)))
    }
}

/// What somebody has said about being told.
pub(super) struct PreferenceView {
    /// Who.
    pub(super) person: Person,
    /// What lets it be told, if it is a partner's member.
    pub(super) member: Option<AuthorizedMember>,
    /// What is kept under its e-mail, and whether it has said that itself: who was the partner's member before may have.
    pub(super) preference: Option<(NotificationPreference, bool)>,
}

impl PreferenceView {
    /// Reads it.
    pub(super) async fn read(
        context: &Context<'_>,
        actor: &Actor,
        organization: OrganizationId,
    ) -> Result<Self, Failure> {
        let access_check = AccessCheck::of(actor, organization)?;
        let email = actor.require_email()?;
        let stored =
            PreferenceOf(organization, access_check.as_ref().map(AccessCheck::partner), email.clone());
        let mut wanted = BatchGet::new();
        wanted.add(&stored);
        access_check.iter().for_each(|access_check| access_check.want(&mut wanted));
        let found: BatchResult = context.table.fetch(wanted, true).await?;
        let member = access_check.map(|access_check| access_check.prove(context, &found)).transpose()?;
        if let Some(member) = &member {
            member.check(AccessAction::SeeAll)?;
        }
        let person = member.as_ref().map_or(Person { email, membership: None }, AuthorizedMember::person);
        let preference = found.get(&stored)?.map(|stored| {
            let own = stored.person == person;
            (stored, own)
        });
        Ok(Self { person, member, preference })
    }
}
