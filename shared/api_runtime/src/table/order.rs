//! Orders of stores, and the queues of those that are parked.

use domain::{Order, OrderId, ParkedOrderId, Parking, SourceId, StoreAccount, Timestamp};
use serde::{Deserialize, Serialize};

use super::item::Entity;
use super::key::{ALONE, Key, segment};
use super::pattern::{Index, patterns};

/// The partition, in `by-facet`, of all parked orders.
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
        self.parked().map(|parking| parked_among_all_key(parking.id))
    }

    fn due(&self) -> Option<Timestamp> {
        self.parked().map(|parking| parking.lapses_at).or(self.resume_at())
    }
}

/// A parked order in the queue of its account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParkedOrderEntry {
    /// The store.
    pub source_id: SourceId,
    /// The account there.
    pub store_account: StoreAccount,
    /// Its place in the queue.
    pub id: ParkedOrderId,
    /// The store's number of it.
    pub order_id: OrderId,
}

impl ParkedOrderEntry {
    /// An order's place in the queue, if it is parked.
    pub fn of(order: &Order) -> Option<Self> {
        let Parking { id, store_account, .. } = order.parked()?.clone();
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
    /// the orders that are parked for an account at a store, in the order of their coming
    list ParkedForAccount(source: SourceId, account: StoreAccount) -> ParkedOrderEntry {
        Index::Table, parked_for(*source, account), "",
        "`PARKED#<source>#<account>` · `<parked order>`"
    }
    /// all parked orders, in the order of their coming
    list ParkedOrders() -> Order {
        Index::ByFacet, PARKED_ORDERS.to_owned(), "",
        "in `by-facet` `PARKED_ORDERS` · `<parked order>`"
    }
    /// the order that is, or was, parked under an id
    list OrderByParkedId(parked: ParkedOrderId) -> Order {
        Index::ByKey, parked_order(*parked), "",
        "in `by-key` `PARKED_ORDER#<parked order>` · `-`"
    }
}

/// An order of a source.
pub(super) fn order_key(source: SourceId, order: &OrderId) -> Key {
    Key::new(format!("ORDER#{source}#{}", segment(order.as_str())), ALONE)
}

/// The partition of the orders that are parked for an account.
pub(super) fn parked_for(source: SourceId, account: &StoreAccount) -> String {
    format!("PARKED#{source}#{}", segment(account.as_str()))
}

/// A parked order among those of its account, in the order of their coming.
pub(super) fn parked_key(source: SourceId, account: &StoreAccount, parked: ParkedOrderId) -> Key {
    Key::new(parked_for(source, account), parked.to_string())
}

/// The partition, in `by-key`, of an order that is, or was, parked under this id.
pub(super) fn parked_order(parked: ParkedOrderId) -> String {
    format!("PARKED_ORDER#{parked}")
}

/// An order by the id under which it is, or was, parked.
pub(super) fn order_by_parked_key(parked: ParkedOrderId) -> Key {
    Key::new(parked_order(parked), ALONE)
}

/// A parked order among all.
pub(super) fn parked_among_all_key(parked: ParkedOrderId) -> Key {
    Key::new(PARKED_ORDERS, parked.to_string())
}
