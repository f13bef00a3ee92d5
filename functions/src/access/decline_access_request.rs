//! `decline-access-request`

use api_runtime::{Answer, Change, Failure, Json, Method, Nothing, Operation, Reply, Request, Route, route};
use deserr::Deserr;
use domain::event::AccessDeclined;
use domain::{AccessRequest, Actor, Description, ErrorKind, Faults, RequestState, Role};
use schemars::JsonSchema;

use super::{AccessRequestPath, close_request, read_request, require_addressee, require_pending};

/// Declines an access request.
pub struct DeclineAccessRequest;

/// Reason for declining.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
pub struct DeclineAccessRequestBody {
    /// Reason for declining, which the partner can read; 1 to 1,000 characters. Optional.
    #[deserr(default)]
    reason: Option<Description>,
}

impl Operation for DeclineAccessRequest {
    const NAME: &str = "decline-access-request";
    const SUMMARY: &str = "Decline an access request";
    const DESCRIPTION: &str = "The contact manager to whom the request is addressed declines it. This is \
        irreversible, but the partner can send a new request. Active grants are not affected. A request that \
        is no longer pending is refused with 409. Records `access.declined`.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/access-requests/{requestId}/decline", &[Role::ContactManager])];
    const ERRORS: &[ErrorKind] = &[AccessRequest::NOT_PENDING];

    type Caller = Actor;
    type Path = AccessRequestPath;
    type Query = Nothing;
    type Body = Json<DeclineAccessRequestBody>;
    type Output = AccessRequest;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<AccessRequest>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let before = read_request(context, path).await?;
        let mut change = Change::new();
        require_addressee(&mut change, actor, &before)?;
        if !require_pending(context, &mut change, &before)? {
            return context.commit(change, Answer::ok(before)).await;
        }
        let (seen, metadata) = (before.metadata.version, before.metadata.next(context.now));
        let request = AccessRequest {
            state: RequestState::Declined,
            decided_at: Some(context.now),
            decline_reason: body.0.reason.clone(),
            metadata,
            ..before
        };
        let declined = AccessDeclined { request_id: request.id };
        close_request(context, &mut change, seen, &request, declined)?;
        context.commit(change, Answer::ok(request)).await
    }
}
