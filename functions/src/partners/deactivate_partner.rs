//! `deactivate-partner`

use api_runtime::{
    Empty, Failure, Method, Nothing, Operation, PartnerPath, Reply, Request, Route, Size, route,
};
use domain::deactivation::PartyId;
use domain::{Actor, ErrorKind, Role};

use crate::deactivation::calls::{DeactivationResult, STILL_RUNNING, deactivate};
use crate::deactivation::survey::{LICENSES_LEFT, ORDER_LEFT, RUNNING_SUBSCRIPTION};

/// Deactivates a partner.
pub struct DeactivatePartner;

impl Operation for DeactivatePartner {
    const NAME: &str = "deactivate-partner";
    const SUMMARY: &str = "Deactivate a partner";
    const DESCRIPTION: &str = "Only operators may call it. From the first moment on nothing new is made for the partner (409 \
        `partner-deactivated`), and its members no longer see it; then its members are disabled, its pending \
        access requests cancelled, its access grants ended in every organization, and its link to a store \
        removed, so that later orders of the account are parked. Its directory, pools, assignments and \
        history are kept, and the vendor's staff read them. What must be decided first is refused with 409, \
        all of it at once: pools that hold licenses (`licenses-left`), running subscriptions that the \
        partner manages (`running-subscription`), and orders that are still parked for its account \
        (`order-left`). `validateOnly` shows what ends. If something that must be decided first comes up \
        concurrently, the deactivation is withdrawn and refused in the same way, with `partner.deactivated` \
        and `partner.restored` in the history. Many people or grants are ended step by step; after about \
        3,000 items or 15 seconds the answer is 202 with state `deactivating` while the scheduled job continues. \
        `restore-partner` undoes it within 30 days, except for requests and grants. Idempotent; while an earlier call \
        is still at work, a repeat is refused (409 `still-running`). Records `partner.deactivated`, \
        `store.unlinked`, `member.disabled`, `access.cancelled` and `access.deactivated`.";
    const ROUTES: &[Route] = &[route(Method::Post, "/v1/partners/{partnerId}/deactivate", &[Role::Operator])];
    const SIZE: Size = Size { seconds: 28, megabytes: 512 };
    const KEY_REQUIRED: bool = true;
    const DEFERS: bool = true;
    const TAKES_VERSION: bool = true;
    const ERRORS: &[ErrorKind] = &[LICENSES_LEFT, RUNNING_SUBSCRIPTION, ORDER_LEFT, STILL_RUNNING];

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = DeactivationResult;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<DeactivationResult>, Failure> {
        let Request { context, path, .. } = request;
        deactivate(context, PartyId::Partner(path.partner_id)).await
    }
}
