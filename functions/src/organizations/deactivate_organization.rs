//! `deactivate-organization`

use api_runtime::{
    Empty, Failure, Method, Nothing, Operation, OrganizationPath, Reply, Request, Route, Size, route,
};
use domain::deactivation::PartyId;
use domain::{Actor, ErrorKind, Role};

use crate::deactivation::calls::{DeactivationResult, STILL_RUNNING, deactivate};
use crate::deactivation::survey::{RUNNING_SUBSCRIPTION, UNSOLVED_SERVICE_REQUEST};

/// Deactivates a customer organization.
pub struct DeactivateOrganization;

impl Operation for DeactivateOrganization {
    const NAME: &str = "deactivate-organization";
    const SUMMARY: &str = "Deactivate a customer organization";
    const DESCRIPTION: &str = "Only operators may call it. From the first moment on nothing new is made for the organization (409 \
        `organization-deactivated`; orders are refused with 422 `deactivated-organization`), and only the \
        vendor's staff see it; then its customers are disabled, all partners' access grants in it ended, and \
        the organization removed from the partners' directories. Its entitlements, licenses, service \
        requests and history are kept. Access requests are addressed to people, not to an organization, so \
        pending ones stay and lapse. What must be decided first is refused with 409, all of it at once: \
        running subscriptions (`running-subscription`), and service requests that are not solved \
        (`unsolved-service-request`), because somebody still waits for an answer. `validateOnly` shows what ends. If \
        something that must be decided first comes up concurrently, the deactivation is withdrawn and \
        refused in the same way, with `organization.deactivated` and `organization.restored` in the history. \
        Many people or grants are ended step by step; after about 3,000 items or 15 seconds the answer is 202 with state \
        `deactivating` while the scheduled job continues. `restore-organization` undoes it within 30 days, \
        except for grants. Idempotent; while an earlier call is still at work, a repeat is refused (409 \
        `still-running`). Records `organization.deactivated`, `customer.disabled`, `access.deactivated` and \
        `partner.organization-removed`.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/organizations/{organizationId}/deactivate", &[Role::Operator])];
    const SIZE: Size = Size { seconds: 28, megabytes: 512 };
    const KEY_REQUIRED: bool = true;
    const DEFERS: bool = true;
    const TAKES_VERSION: bool = true;
    const ERRORS: &[ErrorKind] = &[RUNNING_SUBSCRIPTION, UNSOLVED_SERVICE_REQUEST, STILL_RUNNING];

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = DeactivationResult;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<DeactivationResult>, Failure> {
        let Request { context, path, .. } = request;
        deactivate(context, PartyId::Organization(path.organization_id)).await
    }
}
