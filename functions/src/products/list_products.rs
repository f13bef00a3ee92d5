//! `list-products`

use api_runtime::table::Products;
use api_runtime::{
    ArchivedQuery, Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route,
};
use domain::{Actor, Product, Role};

/// Lists the products.
pub struct ListProducts;

impl Operation for ListProducts {
    const NAME: &str = "list-products";
    const SUMMARY: &str = "List products";
    const DESCRIPTION: &str = "Operators, agents, partner members and customers may call it. The list \
        contains the products that are not archived or, with `archived=true`, only the archived ones, sorted \
        by creation, oldest first. A page may contain fewer items than `pageSize`, or none, although \
        `nextPageToken` is present.";
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
        Ok(Reply::ok(context.filtered_page(&Products(), true, wanted).await?))
    }
}
