//! `cancel-access-request`

use api_runtime::http::body::Empty;
use api_runtime::operation::{Method, Nothing, route};
use api_runtime::table::pattern::EmailInPartner;
use api_runtime::table::{Change, Expression, Refusal};
use api_runtime::{Answer, Context, Failure, Input, Operation, Route};
use domain::{AccessRequest, Actor, EventKind, Problem, Reason, RequestState, Role};

use super::{OfRequest, close, read_request, require_pending};

/// Takes a request for access back.
pub struct CancelAccessRequest;

impl Operation for CancelAccessRequest {
    const NAME: &str = "cancel-access-request";
    const ABOUT: &str = "Takes a request for access back: the member who asked, or an admin of the partner. What is in force stays.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/access-requests/{requestId}/cancel", &[Role::PartnerMember])];
    const REASONS: &[Reason] = &[AccessRequest::NOT_PENDING];

    type Caller = Actor;
    type Path = OfRequest;
    type Query = Nothing;
    type Body = Empty;
    type Output = AccessRequest;

    async fn execute(
        context: &Context<'_>,
        actor: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<AccessRequest>, Failure> {
        let before = read_request(context, &input.path).await?;
        actor.reach_partner(before.partner_id)?;
        let email = actor.email.clone().ok_or_else(Problem::not_found)?;
        let mut change = Change::new();
        let author = before.asked_by.member_id.to_string();
        let may = match actor.has_one_of(&[Role::PartnerAdmin]) {
            true => Expression::new("#owner = :author OR #manager = :yes").truth("yes", true),
            false => Expression::new("#owner = :author"),
        };
        let record = EmailInPartner(before.partner_id, email);
        change.require_that(&record, may.text("author", author), |_| Refusal::NotFound);
        if !require_pending(context, &mut change, &before) {
            return context.commit(change, Answer::ok(before)).await;
        }
        let (seen, stamp) = (before.stamp.version, before.stamp.next(context.now));
        let (state, decided_at) = (RequestState::Cancelled, Some(context.now));
        let request = AccessRequest { state, decided_at, stamp, ..before };
        let cancelled = EventKind::AccessCancelled { request_id: request.id };
        close(context, &mut change, seen, &request, cancelled)?;
        context.commit(change, Answer::ok(request)).await
    }
}
