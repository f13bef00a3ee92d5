//! `restore-partner`

use api_runtime::{
    Empty, Failure, Method, Nothing, Operation, PartnerPath, Reply, Request, Route, Size, route,
};
use domain::deactivation::PartyId;
use domain::{Actor, ErrorKind, Role};

use crate::deactivation::calls::{DeactivationResult, RESTORATION_EXPIRED, STILL_RUNNING, restore};

/// Restores a deactivated partner.
pub struct RestorePartner;

impl Operation for RestorePartner {
    const NAME: &str = "restore-partner";
    const SUMMARY: &str = "Restore a deactivated partner";
    const DESCRIPTION: &str = "Only operators may call it, within 30 days of the deactivation (then 409 `restoration-expired`). The \
        members whom the deactivation disabled are enabled again; people disabled or removed for another \
        reason stay so. The link to the store is made again if its account is still free and the store not \
        disabled, and the scheduled job applies the orders that were parked since the deactivation. Ended grants and \
        cancelled requests stay ended: access must be requested or granted anew. `validateOnly` shows the \
        result. Idempotent: restoring an active partner changes nothing. While the deactivation or an \
        earlier call is still at work, the call is refused (409 `still-running`). Records \
        `partner.restored`, `store.linked` and `member.enabled`.";
    const ROUTES: &[Route] = &[route(Method::Post, "/v1/partners/{partnerId}/restore", &[Role::Operator])];
    const SIZE: Size = Size { seconds: 28, megabytes: 512 };
    const KEY_REQUIRED: bool = true;
    const DEFERS: bool = true;
    const TAKES_VERSION: bool = true;
    const ERRORS: &[ErrorKind] = &[STILL_RUNNING, RESTORATION_EXPIRED];

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = DeactivationResult;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<DeactivationResult>, Failure> {
        let Request { context, path, .. } = request;
        restore(context, PartyId::Partner(path.partner_id)).await
    }
}
