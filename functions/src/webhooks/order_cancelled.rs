//! `order.cancelled`: a store takes an order back.

use aws::http::caller::Delivery;
use aws::table::pattern::OrderOfSource;
use aws::table::{Change, subscription};
use aws::{Answer, Context, Failure};
use deserr::Deserr;
use domain::order::Quantities;
use domain::{EventKind, Faults, Order, OrderId, OrderStatus, Sent, Subscription};
use schemars::JsonSchema;

use super::{Receipt, ignored, subscriptions_of};
use crate::orders::placing::go_on;
use crate::orders::{Revision, revise};

/// Which order.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct Cancelled {
    /// The store's number of it.
    order_id: OrderId,
}

/// Takes back what nobody was assigned, for good, and ends its subscriptions, which can be renewed later. Of an order that
/// comes only then, licenses count for nothing, and subscriptions are shown as ended.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    cancelled: Cancelled,
    said_at: Sent,
) -> Result<Answer<Receipt>, Failure> {
    let (Cancelled { order_id }, said_at) = (cancelled, said_at.instant());
    let known = OrderOfSource(delivery.source.id, order_id.clone());
    let mut before = context.table.get(&known).await?;
    if let Some(order) = before.as_ref().filter(|order| order.is_placing()) {
        go_on(&context.aside(), order.clone(), Receipt::answer).await?;
        before = context.table.get(&known).await?;
    }
    if let Some(order) = before.as_ref().filter(|order| order.status.is_over()) {
        return Receipt::leave(context, order.clone()).await;
    }
    let mut change = Change::new();
    let order = match before.clone() {
        Some(order) => {
            cancel_subscriptions(context, &mut change, &order, said_at).await?;
            Order { status: OrderStatus::Cancelled, stamp: order.stamp.next(context.now), ..order }
        }
        None => Order::new(delivery.source.id, order_id.clone(), OrderStatus::Cancelled, context.now),
    };
    let order = Order { cancelled_at: Some(said_at), ..order };
    // What was not there yet never will be.
    let waits = |order: &&Order| matches!(order.status, OrderStatus::Awaited | OrderStatus::Parked);
    let order = match before.as_ref().filter(waits) {
        Some(_) => Order { subscriptions: Vec::new(), ..order },
        None => order,
    };
    let event = Some(EventKind::OrderCancelled { source_id: delivery.source.id, order_id });
    let revision = Revision { before, order, wanted: Quantities::new(), lines: None, event };
    revise(context, revision, change, Receipt::answer).await
}

/// Ends what is there, if it was not renewed since.
async fn cancel_subscriptions(
    context: &Context<'_>,
    change: &mut Change<Receipt>,
    order: &Order,
    said_at: domain::Timestamp,
) -> Result<(), Failure> {
    for before in subscriptions_of(context, order).await?.into_iter().flatten() {
        if before.deactivation.is_some() {
            change.record(ignored(&before, "order.cancelled"));
            continue;
        }
        let seen = before.stamp.version;
        let stamp = before.stamp.next(context.now);
        let after = Subscription { cancelled_at: Some(said_at), stamp, ..before };
        change.replace(&after, seen, None::<fn(_) -> bool>)?;
        subscription::follow(change, &after, context.now);
        let (source_id, order_id) = (order.source_id, order.order_id.clone());
        let kind = EventKind::SubscriptionCancelled { subscription_id: after.id, source_id, order_id };
        change.record(after.happening(kind));
    }
    Ok(())
}
