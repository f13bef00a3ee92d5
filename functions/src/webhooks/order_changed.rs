//! `order.changed`: a store changes the quantities or plans of an order.

use api_runtime::http::caller::Delivery;
use api_runtime::table::{BatchGet, OrderOfSource};
use api_runtime::{Answer, Change, Context, Failure, Reply};
use deserr::Deserr;
use domain::event::{OrderChangeIgnored, OrderChanged, OrderLineIgnored, SubscriptionChanged};
use domain::fault::Check;
use domain::fulfillment::faults::LINES_DIFFER;
use domain::order::{OrderedSubscription, Quantities, Sequence, SubscriptionLine, check_mark, mark};
use domain::{
    Faults, NewEvent, Order, OrderId, OrderStatus, ParseError, Problem, ProblemKind, ReportedTime,
    Subscription,
};
use schemars::JsonSchema;

use super::{MessageData, ORDER_CANCELLED, Receipt, SUPERSEDED, ignored, subscriptions_of};
use crate::orders::fulfillment::resume;
use crate::orders::line_names;
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
    /// Time of the change, in place of `sequence`; RFC 3339 with any offset, at most 5 minutes in the future.
    #[deserr(default)]
    occurred_at: Option<ReportedTime>,
    /// All lines of the order after the change, not only the changed ones. The lines of subscriptions must be those of
    /// the order, in the same order; of these only `plan` and `quantity` take effect.
    lines: SoldLines,
}

impl MessageData for OrderChangedData {
    const TYPE: &str = "order.changed";

    fn occurred_at(&self) -> Option<ReportedTime> {
        self.occurred_at
    }
}

impl Check for OrderChangedData {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        check_mark(sent).into_iter().collect()
    }
}

/// Reason for ignoring a change that leaves an order as it is.
const UNCHANGED: &str = "the change leaves the order as it is";

/// Reason for ignoring a change of a line that had no effect when its order was fulfilled.
const LINE_IGNORED: &str =
    "the line was ignored when the order took effect, so its change has no effect either";

/// Changes an order: credits licenses or withdraws unassigned ones, and changes plan and quantity of its subscriptions.
/// A change of an order that has not arrived yet is kept until the order arrives. A change that has no effect is ignored;
/// its number is stored nevertheless, because an earlier change that arrives later must not take effect.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    changed: OrderChangedData,
) -> Result<Reply<Receipt>, Failure> {
    let OrderChangedData { order_id, sequence, occurred_at, lines } = changed;
    let sequence = mark(sequence, occurred_at, context.now);
    let sequence = sequence.map_err(|why| why.refuse(&[&"data", &"occurredAt"]))?;
    let known = OrderOfSource(delivery.source.id, order_id.clone());
    let mut wanted = BatchGet::new();
    lines.want_types(&mut wanted);
    wanted.add(&known);
    let mut awaited = Order::new(delivery.source.id, order_id, OrderStatus::Awaited, context.now);
    awaited.subscriptions = lines.subscriptions();
    line_names::want_products(&awaited, &mut wanted);
    let found = context.table.fetch(wanted, true).await?;
    line_names::identify_products(&mut awaited, &found)?;

    let mut before = found.get(&known)?;
    if let Some(order) = before.as_ref().filter(|order| order.is_being_fulfilled()) {
        resume(&context.detached(), order.clone(), Receipt::answer).await?;
        before = context.table.get(&known).await?;
    }
    let context = &context.refreshed();
    let new_lines = std::mem::take(&mut awaited.subscriptions);
    if let Some(answer) = answer_without_effect(before.as_ref(), &new_lines, sequence)? {
        return context.commit(Change::new(), answer).await;
    }
    let mut faults = lines.unknown_types(&found)?;
    match before.as_ref().filter(|order| has_arrived(order)) {
        Some(order) if OrderedSubscription::are_same(&order.subscriptions, &new_lines) => {}
        Some(_) => faults.push(LINES_DIFFER.at(&[&"data", &"lines"])),
        None => {
            awaited.subscriptions = new_lines.clone();
            faults.extend(line_names::unknown_products(&awaited, &lines.places_of_subscriptions()));
            awaited.subscriptions.clear();
        }
    }
    if !faults.is_empty() {
        return Err(Problem::of(ProblemKind::Rule, faults).into());
    }
    change_order(context, Order { sequence, ..awaited }, before, (new_lines, lines)).await
}

/// Returns whether an order itself has arrived, not only messages about it.
fn has_arrived(order: &Order) -> bool {
    order.status != OrderStatus::Awaited && !order.cancelled_before_arrival()
}

/// Returns the answer to a change that can have no effect: its order is closed, or is cancelled and the change names no
/// subscriptions, or the order already has this change or a later one.
///
/// # Errors
///
/// [`LINES_DIFFER`] if two changes of an order that has not arrived yet name different lines. At least one of them does
/// not belong to the order, and only the order itself will show which one.
fn answer_without_effect(
    before: Option<&Order>,
    new_lines: &[OrderedSubscription],
    sequence: u64,
) -> Result<Option<Answer<Receipt>>, Problem> {
    let Some(order) = before else { return Ok(None) };
    let cancelled = order.cancelled_at.is_some();
    let is_empty = cancelled && new_lines.is_empty();
    let waits = !has_arrived(order);
    if waits && order.sequence > 0 && !is_empty && !OrderedSubscription::are_same(&order.changed, new_lines) {
        return Err(LINES_DIFFER.refuse(&[&"data", &"lines"]));
    }
    Ok(match order.status {
        OrderStatus::Discarded | OrderStatus::Lapsed => Some(Receipt::answer(order.clone())),
        // Its subscriptions, if it has any, can be renewed.
        OrderStatus::Cancelled if is_empty || (order.subscriptions.is_empty() && !waits) => {
            Some(Receipt::ignored(OrderChangedData::TYPE, ORDER_CANCELLED))
        }
        _ if order.sequence >= sequence => Some(Receipt::ignored(OrderChangedData::TYPE, SUPERSEDED)),
        _ => None,
    })
}

/// Applies a change to an order, or to the awaited order if no message about it has arrived yet. A change without effect
/// records `order.change-ignored` if something prevents it.
async fn change_order(
    context: &Context<'_>,
    awaited: Order,
    before: Option<Order>,
    (new_lines, lines): (Vec<OrderedSubscription>, SoldLines),
) -> Result<Reply<Receipt>, Failure> {
    let (sequence, mut change) = (awaited.sequence, Change::new());
    let cancelled = before.as_ref().is_some_and(|order| order.cancelled_at.is_some());
    // A cancelled order has no licenses any more, but its subscriptions can be renewed.
    let wanted = if cancelled { Quantities::new() } else { lines.sums() };
    let mut order = match &before {
        Some(order) => Order { sequence, metadata: order.metadata.next(context.now), ..order.clone() },
        None => awaited,
    };
    let mut effect = Effect { any: before.is_none(), prevented: None };
    effect.any |= order.ordered().into_iter().filter(|(_, quantity)| *quantity > 0).ne(wanted.clone());
    if cancelled && !lines.sums().is_empty() {
        effect.prevented = Some(ORDER_CANCELLED);
    }
    let mut transferred = false;
    if has_arrived(&order) {
        let subscriptions = subscriptions_of(context, &order).await?;
        transferred = are_transferred(&order, &subscriptions);
        change_subscriptions(context, &mut change, (&mut order, &mut effect), subscriptions, &new_lines)?;
    } else {
        effect.any |= order.changed != new_lines;
        order.changed = new_lines;
    }
    let (source_id, order_id) = (order.source_id, order.order_id.clone());
    let event = effect.any.then(|| OrderChanged { source_id, order_id: order_id.clone(), sequence }.into());
    if let Some(reason) = effect.prevented.filter(|_| !effect.any) {
        let reason = reason.to_owned();
        let ignored = NewEvent::of_vendor(OrderChangeIgnored { source_id, order_id, sequence, reason });
        change.record(ignored.about(order.metadata));
    }
    let update = OrderUpdate { before, order, wanted, lines: Some(lines), event, transferred };
    let answer = |order| match effect.any {
        true => Receipt::answer(order),
        false => Receipt::ignored(OrderChangedData::TYPE, effect.prevented.unwrap_or(UNCHANGED)),
    };
    update_order(context, update, change, answer).await
}

/// Effect of a change.
struct Effect {
    /// Whether anything changes.
    any: bool,
    /// Reason why something that the change asks for does not change.
    prevented: Option<&'static str>,
}

/// Changes the lines of an order, and its existing subscriptions. A change of a deactivated subscription or of an
/// ignored line has no effect, which is recorded as an event, and the line stays as it was.
fn change_subscriptions(
    context: &Context<'_>,
    change: &mut Change,
    (order, effect): (&mut Order, &mut Effect),
    subscriptions: Vec<Option<Subscription>>,
    new_lines: &[OrderedSubscription],
) -> Result<(), Failure> {
    let (partner_id, source_id, order_id) = (order.partner_id, order.source_id, order.order_id.clone());
    let metadata = order.metadata;
    let lines = order.subscriptions.iter_mut().zip(subscriptions).zip(new_lines).enumerate();
    for (line, ((one, before), OrderedSubscription { line: new, .. })) in lines {
        if one.line.is_unchanged_by(new) {
            continue;
        }
        match before {
            _ if one.ignored.is_some() => {
                let (order_id, reason) = (order_id.clone(), LINE_IGNORED.to_owned());
                let ignored = OrderLineIgnored { source_id, order_id, line, reason };
                change.record(NewEvent::of_parties(ignored, partner_id, None).about(metadata));
                effect.prevented = Some(LINE_IGNORED);
                continue;
            }
            Some(before) if before.deactivation.is_some() => {
                change.record(ignored(&before, OrderChangedData::TYPE));
                effect.prevented = Some(Subscription::DEACTIVATED.about);
                continue;
            }
            Some(before) => change_subscription(context, change, before, new)?,
            None => {}
        }
        one.line.change(new);
        effect.any = true;
    }
    Ok(())
}

fn change_subscription(
    context: &Context<'_>,
    change: &mut Change,
    before: Subscription,
    SubscriptionLine { plan, quantity, .. }: &SubscriptionLine,
) -> Result<(), Failure> {
    let (plan, quantity) = (plan.clone(), *quantity);
    let metadata = before.metadata.next(context.now);
    let after = Subscription { plan: plan.clone(), quantity, metadata, ..before };
    change.replace(&after, before.metadata.version, None)?;
    let subscription_id = after.id;
    change.record(after.event(SubscriptionChanged { subscription_id, plan, quantity }));
    Ok(())
}
