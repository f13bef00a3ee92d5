//! `decline-access`

use api_runtime::{Answer, Change, Failure, Json, Method, Nothing, Operation, Reply, Request, Route, route};
use deserr::Deserr;
use domain::event::AccessDeclined;
use domain::{AccessRequest, Actor, Description, ErrorKind, Faults, RequestState, Role};
use schemars::JsonSchema;

use super::{AccessRequestPath, close, read_request, require_addressee, require_pending};

/// Declines a request for access.
pub struct DeclineAccess;

/// Why.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
pub struct DeclineAccessBody {
    /// What the partner is told.
    #[deserr(default)]
    reason: Option<Description>,
}

impl Operation for DeclineAccess {
    const NAME: &str = "decline-access";
    const ABOUT: &str =
        "Declines a request for access that is addressed to the caller. What is in force stays.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/access-requests/{requestId}/decline", &[Role::ContactManager])];
    const ERRORS: &[ErrorKind] = &[AccessRequest::NOT_PENDING];

    type Caller = Actor;
    type Path = AccessRequestPath;
    type Query = Nothing;
    type Body = Json<DeclineAccessBody>;
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
        close(context, &mut change, seen, &request, declined)?;
        context.commit(change, Answer::ok(request)).await
    }
}
