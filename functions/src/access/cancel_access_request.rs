//! `cancel-access-request`

use api_runtime::table::{EmailInPartner, Expression};
use api_runtime::{
    Answer, Change, ConditionFailure, Empty, Failure, Method, Nothing, Operation, Reply, Request, Route,
    route,
};
use domain::event::AccessCancelled;
use domain::{AccessRequest, Actor, ErrorKind, RequestState, Role};

use super::{AccessRequestPath, close_request, read_request, require_pending};

const ADMIN_REQUIRED: ErrorKind = ErrorKind::forbidden(
    "admin-required",
    "only the member who made the request and partner admins may cancel it: ask an admin",
);

/// Cancels an access request.
pub struct CancelAccessRequest;

impl Operation for CancelAccessRequest {
    const NAME: &str = "cancel-access-request";
    const SUMMARY: &str = "Cancel an access request";
    const DESCRIPTION: &str = "The member who made the request, or an admin of the same partner, cancels it. \
        This is irreversible, but the partner can send a new request. Active grants are not affected. A \
        request that is no longer pending is refused with 409. Records `access.cancelled`.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/access-requests/{requestId}/cancel", &[Role::PartnerMember])];
    const ERRORS: &[ErrorKind] = &[ADMIN_REQUIRED, AccessRequest::NOT_PENDING];

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
        // A member sees every request of the partner; a person without a record sees none.
        change.require_that(&record, may.text("author", author), |record| match record {
            Some(record) if record.is_on_record() => ConditionFailure::rejected(&ADMIN_REQUIRED, &[]),
            _ => ConditionFailure::NotFound,
        });
        if !require_pending(context, &mut change, &before)? {
            return context.commit(change, Answer::ok(before)).await;
        }
        let (seen, metadata) = (before.metadata.version, before.metadata.next(context.now));
        let (state, decided_at) = (RequestState::Cancelled, Some(context.now));
        let request = AccessRequest { state, decided_at, metadata, ..before };
        let cancelled = AccessCancelled { request_id: request.id };
        close_request(context, &mut change, seen, &request, cancelled)?;
        context.commit(change, Answer::ok(request)).await
    }
}
