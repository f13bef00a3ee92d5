//! `get-access-request`

use api_runtime::{Empty, Failure, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route};
use domain::{Actor, Role};

use super::request_view::AccessRequestView;
use super::{AccessRequestPath, read_request};

/// Returns an access request.
pub struct GetAccessRequest;

impl Operation for GetAccessRequest {
    const NAME: &str = "get-access-request";
    const SUMMARY: &str = "Get an access request";
    const DESCRIPTION: &str = "The partner's members, the contact manager to whom the request is addressed, \
        operators and agents may call it; for all other callers the request does not exist (404). A request \
        that was not decided within 90 days, or before its `expiresAt`, is returned as `lapsed`, whether or \
        not the scheduled job has run. The names of the partner, of the members whom the request names and, \
        once it is approved, of the organization are current.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/access-requests/{requestId}",
        &[Role::Operator, Role::Agent, Role::PartnerMember, Role::ContactManager],
    )];

    type Caller = Actor;
    type Path = AccessRequestPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = AccessRequestView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<AccessRequestView>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let request = read_request(context, path).await?;
        let addressed = actor.has_one_of(&[Role::ContactManager])
            && actor.email.as_ref() == Some(&request.contact_manager_email);
        if !addressed {
            actor.authorize_partner(request.partner_id)?;
        }
        let shown = AccessRequestView::of_all(context, vec![request]).await?.pop();
        Ok(Reply::ok(shown.or_not_found()?))
    }
}
