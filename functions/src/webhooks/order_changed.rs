//! `order.changed`: a store sold more, or less, in an order than it said before.

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

use super::{Receipt, ignored, subscriptions_of};
use crate::orders::fulfillment::{self, resume};
use crate::orders::sold_lines::SoldLines;
use crate::orders::update::{OrderUpdate, are_transferred, update_order};

/// What an order says from now on.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct OrderChangedData {
    /// The store's number of it.
    order_id: OrderId,
    /// Rises with every change of the order, from 1 on; an older one changes nothing.
    #[deserr(default)]
    sequence: Option<Sequence>,
    /// When it was changed, in place of `sequence`.
    #[deserr(default)]
    occurred_at: Option<ReportedTime>,
    /// What is sold in all. Of a subscription plan and quantity change; the lines of subscriptions are those of the order, in
    /// the same order.
    lines: SoldLines,
}

impl Check for OrderChangedData {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        check_mark(sent).into_iter().collect()
    }
}

/// Fills the pools, or takes back what nobody was assigned, and changes subscriptions. Of an order that has not come yet it is
/// remembered.
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
    // What was cancelled has no licenses any more, but its subscriptions can be renewed.
    let cancelled = before.as_ref().is_some_and(|order| order.cancelled_at.is_some());
    if let Some(order) = unchanged_order(before.as_ref(), &new_lines, sequence)? {
        return Receipt::leave(context, order.clone()).await;
    }
    let came = before
        .as_ref()
        .filter(|order| order.status != OrderStatus::Awaited && !order.cancelled_before_arrival());
    let mut faults = lines.unknown_types(&found)?;
    match came {
        Some(order) if order.is_of(&new_lines) => {}
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

/// The order, if a change of this number means nothing to it: it is over, or has had that or a later one.
///
/// # Errors
///
/// [`LINES_DIFFER`] of the change that was said of an order before it came: of two that name different lines one is none of
/// the order; which one is known when the order has come.
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
    let is_over = order.status.is_over()
        && (!cancelled || (order.subscriptions.is_empty() && !order.cancelled_before_arrival()));
    Ok(Some(order).filter(|order| is_over || order.sequence >= sequence || is_empty))
}

/// Changes an order that has come, and its subscriptions; tells, too, whether all of these are another partner's by now.
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

/// Changes the subscriptions that are there; answers what the order's lines are to say. Of what was deactivated it is told that
/// this has no effect, and its line stays.
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
