//! `list-received-access-requests`

use api_runtime::table::RequestsTo;
use api_runtime::{Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::{Actor, Role};

use super::get_access_request::AccessRequestView;
use crate::party::Names;

/// Lists the access requests that are addressed to the caller.
pub struct ListReceivedAccessRequests;

impl Operation for ListReceivedAccessRequests {
    const NAME: &str = "list-received-access-requests";
    const SUMMARY: &str = "List access requests addressed to the caller";
    const DESCRIPTION: &str = "Contact managers see the requests that partners have addressed to their \
        verified e-mail, in every state, the newest first. The list is eventually consistent: a change made \
        a moment ago may not be visible yet.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/me/access-requests", &[Role::ContactManager])];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Empty;
    type Output = List<AccessRequestView>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<AccessRequestView>>, Failure> {
        let Request { context, caller: actor, .. } = request;
        let email = actor.require_email()?;
        let List { items, next_page_token } = context.page(&RequestsTo(email), false).await?;
        let partners = items.iter().map(|request| request.partner_id);
        let names = Names::of(context, partners, std::iter::empty()).await?;
        let items =
            items.into_iter().map(|request| AccessRequestView::of(request, &names, context.now)).collect();
        Ok(Reply::ok(List { items, next_page_token }))
    }
}
