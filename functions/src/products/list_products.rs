//! `list-products`

use api_runtime::context::List;
use api_runtime::http::body::Empty;
use api_runtime::operation::{Archived, Method, Nothing, route};
use api_runtime::table::pattern::Products;
use api_runtime::{Answer, Context, Failure, Input, Operation, Route};
use domain::{Actor, Product, Role};

/// Shows what can be owned.
pub struct ListProducts;

impl Operation for ListProducts {
    const NAME: &str = "list-products";
    const ABOUT: &str =
        "Lists the products, or with `archived=true` the archived ones, in the order of their making.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/products",
        &[Role::Operator, Role::Agent, Role::PartnerMember, Role::Customer],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = Archived;
    type Body = Empty;
    type Output = List<Product>;

    async fn execute(
        context: &Context<'_>,
        _: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<List<Product>>, Failure> {
        let wanted = |product: &Product| product.archived_at.is_some() == input.query.archived.is_on();
        Ok(Answer::ok(context.page_of_wanted(&Products(), true, wanted).await?))
    }
}
