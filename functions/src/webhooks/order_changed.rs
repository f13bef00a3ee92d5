//! `order.changed`: a store sold more, or less, in an order than it said before.

use aws::http::caller::Delivery;
use aws::table::pattern::OrderOfSource;
use aws::table::{Change, Wanted};
use aws::{Answer, Context, Failure};
use deserr::Deserr;
use domain::fault::Check;
use domain::order::{OrderedSubscription, Sequence, SubscriptionLine, check_mark, mark};
use domain::{EventKind, Faults, Invalid, Order, OrderId, OrderStatus, Problem, Sent, Stage, Subscription};
use schemars::JsonSchema;

use super::{Receipt, ignored, subscriptions_of};
use crate::orders::placing::{LINES_DIFFER, Placing, go_on};
use crate::orders::{Revision, SoldLines, revise};

/// What an order says from now on.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct Changed {
    /// The store's number of it.
    order_id: OrderId,
    /// Rises with every change of the order, from 1 on; an older one changes nothing.
    #[deserr(default)]
    sequence: Option<Sequence>,
    /// When it was changed, in place of `sequence`.
    #[deserr(default)]
    occurred_at: Option<Sent>,
    /// What is sold in all. Of a subscription plan and quantity change; the lines of subscriptions are those of the order, in
    /// the same order.
    lines: SoldLines,
}

impl Check for Changed {
    fn check(sent: &serde_json::Value) -> Vec<(String, Invalid)> {
        check_mark(sent).into_iter().collect()
    }
}

/// Fills the pools, or takes back what nobody was assigned, and changes subscriptions. Of an order that has not come yet it is
/// remembered.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    changed: Changed,
) -> Result<Answer<Receipt>, Failure> {
    let Changed { order_id, sequence, occurred_at, lines } = changed;
    let sequence = mark(sequence, occurred_at);
    let known = OrderOfSource(delivery.source.id, order_id.clone());
    let mut wanted = Wanted::new();
    lines.want_types(&mut wanted);
    wanted.add(&known);
    let said = lines.subscriptions();
    let mut awaited = Order::new(delivery.source.id, order_id.clone(), OrderStatus::Awaited, context.now);
    awaited.subscriptions = said.iter().cloned().map(OrderedSubscription::new).collect();
    Placing::want(&awaited, &mut wanted);
    let found = context.table.fetch(wanted, true).await?;

    let mut before = found.get(&known)?;
    if let Some(order) = before.as_ref().filter(|order| order.is_placing()) {
        go_on(&context.aside(), order.clone(), Receipt::answer).await?;
        before = context.table.get(&known).await?;
    }
    if let Some(order) = before.as_ref().filter(|order| order.status.is_over() || order.sequence >= sequence)
    {
        return Receipt::leave(context, order.clone()).await;
    }
    let mut faults = lines.unknown_types(&found)?;
    faults.extend(Placing::unknown_products(&awaited, &found, &lines.places_of_subscriptions())?);
    let came = before.as_ref().filter(|order| order.status != OrderStatus::Awaited);
    if came.is_some_and(|order| !order.is_of(&said)) {
        faults.push(LINES_DIFFER.at(&[&"data", &"lines"]));
    }
    if !faults.is_empty() {
        return Err(Problem::of(Stage::Rule, faults).into());
    }
    let mut change = Change::new();
    let order = match before.clone() {
        Some(order) if order.status == OrderStatus::Awaited => {
            Order { subscriptions: awaited.subscriptions, stamp: order.stamp.next(context.now), ..order }
        }
        Some(order) => {
            change_subscriptions(context, &mut change, &order, &said).await?;
            let subscriptions = order.subscriptions_after(&awaited);
            Order { subscriptions, stamp: order.stamp.next(context.now), ..order }
        }
        None => awaited,
    };
    let order = Order { sequence, ..order };
    let event = Some(EventKind::OrderChanged { source_id: delivery.source.id, order_id, sequence });
    let wanted = lines.sums();
    let revision = Revision { before, order, wanted, lines: Some(lines), event };
    revise(context, revision, change, Receipt::answer).await
}

/// Changes the subscriptions that are there. Of what was deactivated it is told that this has no effect.
async fn change_subscriptions(
    context: &Context<'_>,
    change: &mut Change<Receipt>,
    order: &Order,
    said: &[SubscriptionLine],
) -> Result<(), Failure> {
    for (before, line) in subscriptions_of(context, order).await?.into_iter().zip(said) {
        let Some(before) = before else { continue };
        if (&before.plan, before.quantity) == (&line.plan, line.quantity) {
            continue;
        }
        if before.deactivation.is_some() {
            change.record(ignored(&before, "order.changed"));
            continue;
        }
        let (plan, quantity) = (line.plan.clone(), line.quantity);
        let after =
            Subscription { plan: plan.clone(), quantity, stamp: before.stamp.next(context.now), ..before };
        change.replace(&after, before.stamp.version, None::<fn(_) -> bool>)?;
        let subscription_id = after.id;
        change.record(after.happening(EventKind::SubscriptionChanged { subscription_id, plan, quantity }));
    }
    Ok(())
}
