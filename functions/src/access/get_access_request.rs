//! `get-access-request`

use api_runtime::{Empty, Failure, Method, Nothing, Operation, Output, Reply, Request, Route, route};
use domain::{AccessRequest, Actor, PartnerId, Role, Timestamp, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::{AccessRequestPath, read_request};
use crate::party::{Names, Party};

/// Shows a request for access.
pub struct GetAccessRequest;

/// A request as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccessRequestView {
    /// The request.
    #[serde(flatten)]
    request: AccessRequest,
    /// Who asks.
    partner: Party<PartnerId>,
}

impl AccessRequestView {
    pub(super) fn of(request: AccessRequest, names: &Names, now: Timestamp) -> Self {
        Self { partner: names.partner(request.partner_id), request: request.at(now) }
    }
}

impl Output for AccessRequestView {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.request.metadata.version)
    }
}

impl Operation for GetAccessRequest {
    const NAME: &str = "get-access-request";
    const ABOUT: &str = "Shows a request for access to the partner's people and to whom it is addressed.";
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
        let names = Names::of(context, [request.partner_id].into_iter(), std::iter::empty()).await?;
        Ok(Reply::ok(AccessRequestView::of(request, &names, context.now)))
    }
}
