//! `list-partners`

use api_runtime::table::Partners;
use api_runtime::{
    Empty, Failure, List, Method, NameFilter, Nothing, Operation, Reply, Request, Route, route,
};
use domain::{Actor, Partner, Role};

/// Lists partners.
pub struct ListPartners;

impl Operation for ListPartners {
    const NAME: &str = "list-partners";
    const SUMMARY: &str = "List partners";
    const DESCRIPTION: &str = "Operators and agents list all partners or, with `name`, those whose name \
        matches. The list is sorted by name, ignoring case, accents and punctuation. With `name` a page may \
        contain fewer items than `pageSize`, or none, although `nextPageToken` is present. The list is \
        eventually consistent.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/partners", &[Role::Operator, Role::Agent])];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = NameFilter;
    type Body = Empty;
    type Output = List<Partner>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<Partner>>, Failure> {
        let Request { context, query, .. } = request;
        let page = match &query.name {
            None => context.page(&Partners(), true).await?,
            Some(_) => context.filtered_page(&Partners(), true, |found| query.wants(&found.name)).await?,
        };
        Ok(Reply::ok(page))
    }
}
