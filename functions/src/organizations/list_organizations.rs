//! `list-organizations`

use api_runtime::context::List;
use api_runtime::http::body::Empty;
use api_runtime::operation::{ByName, Method, Nothing, route};
use api_runtime::table::pattern::Organizations;
use api_runtime::{Answer, Context, Failure, Input, Operation, Route};
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
    type Query = ByName;
    type Body = Empty;
    type Output = List<Organization>;

    async fn execute(
        context: &Context<'_>,
        _: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<List<Organization>>, Failure> {
        let page = match &input.query.name {
            None => context.page(&Organizations(), true).await?,
            Some(_) => {
                context.page_of_wanted(&Organizations(), true, |found| input.query.wants(&found.name)).await?
            }
        };
        Ok(Answer::ok(page))
    }
}
