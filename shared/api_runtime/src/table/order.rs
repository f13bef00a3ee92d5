//! Orders of stores, and the queues of parked orders.

use domain::{
    Order, OrderId, OrderStatus, ParkedOrderId, Parking, Period, SourceId, StoreAccount, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::item::Entity;
use super::key::{ALONE, Key, segment};
use super::pattern::{Index, patterns};

/// Time for which a message about an order or a subscription waits for the order to arrive, far longer than an order can be
/// parked.
pub(super) const AWAITED_FOR: Period = Period::days(365);

/// Partition, in `by-facet`, of all orders that were cancelled while they were parked, and still wait for their account.
pub(super) const CANCELLED_PARKED_ORDERS: &str = "CANCELLED_PARKED_ORDERS";

/// Partition, in `by-facet`, of all parked orders.
pub(super) const PARKED_ORDERS: &str = "PARKED_ORDERS";

impl Entity for Order {
    const NAME: &'static str = "order";

    fn key(&self) -> Key {
        order_key(self.source_id, &self.order_id)
    }

    fn by_key(&self) -> Option<Key> {
        self.parking.as_ref().map(|parking| order_by_parked_key(parking.id))
    }

    fn by_facet(&self) -> Option<Key> {
        let parking = self.awaiting_account()?;
        Some(match self.parked() {
            Some(_) => parked_among_all_key(parking.id),
            None => cancelled_among_all_key(parking.id),
        })
    }

    fn due(&self) -> Option<Timestamp> {
        self.parked().map(|parking| parking.lapses_at).or(self.resume_at())
    }

    fn forget_at(&self) -> Option<Timestamp> {
        let waits = self.status == OrderStatus::Awaited || self.cancelled_before_arrival();
        waits.then(|| self.metadata.updated_at.after(AWAITED_FOR))
    }
}

/// Entry of a parked order in the queue of its store account. An order with subscriptions that is cancelled keeps its
/// entry: they are created as ended when the account is linked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParkedOrderEntry {
    /// Store that sent the order.
    pub source_id: SourceId,
    /// Account at the store.
    pub store_account: StoreAccount,
    /// Id of the parked order, which is its position in the queue.
    pub id: ParkedOrderId,
    /// Id of the order at the store.
    pub order_id: OrderId,
}

impl ParkedOrderEntry {
    /// Returns the queue entry of an order; `None` if it does not wait for its account.
    pub fn of(order: &Order) -> Option<Self> {
        let Parking { id, store_account, .. } = order.awaiting_account()?.clone();
        Some(Self { source_id: order.source_id, store_account, id, order_id: order.order_id.clone() })
    }
}

impl Entity for ParkedOrderEntry {
    const NAME: &'static str = "parked-order";

    fn key(&self) -> Key {
        parked_key(self.source_id, &self.store_account, self.id)
    }
}

patterns! {
    /// an order of a store
    lookup OrderOfSource(source: SourceId, order: OrderId) -> Order {
        order_key(*source, order),
        "`ORDER#<source>#<order id>` · `-`"
    }
    /// the orders that wait for a store account to be linked, in the order of their arrival
    list ParkedForAccount(source: SourceId, account: StoreAccount) -> ParkedOrderEntry {
        Index::Table, parked_for(*source, account), "",
        "`PARKED#<source>#<account>` · `<parked order>`"
    }
    /// all parked orders, in the order of their arrival
    list ParkedOrders() -> Order {
        Index::ByFacet, PARKED_ORDERS.to_owned(), "",
        "in `by-facet` `PARKED_ORDERS` · `<parked order>`"
    }
    /// all orders that were cancelled while they were parked, and still wait for their account
    list CancelledParkedOrders() -> Order {
        Index::ByFacet, CANCELLED_PARKED_ORDERS.to_owned(), "",
        "in `by-facet` `CANCELLED_PARKED_ORDERS` · `<parked order>`"
    }
    /// the order that is or was parked under an id
    list OrderByParkedId(parked: ParkedOrderId) -> Order {
        Index::ByKey, parked_order(*parked), "",
        "in `by-key` `PARKED_ORDER#<parked order>` · `-`"
    }
}

/// Returns the key of an order.
pub(super) fn order_key(source: SourceId, order: &OrderId) -> Key {
    Key::new(format!("ORDER#{source}#{}", segment(order.as_str())), ALONE)
}

/// Returns the partition of the orders that are parked for a store account.
pub(super) fn parked_for(source: SourceId, account: &StoreAccount) -> String {
    format!("PARKED#{source}#{}", segment(account.as_str()))
}

/// Returns the key of a parked order among those of its store account, in the order of their arrival.
pub(super) fn parked_key(source: SourceId, account: &StoreAccount, parked: ParkedOrderId) -> Key {
    Key::new(parked_for(source, account), parked.to_string())
}

/// Returns the partition, in `by-key`, of the order that is or was parked under this id.
pub(super) fn parked_order(parked: ParkedOrderId) -> String {
    format!("PARKED_ORDER#{parked}")
}

/// Returns the key, in `by-key`, of an order by the id under which it is or was parked.
pub(super) fn order_by_parked_key(parked: ParkedOrderId) -> Key {
    Key::new(parked_order(parked), ALONE)
}

/// Returns the key of a parked order among all parked orders, in `by-facet`.
pub(super) fn parked_among_all_key(parked: ParkedOrderId) -> Key {
    Key::new(PARKED_ORDERS, parked.to_string())
}

/// Returns the key of an order that was cancelled while it was parked, among all such orders, in `by-facet`.
pub(super) fn cancelled_among_all_key(parked: ParkedOrderId) -> Key {
    Key::new(CANCELLED_PARKED_ORDERS, parked.to_string())
}
