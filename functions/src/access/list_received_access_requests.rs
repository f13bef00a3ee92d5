//! `list-received-access-requests`

use api_runtime::table::RequestsTo;
use api_runtime::{Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::{Actor, ErrorKind, Role};

use super::request_view::{AccessRequestPage, AccessRequestsQuery, read_page};
use crate::sorting::TOO_MANY_TO_SORT;

/// Lists the access requests that are addressed to the caller.
pub struct ListReceivedAccessRequests;

impl Operation for ListReceivedAccessRequests {
    const NAME: &str = "list-received-access-requests";
    const SUMMARY: &str = "List access requests addressed to the caller";
    const DESCRIPTION: &str = "Contact managers see the requests that partners have addressed to their \
        verified e-mail, in every state or in one, the newest first unless `sort` is given (more than 1,000 \
        are not sorted: 422 `too-many-to-sort`), with the names of the partners and of \
        the members whom the requests name. The first page also counts the requests by their state. With \
        `state`, a page may contain fewer items than `pageSize`, or none, although `nextPageToken` is \
        present. The list is eventually consistent: a change made a moment ago may not be visible yet.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/me/access-requests", &[Role::ContactManager])];
    const PAGED: bool = true;
    const ERRORS: &[ErrorKind] = &[TOO_MANY_TO_SORT];

    type Caller = Actor;
    type Path = Nothing;
    type Query = AccessRequestsQuery;
    type Body = Empty;
    type Output = AccessRequestPage;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<AccessRequestPage>, Failure> {
        let Request { context, caller: actor, query, .. } = request;
        let email = actor.require_email()?;
        Ok(Reply::ok(read_page(context, &RequestsTo(email), query).await?))
    }
}
