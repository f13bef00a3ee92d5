//! `restore-organization`

use api_runtime::{
    Empty, Failure, Method, Nothing, Operation, OrganizationPath, Reply, Request, Route, Size, route,
};
use domain::deactivation::PartyId;
use domain::{Actor, ErrorKind, Role};

use crate::deactivation::calls::{DeactivationResult, RESTORATION_EXPIRED, STILL_RUNNING, restore};

/// Restores a deactivated customer organization.
pub struct RestoreOrganization;

impl Operation for RestoreOrganization {
    const NAME: &str = "restore-organization";
    const SUMMARY: &str = "Restore a deactivated customer organization";
    const DESCRIPTION: &str = "Only operators may call it, within 30 days of the deactivation (then 409 `restoration-expired`). The \
        customers whom the deactivation disabled are enabled again; people disabled or removed for another \
        reason stay so. The organization is added again to the directories from which the deactivation removed it. \
        Ended grants stay ended: access must be requested or granted anew. `validateOnly` shows the result. \
        Idempotent: restoring an active organization changes nothing. While the deactivation or an earlier \
        call is still at work, the call is refused (409 `still-running`). Records `organization.restored`, \
        `customer.enabled` and `partner.organization-added`.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/organizations/{organizationId}/restore", &[Role::Operator])];
    const SIZE: Size = Size { seconds: 28, megabytes: 512 };
    const KEY_REQUIRED: bool = true;
    const DEFERS: bool = true;
    const TAKES_VERSION: bool = true;
    const ERRORS: &[ErrorKind] = &[STILL_RUNNING, RESTORATION_EXPIRED];

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = DeactivationResult;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<DeactivationResult>, Failure> {
        let Request { context, path, .. } = request;
        restore(context, PartyId::Organization(path.organization_id)).await
    }
}
