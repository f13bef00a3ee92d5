//! Updates of an order, and the resulting adjustments of license pools.

use std::collections::BTreeMap;

use api_runtime::table::{
    BatchGet, OwnerOfStoreAccount, ParkedOrderEntry, PartnerById, PoolOfPartner, credit_pool, is_active,
    withdraw_from_pool,
};
use api_runtime::{Answer, Change, ConditionFailure, Context, Failure, Output, Reply};
use domain::deactivation::DEACTIVATED_PARTNER;
use domain::event::{LicenseCredited, LicenseWithdrawn};
use domain::order::{PoolAdjustment, Quantities};
use domain::{
    ErrorKind, EventKind, LicenseTypeCode, NewEvent, Order, OrderStatus, PartnerId, Pool, ProblemKind,
    Subscription,
};

use super::sold_lines::SoldLines;
use crate::licenses::low_pool::low_event;

/// A change of an order affects too many license pools.
pub const TOO_MANY_TYPES: ErrorKind = ErrorKind::rule(
    "too-many-license-types",
    "the change concerns too many license types for one transaction",
);

/// Update of an order.
pub struct OrderUpdate {
    /// Order as it was read; `None` if it is new.
    pub before: Option<Order>,
    /// Order after the update, except for its license lines.
    pub order: Order,
    /// Quantities of licenses that are ordered after the update.
    pub wanted: Quantities,
    /// Lines of the message, to locate faults; `None` if the update has no message with lines.
    pub lines: Option<SoldLines>,
    /// Event to record beside those of the pools.
    pub event: Option<EventKind>,
    /// Whether all of its subscriptions belong to another partner by now. Then the event concerns the order's partner
    /// only if the order has licenses.
    pub transferred: bool,
}

/// Returns whether the order has subscriptions, and none of them belongs to the order's partner any more.
pub fn are_transferred(order: &Order, subscriptions: &[Option<Subscription>]) -> bool {
    let mut made = subscriptions.iter().flatten().peekable();
    made.peek().is_some() && made.all(|one| one.buyer().partner_id != order.partner_id)
}

/// Maximum number of items of a transaction (100) for the pools of an order: a pool takes two with its event, and a
/// third one if it becomes low. All license types that an order may have fit, so that it can always be cancelled.
const MOST_POOL_ITEMS: usize = 90;

/// Updates an order and adjusts the pools of its partner in one transaction. The order is written on the condition that
/// it is unchanged since it was read, each pool on the condition that it can be adjusted as planned.
pub async fn update_order<O: Output>(
    context: &Context<'_>,
    OrderUpdate { before, mut order, wanted, lines, event, transferred }: OrderUpdate,
    mut change: Change,
    answer: impl FnOnce(Order) -> Answer<O>,
) -> Result<Reply<O>, Failure> {
    if matches!(order.status, OrderStatus::Awaited | OrderStatus::Discarded | OrderStatus::Lapsed) {
        // A change of lines changes no contacts, and an order that never takes effect needs none.
        order = order.without_contacts();
    }
    if let Some(partner_id) = order.partner_id {
        let pools = read_pools(context, partner_id, order.lowered_by(&wanted)).await?;
        let others = change.items();
        let mut credits = false;
        let available = pools.iter().map(|(license_type, pool)| (license_type.clone(), pool.available));
        for (license_type, adjustment) in order.adjust_pools(&wanted, &available.collect()) {
            let index = lines.as_ref().and_then(|lines| lines.place(&license_type));
            let pool = pools.get(&license_type);
            credits |= matches!(adjustment, PoolAdjustment::Credit(_));
            adjust_pool(&mut change, &order, partner_id, (license_type, index), (adjustment, pool));
        }
        if change.items().saturating_sub(others) > MOST_POOL_ITEMS {
            return Err(TOO_MANY_TYPES.refuse(&[&"data", &"lines"]).into());
        }
        let takes_effect = before.as_ref().is_none_or(|before| before.partner_id.is_none());
        if credits || takes_effect && !order.subscriptions.is_empty() {
            // A concurrent deactivation of the partner either sees the licenses and subscriptions or makes this fail.
            change.require_that(&PartnerById(partner_id), is_active(), |_| {
                ConditionFailure::rejected(&DEACTIVATED_PARTNER, &[&"data"])
            });
        }
    } else {
        order.adjust_pools(&wanted, &Quantities::new());
        order.lines.iter_mut().for_each(|line| line.credited = 0);
    }
    let licensed = before.iter().chain([&order]).any(|order| !order.lines.is_empty());
    let concerned = order.partner_id.filter(|_| !transferred || licensed);
    let metadata = order.metadata;
    let event = event.map(|event| NewEvent::of_parties(event, concerned, None).about(metadata));
    event.into_iter().for_each(|event| change.record(event));
    // Only parked orders have an entry in the queue of their account.
    match (before.as_ref().and_then(ParkedOrderEntry::of), ParkedOrderEntry::of(&order)) {
        (None, Some(parked)) => change.create(&parked)?,
        (Some(parked), None) => change.remove(&parked),
        _ => {}
    }
    match &before {
        Some(before) => change.replace(&order, before.metadata.version, context.if_match())?,
        None => change.create_or_retry(&order, None)?,
    }
    context.commit(change, answer(order)).await
}

/// Credits or withdraws licenses, and records the events. `index` is the line of the message that names their type,
/// `pool` the pool as it was read, which is needed for a withdrawal.
fn adjust_pool(
    change: &mut Change,
    order: &Order,
    partner_id: PartnerId,
    (license_type, index): (LicenseTypeCode, Option<usize>),
    (adjustment, pool): (PoolAdjustment, Option<&Pool>),
) {
    let (source_id, order_id) = (order.source_id, order.order_id.clone());
    let lookup = PoolOfPartner(partner_id, license_type.clone());
    let mut low = None;
    let adjusted = match adjustment {
        PoolAdjustment::Credit(quantity) => {
            let none = Pool::empty(partner_id, license_type.clone());
            change.update(&lookup, credit_pool(&none, quantity), move |pool| {
                let fault = match index {
                    Some(index) => Pool::OVERFLOW.at(&[&"data", &"lines", &index, &"quantity"]),
                    None => Pool::OVERFLOW.at(&[&"data", &"lines"]),
                };
                let used = pool.map(|pool| pool.purchased);
                ConditionFailure::Rejected(ProblemKind::Rule, fault.with_limit(Pool::MOST, used))
            });
            EventKind::from(LicenseCredited { license_type, quantity, source_id, order_id })
        }
        PoolAdjustment::Withdraw { quantity, missing } => {
            let all = missing > 0;
            // If licenses are missing, the pool must still hold exactly the withdrawn quantity: licenses that were
            // credited since would have to be withdrawn, too.
            let crossed = pool.filter(|pool| pool.becomes_low(quantity));
            low = crossed.and_then(|pool| low_event(pool, quantity));
            let withdrawn = withdraw_from_pool(quantity, all, crossed);
            change.update(&lookup, withdrawn, |_| ConditionFailure::Stale);
            LicenseWithdrawn { license_type, quantity, missing, source_id, order_id }.into()
        }
    };
    change.record(NewEvent::of_partner(adjusted, partner_id).about(order.metadata));
    low.into_iter().for_each(|low| change.record(low));
}

/// Requires that an account still belongs to this partner.
pub fn require_owner(change: &mut Change, (account, partner): (OwnerOfStoreAccount, PartnerId)) {
    change.require_owner(&account, partner, || ConditionFailure::Stale);
}

/// Reads the partner's pools of these types.
async fn read_pools(
    context: &Context<'_>,
    partner: PartnerId,
    types: Vec<LicenseTypeCode>,
) -> Result<BTreeMap<LicenseTypeCode, Pool>, Failure> {
    let lookups: Vec<_> =
        types.into_iter().map(|license_type| PoolOfPartner(partner, license_type)).collect();
    let mut wanted = BatchGet::new();
    lookups.iter().for_each(|lookup| wanted.add(lookup));
    let found = context.table.fetch(wanted, true).await?;
    let mut pools = BTreeMap::new();
    for lookup in lookups {
        pools.extend(found.get(&lookup)?.map(|pool| (lookup.1, pool)));
    }
    Ok(pools)
}
