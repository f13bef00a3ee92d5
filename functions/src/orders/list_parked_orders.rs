//! `list-parked-orders`

use api_runtime::table::ParkedOrders;
use api_runtime::{Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::{Actor, Order, Role};

/// Lists the parked orders.
pub struct ListParkedOrders;

impl Operation for ListParkedOrders {
    const NAME: &str = "list-parked-orders";
    const SUMMARY: &str = "List parked orders";
    const DESCRIPTION: &str = "Operators list the orders that wait until their account is linked to a \
        partner, in order of arrival. When the account is linked, its orders take effect in the same order; \
        an order lapses 180 days after its arrival. A cancelled order is not parked any more. The list is eventually consistent: an order that was \
        parked a moment ago may be missing.";
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
