//! `list-received-access-requests`

use api_runtime::table::RequestsTo;
use api_runtime::{Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::{Actor, Role};

use super::get_access_request::AccessRequestView;
use crate::party::Names;

/// Lists what the caller is asked for.
pub struct ListReceivedAccessRequests;

impl Operation for ListReceivedAccessRequests {
    const NAME: &str = "list-received-access-requests";
    const ABOUT: &str = "Lists the requests for access that are addressed to the caller, the last one first.";
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
