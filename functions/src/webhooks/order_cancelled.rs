//! `order.cancelled`: a store takes an order back.

use aws::http::caller::Delivery;
use aws::table::Change;
use aws::table::pattern::OrderOfSource;
use aws::{Answer, Context, Failure};
use deserr::Deserr;
use domain::order::Quantities;
use domain::{EventKind, Faults, Order, OrderId, OrderStatus, Sent};
use schemars::JsonSchema;

use super::Receipt;
use crate::orders::{Revision, revise};

/// The message. Stores may say more than is read.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults)]
pub struct OrderCancelled {
    /// `order.cancelled`.
    #[deserr(rename = "type")]
    #[schemars(rename = "type")]
    #[expect(dead_code, reason = "the message was told by it")]
    message_type: String,
    /// When it happened; nothing here rests on it.
    #[expect(dead_code, reason = "it must be there and right")]
    timestamp: Sent,
    /// The order.
    data: Cancelled,
}

/// Which order.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct Cancelled {
    /// The store's number of it.
    order_id: OrderId,
}

/// Takes back what nobody was assigned, for good. An order that comes only then does nothing.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    message: OrderCancelled,
) -> Result<Answer<Receipt>, Failure> {
    let Cancelled { order_id } = message.data;
    let before = context.table.get(&OrderOfSource(delivery.source.id, order_id.clone())).await?;
    if let Some(order) = before.as_ref().filter(|order| order.status.is_over()) {
        return Receipt::leave(context, order.clone()).await;
    }
    let order = match before.clone() {
        Some(order) => {
            Order { status: OrderStatus::Cancelled, stamp: order.stamp.next(context.now), ..order }
        }
        None => Order::new(delivery.source.id, order_id.clone(), OrderStatus::Cancelled, context.now),
    };
    let event = Some(EventKind::OrderCancelled { source_id: delivery.source.id, order_id });
    let revision = Revision { before, order, wanted: Quantities::new(), lines: None, event };
    revise(context, revision, Change::new(), Receipt::answer).await
}
