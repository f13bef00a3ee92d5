//! `order.changed`: a store sold more, or less, in an order than it said before.

use aws::http::caller::Delivery;
use aws::table::pattern::OrderOfSource;
use aws::table::{Change, Wanted};
use aws::{Answer, Context, Failure};
use deserr::Deserr;
use domain::order::Sequence;
use domain::{EventKind, Faults, Order, OrderId, OrderStatus, Problem, Sent, Stage};
use schemars::JsonSchema;

use super::Receipt;
use crate::orders::{Revision, SoldLines, revise};

/// The message. Stores may say more than is read.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults)]
pub struct OrderChanged {
    /// `order.changed`.
    #[deserr(rename = "type")]
    #[schemars(rename = "type")]
    #[expect(dead_code, reason = "the message was told by it")]
    message_type: String,
    /// When it happened; nothing here rests on it.
    #[expect(dead_code, reason = "it must be there and right")]
    timestamp: Sent,
    /// The order.
    data: Changed,
}

/// What an order says from now on.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct Changed {
    /// The store's number of it.
    order_id: OrderId,
    /// Rises with every change of the order, from 1 on; an older one changes nothing.
    sequence: Sequence,
    /// What is sold in all.
    lines: SoldLines,
}

/// Fills the pools, or takes back what nobody was assigned. Of an order that has not come yet it is remembered.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    message: OrderChanged,
) -> Result<Answer<Receipt>, Failure> {
    let Changed { order_id, sequence, lines } = message.data;
    let sequence = sequence.get();
    let known = OrderOfSource(delivery.source.id, order_id.clone());
    let mut wanted = Wanted::new();
    lines.want_types(&mut wanted);
    wanted.add(&known);
    let found = context.table.fetch(wanted, true).await?;

    let before = match found.get(&known)? {
        Some(order) if order.status.is_over() || order.sequence >= sequence => {
            return Receipt::leave(context, order).await;
        }
        before => before,
    };
    let faults = lines.unknown_types(&found)?;
    if !faults.is_empty() {
        return Err(Problem::of(Stage::Rule, faults).into());
    }
    let order = match before.clone() {
        Some(order) => Order { stamp: order.stamp.next(context.now), ..order },
        None => Order::new(delivery.source.id, order_id.clone(), OrderStatus::Awaited, context.now),
    };
    let order = Order { sequence, ..order };
    let event = Some(EventKind::OrderChanged { source_id: delivery.source.id, order_id, sequence });
    let wanted = lines.sums();
    let revision = Revision { before, order, wanted, lines: Some(lines), event };
    revise(context, revision, Change::new(), Receipt::answer).await
}
