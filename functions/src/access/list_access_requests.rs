//! `list-access-requests`

use api_runtime::table::{PartnerById, RequestsOfPartner};
use api_runtime::{
    Empty, Failure, List, Method, Nothing, Operation, PartnerPath, Reply, Request, Route, route,
};
use domain::{AccessRequest, Actor, Role};

/// Lists a partner's access requests.
pub struct ListAccessRequests;

impl Operation for ListAccessRequests {
    const NAME: &str = "list-access-requests";
    const SUMMARY: &str = "List a partner's access requests";
    const DESCRIPTION: &str = "The partner's members, operators and agents may call it. Returns the requests \
        in every state, the newest first. The list is eventually consistent: a change made a moment ago may \
        not be visible yet.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/partners/{partnerId}/access-requests",
        &[Role::Operator, Role::Agent, Role::PartnerMember],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = List<AccessRequest>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<AccessRequest>>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let PartnerPath { partner_id } = *path;
        actor.authorize_partner(partner_id)?;
        let requests = RequestsOfPartner(partner_id);
        let page = context.page(&requests, false);
        let mut page = context.read_if_exists(&PartnerById(partner_id), page).await?;
        page.items = page.items.into_iter().map(|request| request.at(context.now)).collect();
        Ok(Reply::ok(page))
    }
}
