//! `list-products`

use api_runtime::table::Products;
use api_runtime::{
    ArchivedQuery, Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route,
};
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
    type Query = ArchivedQuery;
    type Body = Empty;
    type Output = List<Product>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<Product>>, Failure> {
        let Request { context, query, .. } = request;
        let wanted = |product: &Product| product.archived_at.is_some() == query.archived.is_on();
        Ok(Reply::ok(context.page_of_wanted(&Products(), true, wanted).await?))
    }
}
