//! `list-organizations`

use api_runtime::table::Organizations;
use api_runtime::{
    Empty, Failure, List, Method, NameFilter, Nothing, Operation, Reply, Request, Route, route,
};
use domain::{Actor, Organization, Role};

/// Finds customer organizations.
pub struct ListOrganizations;

impl Operation for ListOrganizations {
    const NAME: &str = "list-organizations";
    const ABOUT: &str = "Lists the customer organizations in the order of their names, or those of a name.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/organizations", &[Role::Operator, Role::Agent])];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = NameFilter;
    type Body = Empty;
    type Output = List<Organization>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<Organization>>, Failure> {
        let Request { context, query, .. } = request;
        let page = match &query.name {
            None => context.page(&Organizations(), true).await?,
            Some(_) => {
                context.page_of_wanted(&Organizations(), true, |found| query.wants(&found.name)).await?
            }
        };
        Ok(Reply::ok(page))
    }
}
