//! `list-parked-orders`

use api_runtime::table::ParkedOrders;
use api_runtime::{Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::{Actor, Order, Role};

/// Shows which orders wait for a partner to be linked to their account.
pub struct ListParkedOrders;

impl Operation for ListParkedOrders {
    const NAME: &str = "list-parked-orders";
    const ABOUT: &str =
        "Lists the orders that wait until their account is a partner's, in the order of their coming.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/parked-orders", &[Role::Operator])];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Empty;
    type Output = List<Order>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<Order>>, Failure> {
        let Request { context, .. } = request;
        Ok(Reply::ok(context.page(&ParkedOrders(), true).await?))
    }
}
