//! `get-access-request`

use api_runtime::{Empty, Failure, Method, Nothing, Operation, Output, Reply, Request, Route, route};
use domain::{AccessRequest, Actor, PartnerId, Role, Timestamp, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::{AccessRequestPath, read_request};
use crate::party::{Names, Party};

/// Returns an access request.
pub struct GetAccessRequest;

/// An access request and the partner that made it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccessRequestView {
    /// The access request.
    #[serde(flatten)]
    request: AccessRequest,
    /// Partner that requests the access.
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
    const SUMMARY: &str = "Get an access request";
    const DESCRIPTION: &str = "The partner's members, the contact manager to whom the request is addressed, \
        operators and agents may call it; for all other callers the request does not exist (404). A request \
        that was not decided within 90 days, or before its `expiresAt`, is returned as `lapsed`, whether or \
        not the scheduled job has run.";
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
