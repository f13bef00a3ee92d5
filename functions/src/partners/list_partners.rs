//! `list-partners`

use api_runtime::context::List;
use api_runtime::http::body::Empty;
use api_runtime::operation::{ByName, Method, Nothing, route};
use api_runtime::table::pattern::Partners;
use api_runtime::{Answer, Context, Failure, Input, Operation, Route};
use domain::{Actor, Partner, Role};

/// Finds partners.
pub struct ListPartners;

impl Operation for ListPartners {
    const NAME: &str = "list-partners";
    const ABOUT: &str = "Lists the partners in the order of their names, or those of a name.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/partners", &[Role::Operator, Role::Agent])];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = ByName;
    type Body = Empty;
    type Output = List<Partner>;

    async fn execute(
        context: &Context<'_>,
        _: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<List<Partner>>, Failure> {
        let page = match &input.query.name {
            None => context.page(&Partners(), true).await?,
            Some(_) => {
                context.page_of_wanted(&Partners(), true, |found| input.query.wants(&found.name)).await?
            }
        };
        Ok(Answer::ok(page))
    }
}
