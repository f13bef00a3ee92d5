//! `order.cancelled`: a store cancels an order.

use api_runtime::http::caller::Delivery;
use api_runtime::table::{OrderOfSource, follow_subscription};
use api_runtime::{Change, Context, Failure, Reply};
use deserr::Deserr;
use domain::event::OrderCancelled;
use domain::order::Quantities;
use domain::{Faults, Order, OrderId, OrderStatus, Subscription, Timestamp};
use schemars::JsonSchema;

use super::{MessageData, ORDER_CANCELLED, Receipt, SUPERSEDED, ignored, subscriptions_of};
use crate::orders::fulfillment::resume;
use crate::orders::update::{OrderUpdate, are_transferred, update_order};

/// Order to cancel.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct OrderCancelledData {
    /// The store's number of the order; 1 to 100 characters.
    order_id: OrderId,
}

impl MessageData for OrderCancelledData {
    const TYPE: &str = "order.cancelled";
}

/// Cancels an order irreversibly: withdraws its unassigned licenses, and ends its subscriptions, which can be renewed
/// later. If the order takes effect after its cancellation, because it arrives later or its account is linked later, its
/// licenses are not credited, and its subscriptions are created as ended.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    OrderCancelledData { order_id }: OrderCancelledData,
    occurred_at: Timestamp,
) -> Result<Reply<Receipt>, Failure> {
    let known = OrderOfSource(delivery.source.id, order_id.clone());
    let mut before = context.table.get(&known).await?;
    if let Some(order) = before.as_ref().filter(|order| order.is_being_fulfilled()) {
        resume(&context.detached(), order.clone(), Receipt::answer).await?;
        before = context.table.get(&known).await?;
    }
    let context = &context.refreshed();
    // A subscription that was renewed after its order's cancellation can be cancelled again. The first cancellation
    // after the last renewal counts, and it may arrive after a later one.
    let is_renewable = |order: &Order| !order.subscriptions.is_empty() || order.cancelled_before_arrival();
    let has_more_to_cancel = |order: &Order| order.status == OrderStatus::Cancelled && is_renewable(order);
    let is_known = |order: &Order| {
        order.cancellations().contains(occurred_at) || order.status.is_over() && !has_more_to_cancel(order)
    };
    if let Some(order) = before.as_ref().filter(|order| is_known(order)) {
        let answer = match order.status {
            OrderStatus::Discarded | OrderStatus::Lapsed => Receipt::answer(order.clone()),
            _ if is_renewable(order) => Receipt::ignored(OrderCancelledData::TYPE, SUPERSEDED),
            _ => Receipt::ignored(OrderCancelledData::TYPE, ORDER_CANCELLED),
        };
        return context.commit(Change::new(), answer).await;
    }
    let first_before = before.as_ref().and_then(|order| order.cancelled_at);
    let (mut change, mut transferred) = (Change::new(), false);
    let (mut has_effect, mut reason) = (false, SUPERSEDED);
    let mut order = match before.clone() {
        Some(order) => {
            let subscriptions = subscriptions_of(context, &order).await?;
            transferred = are_transferred(&order, &subscriptions);
            if subscriptions.iter().flatten().any(|one| one.deactivation.is_some()) {
                reason = Subscription::DEACTIVATED.about;
            }
            has_effect = cancel_subscriptions(context, &mut change, subscriptions, occurred_at)?;
            let metadata = order.metadata.next(context.now);
            Order { status: OrderStatus::Cancelled, metadata, ..order }
        }
        None => Order::new(delivery.source.id, order_id.clone(), OrderStatus::Cancelled, context.now),
    };
    order.add_cancellation(occurred_at);
    let cancelled_at = order.cancelled_at;
    let event = OrderCancelled { source_id: delivery.source.id, order_id, cancelled_at };
    let event = Some(event.into()).filter(|_| cancelled_at != first_before);
    has_effect |= event.is_some();
    let update = OrderUpdate { before, order, wanted: Quantities::new(), lines: None, event, transferred };
    let answer = |order| match has_effect {
        true => Receipt::answer(order),
        false => Receipt::ignored(OrderCancelledData::TYPE, reason),
    };
    update_order(context, update, change, answer).await
}

/// Cancels the existing subscriptions. One that was renewed after the cancellation does not end, and one that was
/// deactivated before it stays unchanged. A cancellation is recorded as an event exactly if it changes the one that
/// counts. Returns whether an event was recorded for a cancellation.
fn cancel_subscriptions(
    context: &Context<'_>,
    change: &mut Change,
    subscriptions: Vec<Option<Subscription>>,
    occurred_at: Timestamp,
) -> Result<bool, Failure> {
    let mut has_effect = false;
    for before in subscriptions.into_iter().flatten() {
        // A deactivation is final, but a cancellation from before it, which the store reports late, is the first end.
        if before.deactivation.as_ref().is_some_and(|deactivation| deactivation.at <= occurred_at) {
            change.record(ignored(&before, OrderCancelledData::TYPE));
            continue;
        }
        let mut after = before.clone();
        if !after.cancellations.add(occurred_at, before.renewed_at()) {
            continue;
        }
        after.metadata = before.metadata.next(context.now);
        change.replace(&after, before.metadata.version, None)?;
        let event = if before.cancelled_at() != after.cancelled_at() {
            after.cancelled()
        } else if before.ends_at() != after.ends_at() {
            // It precedes a renewal, whose own end therefore replaces the ordered one.
            after.renewed()
        } else {
            continue;
        };
        change.add(follow_subscription(&after, context.now));
        change.record(event);
        has_effect = true;
    }
    Ok(has_effect)
}
