//! `cancel-access-request`

use api_runtime::table::{EmailInPartner, Expression};
use api_runtime::{
    Answer, Change, ConditionFailure, Empty, Failure, Method, Nothing, Operation, Reply, Request, Route,
    route,
};
use domain::event::AccessCancelled;
use domain::{AccessRequest, Actor, ErrorKind, RequestState, Role};

use super::{AccessRequestPath, close, read_request, require_pending};

/// Takes a request for access back.
pub struct CancelAccessRequest;

impl Operation for CancelAccessRequest {
    const NAME: &str = "cancel-access-request";
    const ABOUT: &str = "Takes a request for access back: the member who asked, or an admin of the partner. What is in force stays.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/access-requests/{requestId}/cancel", &[Role::PartnerMember])];
    const ERRORS: &[ErrorKind] = &[AccessRequest::NOT_PENDING];

    type Caller = Actor;
    type Path = AccessRequestPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = AccessRequest;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<AccessRequest>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let before = read_request(context, path).await?;
        actor.authorize_partner(before.partner_id)?;
        let email = actor.require_email()?;
        let mut change = Change::new();
        let author = before.requested_by.member_id.to_string();
        let may = match actor.has_one_of(&[Role::PartnerAdmin]) {
            true => Expression::new("#owner = :author OR #manager = :yes").bool("yes", true),
            false => Expression::new("#owner = :author"),
        };
        let record = EmailInPartner(before.partner_id, email);
        change.require_that(&record, may.text("author", author), |_| ConditionFailure::NotFound);
        if !require_pending(context, &mut change, &before)? {
            return context.commit(change, Answer::ok(before)).await;
        }
        let (seen, metadata) = (before.metadata.version, before.metadata.next(context.now));
        let (state, decided_at) = (RequestState::Cancelled, Some(context.now));
        let request = AccessRequest { state, decided_at, metadata, ..before };
        let cancelled = AccessCancelled { request_id: request.id };
        close(context, &mut change, seen, &request, cancelled)?;
        context.commit(change, Answer::ok(request)).await
    }
}
