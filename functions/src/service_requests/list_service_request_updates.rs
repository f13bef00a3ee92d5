//! `list-service-request-updates`

use api_runtime::table::UpdatesOf;
use api_runtime::{Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::{Actor, Role};

use super::view::{UpdateView, view_updates};
use super::{ServiceRequestLookup, ServiceRequestPath};

/// Lists the updates of a service request.
pub struct ListServiceRequestUpdates;

impl Operation for ListServiceRequestUpdates {
    const NAME: &str = "list-service-request-updates";
    const SUMMARY: &str = "List the updates of a service request";
    const DESCRIPTION: &str = "Operators, agents, customers of the organization, and partner members who \
        may see the service request read its updates. They are ordered by `number`, in which order they \
        took effect. A partner sees another partner's people as `partnerName` and \"a member\", unless the \
        person is the primary contact.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/service-requests/{serviceRequestId}/updates",
        &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = ServiceRequestPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = List<UpdateView>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<UpdateView>>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let ServiceRequestPath { organization_id, service_request_id } = *path;
        let lookup = ServiceRequestLookup::of(actor, organization_id, service_request_id)?;
        let updates = UpdatesOf(service_request_id);
        let ((request, _), page) =
            tokio::try_join!(lookup.resolve(context), context.consistent_page(&updates, true))?;
        let items = view_updates(context, actor, &request, page.items).await?;
        Ok(Reply::ok(List { items, next_page_token: page.next_page_token }))
    }
}
