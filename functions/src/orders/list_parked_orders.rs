//! `list-parked-orders`

use api_runtime::context::List;
use api_runtime::http::body::Empty;
use api_runtime::operation::{Method, Nothing, route};
use api_runtime::table::pattern::ParkedOrders;
use api_runtime::{Answer, Context, Failure, Input, Operation, Route};
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

    async fn execute(
        context: &Context<'_>,
        _: &Actor,
        _: &Input<Self>,
    ) -> Result<Answer<List<Order>>, Failure> {
        Ok(Answer::ok(context.page(&ParkedOrders(), true).await?))
    }
}
