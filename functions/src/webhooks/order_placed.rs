//! `order.placed`: a store sold licenses to a partner, or subscriptions to a partner's customers.

use api_runtime::http::caller::Delivery;
use api_runtime::table::{BatchGet, OrderOfSource, OwnerOfStoreAccount};
use api_runtime::{Change, ConditionFailure, Context, Failure, Reply};
use deserr::Deserr;
use domain::event::{OrderChangeIgnored, OrderParked};
use domain::fault::Check;
use domain::fulfillment::faults::LINES_DIFFER;
use domain::order::OrderedSubscription;
use domain::{
    Faults, NewEvent, Order, OrderId, OrderStatus, Parking, ParseError, PartnerId, Problem, ProblemKind,
    StoreAccount,
};
use schemars::JsonSchema;

use super::Receipt;
use super::buyer::{self, NamedBuyer};
use crate::orders::fulfillment::{self, resume};
use crate::orders::sold_lines::{SoldLines, is_subscription};
use crate::orders::update::{OrderUpdate, require_owner, update_order};

/// An order of a partner, named by its account at the store or, by a source that may, by its id.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct Placed {
    /// The store's number of it: it takes effect once.
    order_id: OrderId,
    /// The buyer's account at the store.
    #[deserr(default)]
    store_account: Option<StoreAccount>,
    /// The buyer itself.
    #[deserr(default)]
    partner_id: Option<PartnerId>,
    /// What was sold.
    lines: SoldLines,
}

impl Check for Placed {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        // Of subscriptions the organization itself may be the buyer.
        let lines = sent.get("lines").and_then(serde_json::Value::as_array);
        let direct = lines.is_some_and(|lines| !lines.is_empty() && lines.iter().all(is_subscription));
        buyer::check(sent, direct).into_iter().collect()
    }
}

/// Fills the pools and makes the subscriptions, or parks the order until its account is a partner's: once per message and
/// once per order, whatever comes twice, and whatever came before it.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    placed: Placed,
) -> Result<Reply<Receipt>, Failure> {
    let source = &delivery.source;
    let mut wanted = BatchGet::new();
    placed.lines.want_types(&mut wanted);
    let named = NamedBuyer::new(source, placed.store_account.clone(), placed.partner_id);
    named.want(&mut wanted);
    let known = OrderOfSource(source.id, placed.order_id.clone());
    wanted.add(&known);
    let mut said = Order::new(source.id, placed.order_id.clone(), OrderStatus::Applied, context.now);
    said.subscriptions = placed.lines.subscriptions().into_iter().map(OrderedSubscription::new).collect();
    fulfillment::want(&said, &mut wanted);
    let found = context.table.fetch(wanted, true).await?;

    let before = found.get(&known)?;
    match &before {
        Some(order) if order.is_being_fulfilled() => {
            return resume(context, order.clone(), Receipt::answer).await;
        }
        // What was cancelled before it came is shown as cancelled, for its subscriptions can be renewed.
        Some(order) if order.cancelled_before_arrival() && !said.subscriptions.is_empty() => {}
        Some(order) if order.status != OrderStatus::Awaited => {
            return Receipt::leave(context, order.clone()).await;
        }
        _ => {}
    }
    // What the store changed since counts, not what it said at first; unless it changed another order than this one.
    let of_another = before.as_ref().filter(|order| order.sequence > 0 && !said.is_of(&order.changed));
    let ignored = of_another.map(|order| OrderChangeIgnored {
        source_id: order.source_id,
        order_id: order.order_id.clone(),
        sequence: order.sequence,
        reason: LINES_DIFFER.about.to_owned(),
    });
    let mut faults = match before {
        Some(_) if ignored.is_none() => Vec::new(),
        _ => placed.lines.unknown_types(&found)?,
    };
    let buyer = named.find(source, &found)?.unwrap_or_else(|fault| {
        faults.push(fault);
        None
    });
    let account = named.account;
    let waits = buyer.is_none() && account.is_some();
    let at = placed.lines.places_of_subscriptions();
    said.partner_id = buyer;
    let loaded = match waits {
        // Whose customers they are to be is known when the account is somebody's.
        true => {
            faults.extend(fulfillment::unknown_products(&said, &found, &at)?);
            None
        }
        false => Some(fulfillment::load(context, &said, &found).await?),
    };
    faults.extend(loaded.iter().flat_map(|loaded| loaded.faults(&said, &at)));
    if !faults.is_empty() {
        return Err(Problem::of(ProblemKind::Rule, faults).into());
    }

    let (order, wanted) = match before.clone() {
        None => (said, placed.lines.sums()),
        Some(order) => {
            let (metadata, subscriptions) = (order.metadata.next(context.now), said.subscriptions);
            let sequence = if ignored.is_none() { order.sequence } else { 0 };
            let wanted = match &ignored {
                Some(_) if order.status != OrderStatus::Cancelled => placed.lines.sums(),
                _ => order.ordered(),
            };
            let (lines, changed) = (Vec::new(), Vec::new());
            let mut said = Order { lines, changed, subscriptions, sequence, metadata, ..order.clone() };
            said.change_lines(&order.changed);
            (said, wanted)
        }
    };
    let cancelled = order.status == OrderStatus::Cancelled;
    let billed = placed.store_account.clone().filter(|_| !order.subscriptions.is_empty());
    let order = Order { billing_account: billed, ..order };
    let mut change = Change::new();
    ignored.into_iter().for_each(|event| change.record(NewEvent::of_vendor(event)));
    let (order, event) = match (waits, account) {
        (true, Some(account)) => {
            change.require_absent(&account, || ConditionFailure::Stale);
            let OwnerOfStoreAccount(source_id, account) = account;
            let order_id = order.order_id.clone();
            let event = OrderParked { source_id, order_id, account: account.clone() };
            let parking = Some(Parking::new(context.id(), account, context.now));
            (Order { status: OrderStatus::Parked, parking, ..order }, Some(event.into()))
        }
        (_, account) => {
            if let Some(account) = account.zip(buyer) {
                require_owner(&mut change, account);
            }
            let status = if cancelled { OrderStatus::Cancelled } else { OrderStatus::Applied };
            (Order { status, partner_id: buyer, ..order }, None)
        }
    };
    let types = wanted.len();
    let revision = |before, order| {
        let lines = Some(placed.lines);
        OrderUpdate { before, order, wanted, lines, event, transferred: false }
    };
    let Some(loaded) = loaded else {
        return update_order(context, revision(before, order), change, Receipt::answer).await;
    };
    let order = loaded.fulfill(context, order, &mut change, types, &at)?;
    if !order.is_being_fulfilled() {
        return update_order(context, revision(before, order), change, Receipt::answer).await;
    }
    update_order(&context.detached(), revision(before, order), change, Receipt::answer).await?;
    let begun = context.table.get(&known).await?;
    resume(context, begun.ok_or_else(Problem::not_found)?, Receipt::answer).await
}
