//! `get-product`

use api_runtime::table::ProductById;
use api_runtime::{Empty, Failure, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route};
use domain::{Actor, Product, Role};

use super::ProductPath;

/// Shows a product.
pub struct GetProduct;

impl Operation for GetProduct {
    const NAME: &str = "get-product";
    const SUMMARY: &str = "Get a product";
    const DESCRIPTION: &str =
        "Operators, agents, partner members and customers read any product, archived ones included.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/products/{productId}",
        &[Role::Operator, Role::Agent, Role::PartnerMember, Role::Customer],
    )];

    type Caller = Actor;
    type Path = ProductPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = Product;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Product>, Failure> {
        let Request { context, path, .. } = request;
        Ok(Reply::ok(context.table.get(&ProductById(path.product_id)).await.or_not_found()?))
    }
}
