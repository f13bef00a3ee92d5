//! `order.placed`: a store sold licenses to a partner, or subscriptions to an organization.

use api_runtime::http::caller::Delivery;
use api_runtime::table::{BatchGet, BatchResult, OrderOfSource, OwnerOfStoreAccount};
use api_runtime::{Change, ConditionFailure, Context, Failure, OrNotFound, Reply};
use deserr::Deserr;
use domain::event::{OrderChangeIgnored, OrderParked};
use domain::fault::Check;
use domain::fulfillment::faults::LINES_DIFFER;
use domain::order::{OrderedSubscription, Quantities};
use domain::{
    EventKind, Fault, Faults, NewEvent, Order, OrderId, OrderStatus, Parking, ParseError, PartnerId, Problem,
    ProblemKind, StoreAccount, Timestamp,
};
use schemars::JsonSchema;

use super::buyer::{self, NamedBuyer};
use super::{MessageData, Receipt};
use crate::orders::fulfillment::{self, LoadedLines, resume};
use crate::orders::line_names;
use crate::orders::sold_lines::{SoldLines, is_subscription};
use crate::orders::update::{OrderUpdate, require_owner, update_order};

/// Order to fulfill. Exactly one of `storeAccount` and `partnerId` names the buyer. Only a source that may name
/// partners can omit both, and only if all lines are subscriptions: then the organization itself is the buyer.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct OrderPlacedData {
    /// The store's number of the order; 1 to 100 characters. An order takes effect once, however often it is sent.
    order_id: OrderId,
    /// Buyer's account at the store; 1 to 100 characters. The order is parked while the account is not linked to a
    /// partner.
    #[deserr(default)]
    store_account: Option<StoreAccount>,
    /// Partner that buys; only for sources that may name partners.
    #[deserr(default)]
    partner_id: Option<PartnerId>,
    /// Sold licenses and subscriptions.
    lines: SoldLines,
}

impl MessageData for OrderPlacedData {
    const TYPE: &str = "order.placed";
}

impl Check for OrderPlacedData {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        // The organization itself may be the buyer of subscriptions.
        let lines = sent.get("lines").and_then(serde_json::Value::as_array);
        let may_be_direct = lines.is_some_and(|lines| !lines.is_empty() && lines.iter().all(is_subscription));
        buyer::check(sent, may_be_direct).into_iter().collect()
    }
}

/// Credits the pools and creates the subscriptions, or parks the order until its account is linked to a partner.
/// Idempotent per message and per order: another message with the order gets the order as it is now. Messages about the
/// order that arrived before it take effect with it.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    placed: OrderPlacedData,
) -> Result<Reply<Receipt>, Failure> {
    let source = &delivery.source;
    let mut wanted = BatchGet::new();
    placed.lines.want_types(&mut wanted);
    let named = NamedBuyer::new(source, placed.store_account.clone(), placed.partner_id);
    named.want(&mut wanted);
    let order_lookup = OrderOfSource(source.id, placed.order_id.clone());
    wanted.add(&order_lookup);
    let mut received = Order::new(source.id, placed.order_id.clone(), OrderStatus::Applied, context.now);
    received.subscriptions = placed.lines.subscriptions();
    fulfillment::want(&received, &mut wanted);
    let found = context.table.fetch(wanted, true).await?;
    line_names::identify_products(&mut received, &found)?;

    let before = found.get(&order_lookup)?;
    match &before {
        Some(order) if order.is_being_fulfilled() => {
            return resume(context, order.clone(), Receipt::answer).await;
        }
        // An order that was cancelled before it arrived is stored as cancelled, because its subscriptions can be
        // renewed.
        Some(order) if order.cancelled_before_arrival() && !received.subscriptions.is_empty() => {}
        Some(order) if order.status != OrderStatus::Awaited => {
            return Receipt::reply_unchanged(context, order.clone()).await;
        }
        _ => {}
    }
    let ignored = before.as_ref().and_then(|order| ignored_change_event(order, &received));
    let mut faults = match before {
        Some(_) if ignored.is_none() => Vec::new(),
        _ => placed.lines.unknown_types(&found)?,
    };
    let buyer = named.find(source, &found)?.unwrap_or_else(|fault| {
        faults.push(fault);
        None
    });
    let account = named.account;
    let awaits_account = buyer.is_none() && account.is_some();
    let places = placed.lines.places_of_subscriptions();
    received.partner_id = buyer;
    let loaded = load_lines(context, &mut received, (&found, &places), awaits_account, &mut faults).await?;
    if !faults.is_empty() {
        return Err(Problem::of(ProblemKind::Rule, faults).into());
    }
    let received_order =
        ReceivedOrder { order_lookup, before, received, ignored, account, buyer, loaded, places };
    take_effect(context, placed, received_order).await
}

/// Order that arrived, has no faults, and is about to take effect.
struct ReceivedOrder {
    order_lookup: OrderOfSource,
    /// Stored order, if messages about it arrived earlier.
    before: Option<Order>,
    /// Order as the message describes it.
    received: Order,
    /// Event to record if an earlier change does not belong to this order.
    ignored: Option<OrderChangeIgnored>,
    account: Option<OwnerOfStoreAccount>,
    buyer: Option<PartnerId>,
    /// Facts about its lines; `None` while the order waits for its account.
    loaded: Option<LoadedLines>,
    /// Indexes of its subscription lines in the message.
    places: Vec<usize>,
}

async fn take_effect(
    context: &Context<'_>,
    placed: OrderPlacedData,
    received_order: ReceivedOrder,
) -> Result<Reply<Receipt>, Failure> {
    let ReceivedOrder { order_lookup, before, received, ignored, account, buyer, loaded, places } =
        received_order;
    let (order, wanted) = match &before {
        None => (received, placed.lines.sums()),
        Some(before) => {
            merge_earlier_messages(received, before, ignored.is_some(), placed.lines.sums(), context.now)
        }
    };
    let billing_account = placed.store_account.clone().filter(|_| !order.subscriptions.is_empty());
    let order = Order { billing_account, ..order };
    let mut change = Change::new();
    let metadata = order.metadata;
    ignored.into_iter().for_each(|event| change.record(NewEvent::of_vendor(event).about(metadata)));
    let (order, event) = park_or_apply(context, &mut change, order, (account, buyer));
    let types = wanted.len();
    let update = |before, order| {
        let lines = Some(placed.lines);
        OrderUpdate { before, order, wanted, lines, event, transferred: false }
    };
    let Some(loaded) = loaded else {
        return update_order(context, update(before, order), change, Receipt::answer).await;
    };
    let order = loaded.fulfill(context, order, &mut change, types, &places)?;
    if !order.is_being_fulfilled() {
        return update_order(context, update(before, order), change, Receipt::answer).await;
    }
    let begun = update_order(&context.claiming(), update(before, order), change, Receipt::answer).await?;
    if matches!(begun, Reply::Replay(_)) {
        return Ok(begun);
    }
    let stored_order = context.table.get(&order_lookup).await?;
    resume(context, stored_order.or_not_found()?, Receipt::answer).await
}

/// Returns the event to record if an earlier change names other lines than this order and so is ignored. Otherwise the
/// change takes precedence over the original content of the order.
fn ignored_change_event(before: &Order, received: &Order) -> Option<OrderChangeIgnored> {
    let ignored = OrderChangeIgnored {
        source_id: before.source_id,
        order_id: before.order_id.clone(),
        sequence: before.sequence,
        reason: LINES_DIFFER.about.to_owned(),
    };
    let same = OrderedSubscription::are_same(&received.subscriptions, &before.changed);
    (before.sequence > 0 && !same).then_some(ignored)
}

/// Loads the facts about the order's lines, and adds their faults. While the order waits there are no facts: only the
/// partner to which the account will be linked determines whose customers its organizations must be.
async fn load_lines(
    context: &Context<'_>,
    received: &mut Order,
    (found, places): (&BatchResult, &[usize]),
    awaits_account: bool,
    faults: &mut Vec<Fault>,
) -> Result<Option<LoadedLines>, Failure> {
    if awaits_account {
        faults.extend(line_names::unknown_products(received, places));
        return Ok(None);
    }
    let loaded = fulfillment::load(context, received, found).await?;
    faults.extend(loaded.faults(received, places));
    Ok(Some(loaded))
}

/// Merges the order with the messages that arrived before it. Also returns the quantities of licenses that it orders.
fn merge_earlier_messages(
    received: Order,
    before: &Order,
    ignores_change: bool,
    sums: Quantities,
    now: Timestamp,
) -> (Order, Quantities) {
    let sequence = if ignores_change { 0 } else { before.sequence };
    let wanted = match before.status {
        OrderStatus::Cancelled => before.ordered(),
        _ if ignores_change => sums,
        _ => before.ordered(),
    };
    let (metadata, subscriptions) = (before.metadata.next(now), received.subscriptions);
    let (lines, changed) = (Vec::new(), Vec::new());
    let mut order = Order { lines, changed, subscriptions, sequence, metadata, ..before.clone() };
    order.change_lines(&before.changed);
    (order, wanted)
}

/// Parks the order while its account is not linked to a partner; otherwise applies it for its buyer. An order that was
/// cancelled waits for its account without being parked. The account's link, or its absence, is a condition of the
/// transaction.
fn park_or_apply(
    context: &Context<'_>,
    change: &mut Change,
    order: Order,
    (account, buyer): (Option<OwnerOfStoreAccount>, Option<PartnerId>),
) -> (Order, Option<EventKind>) {
    let is_cancelled = order.status == OrderStatus::Cancelled;
    let account = match (account, buyer) {
        (Some(account), None) => {
            change.require_absent(&account, || ConditionFailure::Stale);
            let OwnerOfStoreAccount(source_id, account) = account;
            let order_id = order.order_id.clone();
            let parked = OrderParked { source_id, order_id, account: account.clone() };
            let parking = Some(Parking::new(context.id(), account, context.now));
            return match is_cancelled {
                true => (Order { parking, ..order }, None),
                false => (Order { status: OrderStatus::Parked, parking, ..order }, Some(parked.into())),
            };
        }
        (account, _) => account,
    };
    if let Some(account) = account.zip(buyer) {
        require_owner(change, account);
    }
    let status = if is_cancelled { OrderStatus::Cancelled } else { OrderStatus::Applied };
    (Order { status, partner_id: buyer, ..order }, None)
}
