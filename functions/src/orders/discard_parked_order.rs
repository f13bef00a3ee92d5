//! `discard-parked-order`

use api_runtime::table::{OrderByParkedId, OrderOfSource};
use api_runtime::{
    Answer, Change, ConditionFailure, Empty, Failure, Method, Nothing, Operation, OrNotFound, Reply, Request,
    Route, route,
};
use deserr::Deserr;
use domain::{Actor, ErrorKind, Faults, Order, OrderStatus, ParkedOrderId, Role};
use schemars::JsonSchema;

use super::parked::close_parked;

/// Ends the wait of a parked order.
pub struct DiscardParkedOrder;

const NOT_PARKED: ErrorKind =
    ErrorKind::state("order-not-parked", "the order took effect, was cancelled, or has lapsed");

/// A path that names a parked order.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct ParkedOrderPath {
    /// The parked order's `id`, not the store's number of it.
    order_id: ParkedOrderId,
}

impl Operation for DiscardParkedOrder {
    const NAME: &str = "discard-parked-order";
    const ABOUT: &str = "Discards a parked order, for good: it never takes effect. Again changes nothing.";
    const ROUTES: &[Route] = &[route(Method::Post, "/v1/parked-orders/{orderId}/discard", &[Role::Operator])];
    const ERRORS: &[ErrorKind] = &[NOT_PARKED];

    type Caller = Actor;
    type Path = ParkedOrderPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = Order;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Order>, Failure> {
        let Request { context, path, .. } = request;
        let found = context.table.list(&OrderByParkedId(path.order_id), false).await?;
        let found = found.into_iter().next().or_not_found()?;
        // The index finds it; what it is now, only the table can tell.
        let lookup = OrderOfSource(found.source_id, found.order_id);
        let order = context.table.get(&lookup).await.or_not_found()?;
        let mut change = Change::new();
        match order.status {
            OrderStatus::Parked => {
                close_parked(context, order, OrderStatus::Discarded, change, Answer::ok).await
            }
            OrderStatus::Discarded => {
                change.confirm(&order, order.metadata.version, context.if_match())?;
                context.commit(change, Answer::ok(order)).await
            }
            _ => {
                change.forbid(&lookup, |_| ConditionFailure::rejected(&NOT_PARKED, &[]));
                context.commit(change, Answer::ok(order)).await
            }
        }
    }
}
