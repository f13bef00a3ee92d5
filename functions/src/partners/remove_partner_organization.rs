//! `remove-partner-organization`

use api_runtime::table::{AccessIn, BatchGet, PartnerOrganizationLink, SubscriptionsOf};
use api_runtime::{
    Answer, Change, Empty, Failure, Method, Nothing, Operation, OrNotFound, Output, Reply, Request, Route,
    route,
};
use domain::{Actor, PartnerOrganization, Role, Subscription, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::add_partner_organization::PartnerOrganizationPath;
use crate::authority::own_record::require_manager;
use crate::party::remove_from_directory;

/// Removes an organization from a partner's directory.
pub struct RemovePartnerOrganization;

/// The removed entry, and what lets the partner's members see the organization after the removal.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemovedPartnerOrganization {
    /// Entry that was removed.
    #[serde(flatten)]
    entry: PartnerOrganization,
    /// Number of the partner's access grants in the organization that are active at the time of the response. They stay
    /// active; `revoke-access` ends them.
    active_grants: usize,
    /// Number of the organization's subscriptions that the partner manages, whatever their status. While there is one, the
    /// partner's members see the organization.
    managed_subscriptions: usize,
}

impl Output for RemovedPartnerOrganization {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        self.entry.version()
    }
}

impl Operation for RemovePartnerOrganization {
    const NAME: &str = "remove-partner-organization";
    const SUMMARY: &str = "Remove an organization from a partner's directory";
    const DESCRIPTION: &str = "Operators and the organization's contact managers may call it. From then on \
        the partner cannot assign licenses to the organization. Its members see the organization only while a \
        grant gives them access, or if the partner manages one of its subscriptions; the answer has the \
        numbers of both, also with `validateOnly`. License assignments and the partner's history stay. The \
        organization can be added again, and is added by an order of the partner or by the transfer of a \
        subscription to it. Idempotent: removing a removed organization changes nothing. Records \
        `partner.organization-removed`.";
    const ROUTES: &[Route] = &[route(
        Method::Delete,
        "/v1/partners/{partnerId}/organizations/{organizationId}",
        &[Role::Operator, Role::ContactManager],
    )];

    type Caller = Actor;
    type Path = PartnerOrganizationPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = RemovedPartnerOrganization;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<RemovedPartnerOrganization>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let PartnerOrganizationPath { partner_id, organization_id } = *path;
        actor.authorize_organization(organization_id)?;
        let entry = PartnerOrganizationLink(partner_id, organization_id);
        let access = AccessIn(organization_id, partner_id);
        let mut wanted = BatchGet::new();
        wanted.add(&entry);
        wanted.add(&access);
        let subscriptions = SubscriptionsOf(organization_id);
        let subscriptions = context.table.list(&subscriptions, true);
        let (found, subscriptions) = tokio::try_join!(context.table.fetch(wanted, true), subscriptions)?;
        let before = found.get(&entry).or_not_found()?;
        let grants = found.get(&access)?.map(|access| access.grants).unwrap_or_default();
        let is_managed = |one: &&Subscription| one.buyer().partner_id == Some(partner_id);

        let mut change = Change::new();
        require_manager(&mut change, actor, Some(organization_id), None)?;
        let entry = match before.is_listed() {
            true => remove_from_directory(context, &mut change, before, false)?,
            false => {
                change.confirm(&before, before.metadata.version, context.if_match())?;
                before
            }
        };
        let removed = RemovedPartnerOrganization {
            entry,
            active_grants: grants.iter().filter(|grant| grant.is_active(context.now)).count(),
            managed_subscriptions: subscriptions.iter().filter(is_managed).count(),
        };
        context.commit(change, Answer::ok(removed)).await
    }
}
