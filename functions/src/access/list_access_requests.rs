//! `list-access-requests`

use api_runtime::table::{PartnerById, RequestsOfPartner};
use api_runtime::{Empty, Failure, Method, Operation, PartnerPath, Reply, Request, Route, route};
use domain::{Actor, ErrorKind, Role};

use super::request_view::{AccessRequestPage, AccessRequestsQuery, read_page};
use crate::sorting::TOO_MANY_TO_SORT;

use crate::party::read_if_visible;

/// Lists a partner's access requests.
pub struct ListAccessRequests;

impl Operation for ListAccessRequests {
    const NAME: &str = "list-access-requests";
    const SUMMARY: &str = "List a partner's access requests";
    const DESCRIPTION: &str = "The partner's members, operators and agents may call it. Returns the requests \
        in every state or in one, the newest first unless `sort` is given (more than 1,000 are not sorted: \
        422 `too-many-to-sort`), with the names of the members and, once approved, of the \
        organization. The first page also counts the requests by their state. With `state`, a page may \
        contain fewer items than `pageSize`, or none, although `nextPageToken` is present. The list is \
        eventually consistent: a change made a moment ago may not be visible yet.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/partners/{partnerId}/access-requests",
        &[Role::Operator, Role::Agent, Role::PartnerMember],
    )];
    const PAGED: bool = true;
    const ERRORS: &[ErrorKind] = &[TOO_MANY_TO_SORT];

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = AccessRequestsQuery;
    type Body = Empty;
    type Output = AccessRequestPage;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<AccessRequestPage>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let PartnerPath { partner_id } = *path;
        actor.authorize_partner(partner_id)?;
        let requests = RequestsOfPartner(partner_id);
        let page = read_page(context, &requests, query);
        Ok(Reply::ok(read_if_visible(context, actor, &PartnerById(partner_id), page).await?))
    }
}
