//! `order.changed`: a store changes the quantities or plans of an order.

use api_runtime::http::caller::Delivery;
use api_runtime::table::{BatchGet, OrderOfSource};
use api_runtime::{Change, Context, Failure, Reply};
use deserr::Deserr;
use domain::event::{OrderChanged, SubscriptionChanged};
use domain::fault::Check;
use domain::fulfillment::faults::LINES_DIFFER;
use domain::order::{OrderedSubscription, Quantities, Sequence, SubscriptionLine, check_mark, mark};
use domain::{
    Faults, Order, OrderId, OrderStatus, ParseError, Problem, ProblemKind, ReportedTime, Subscription,
};
use schemars::JsonSchema;

use super::{MessageData, Receipt, ignored, subscriptions_of};
use crate::orders::fulfillment::{self, resume};
use crate::orders::sold_lines::SoldLines;
use crate::orders::update::{OrderUpdate, are_transferred, update_order};

/// Complete content of an order after a change.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct OrderChangedData {
    /// The store's number of the order; 1 to 100 characters.
    order_id: OrderId,
    /// Number of the change; 1 to 9,007,199,254,740,991, rising with every change of the order. A change whose number
    /// is not higher than the latest one has no effect. Exactly one of `sequence` and `occurredAt` is required; a store
    /// always uses the same one.
    #[deserr(default)]
    sequence: Option<Sequence>,
    /// Time of the change, in place of `sequence`; RFC 3339 with any offset. A time more than 5 minutes in the future
    /// counts as 5 minutes from now.
    #[deserr(default)]
    occurred_at: Option<ReportedTime>,
    /// All lines of the order after the change, not only the changed ones. The lines of subscriptions must be those of
    /// the order, in the same order; of these only `plan` and `quantity` take effect.
    lines: SoldLines,
}

impl MessageData for OrderChangedData {
    const TYPE: &str = "order.changed";
}

impl Check for OrderChangedData {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        check_mark(sent).into_iter().collect()
    }
}

/// Changes an order: credits licenses or withdraws unassigned ones, and changes plan and quantity of its subscriptions.
/// A change of an order that has not arrived yet is kept until the order arrives.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    changed: OrderChangedData,
) -> Result<Reply<Receipt>, Failure> {
    let OrderChangedData { order_id, sequence, occurred_at, lines } = changed;
    let sequence = mark(sequence, occurred_at, context.now);
    let known = OrderOfSource(delivery.source.id, order_id.clone());
    let mut wanted = BatchGet::new();
    lines.want_types(&mut wanted);
    wanted.add(&known);
    let new_lines = lines.subscriptions();
    let mut awaited = Order::new(delivery.source.id, order_id.clone(), OrderStatus::Awaited, context.now);
    awaited.subscriptions = new_lines.iter().cloned().map(OrderedSubscription::new).collect();
    fulfillment::want(&awaited, &mut wanted);
    let found = context.table.fetch(wanted, true).await?;

    let mut before = found.get(&known)?;
    if let Some(order) = before.as_ref().filter(|order| order.is_being_fulfilled()) {
        resume(&context.detached(), order.clone(), Receipt::answer).await?;
        before = context.table.get(&known).await?;
    }
    let context = &context.refreshed();
    // A cancelled order has no licenses any more, but its subscriptions can be renewed.
    let cancelled = before.as_ref().is_some_and(|order| order.cancelled_at.is_some());
    if let Some(order) = unchanged_order(before.as_ref(), &new_lines, sequence)? {
        return Receipt::reply_unchanged(context, order.clone()).await;
    }
    let came = before
        .as_ref()
        .filter(|order| order.status != OrderStatus::Awaited && !order.cancelled_before_arrival());
    let mut faults = lines.unknown_types(&found)?;
    match came {
        Some(order) if order.has_same_lines(&new_lines) => {}
        Some(_) => faults.push(LINES_DIFFER.at(&[&"data", &"lines"])),
        None => {
            faults.extend(fulfillment::unknown_products(&awaited, &found, &lines.places_of_subscriptions())?)
        }
    }
    if !faults.is_empty() {
        return Err(Problem::of(ProblemKind::Rule, faults).into());
    }
    let mut change = Change::new();
    let (order, transferred) = match (before.clone(), came) {
        (Some(order), Some(_)) => change_order(context, &mut change, order, &new_lines).await?,
        (Some(order), None) => {
            (Order { changed: new_lines, metadata: order.metadata.next(context.now), ..order }, false)
        }
        (None, _) => (Order { changed: new_lines, subscriptions: Vec::new(), ..awaited }, false),
    };
    let order = Order { sequence, ..order };
    let event = Some(OrderChanged { source_id: delivery.source.id, order_id, sequence }.into());
    let wanted = if cancelled { Quantities::new() } else { lines.sums() };
    let update = OrderUpdate { before, order, wanted, lines: Some(lines), event, transferred };
    update_order(context, update, change, Receipt::answer).await
}

/// Returns the order if the change has no effect on it: the order is closed, it is cancelled and the change names no
/// subscriptions, or it already has this change or a later one.
///
/// # Errors
///
/// [`LINES_DIFFER`] if two changes of an order that has not arrived yet name different lines. At least one of them does
/// not belong to the order, and only the order itself will show which one.
fn unchanged_order<'a>(
    before: Option<&'a Order>,
    new_lines: &[SubscriptionLine],
    sequence: u64,
) -> Result<Option<&'a Order>, Problem> {
    let Some(order) = before else { return Ok(None) };
    let cancelled = order.cancelled_at.is_some();
    let is_empty = cancelled && new_lines.is_empty();
    let waits = order.status == OrderStatus::Awaited || order.cancelled_before_arrival();
    if waits && order.sequence > 0 && !is_empty && !SubscriptionLine::are_same(&order.changed, new_lines) {
        return Err(LINES_DIFFER.refuse(&[&"data", &"lines"]));
    }
    let is_over = match order.status {
        OrderStatus::Discarded | OrderStatus::Lapsed => true,
        // Its subscriptions, if it has any, can be renewed.
        OrderStatus::Cancelled => order.subscriptions.is_empty() && !order.cancelled_before_arrival(),
        OrderStatus::Awaited | OrderStatus::Parked | OrderStatus::Applied => false,
    };
    Ok(Some(order).filter(|order| is_over || order.sequence >= sequence || is_empty))
}

/// Changes an order that has arrived, and its subscriptions. Also returns whether all of these belong to another
/// partner by now.
async fn change_order(
    context: &Context<'_>,
    change: &mut Change,
    order: Order,
    new_lines: &[SubscriptionLine],
) -> Result<(Order, bool), Failure> {
    let mut order = Order { metadata: order.metadata.next(context.now), ..order };
    let subscriptions = subscriptions_of(context, &order).await?;
    let transferred = are_transferred(&order, &subscriptions);
    order.change_lines(&change_subscriptions(context, change, subscriptions, new_lines)?);
    Ok((order, transferred))
}

/// Changes the existing subscriptions, and returns the new lines of the order. A change of a deactivated subscription
/// has no effect, which is recorded as an event, and its line stays as it was.
fn change_subscriptions(
    context: &Context<'_>,
    change: &mut Change,
    subscriptions: Vec<Option<Subscription>>,
    new_lines: &[SubscriptionLine],
) -> Result<Vec<SubscriptionLine>, Failure> {
    let mut lines = new_lines.to_vec();
    for (index, (before, line)) in subscriptions.into_iter().zip(new_lines).enumerate() {
        let Some(before) = before else { continue };
        if (&before.plan, before.quantity) == (&line.plan, line.quantity) {
            continue;
        }
        if before.deactivation.is_some() {
            change.record(ignored(&before, "order.changed"));
            if let Some(line) = lines.get_mut(index) {
                (line.plan, line.quantity) = (before.plan, before.quantity);
            }
            continue;
        }
        let (plan, quantity) = (line.plan.clone(), line.quantity);
        let after = Subscription {
            plan: plan.clone(),
            quantity,
            metadata: before.metadata.next(context.now),
            ..before
        };
        change.replace(&after, before.metadata.version, None)?;
        let subscription_id = after.id;
        change.record(after.event(SubscriptionChanged { subscription_id, plan, quantity }));
    }
    Ok(lines)
}
