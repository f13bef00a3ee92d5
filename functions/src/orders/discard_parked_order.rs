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

/// Discards a parked order.
pub struct DiscardParkedOrder;

const NOT_PARKED: ErrorKind =
    ErrorKind::state("order-not-parked", "the order is not parked: it was applied, cancelled, or has lapsed");

/// Path of a parked order.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct ParkedOrderPath {
    /// The parked order's `id`, not the store's order number.
    order_id: ParkedOrderId,
}

impl Operation for DiscardParkedOrder {
    const NAME: &str = "discard-parked-order";
    const SUMMARY: &str = "Discard a parked order irreversibly";
    const DESCRIPTION: &str = "Operators discard a parked order: it never takes effect, even if its account \
        is linked to a partner later. Idempotent: succeeds without effect if the order is discarded already. \
        An order that took effect, was cancelled or has lapsed cannot be discarded (409). Records \
        `order.discarded`.";
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
        // The index is eventually consistent, so the current status is read from the table.
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
                change.reject_by_stored(&lookup, |_| ConditionFailure::rejected(&NOT_PARKED, &[]));
                context.commit(change, Answer::ok(order)).await
            }
        }
    }
}
