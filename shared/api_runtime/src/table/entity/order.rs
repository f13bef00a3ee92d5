//! Stores, their orders, and the licenses that these bring.

use domain::{
    Assignment, Order, OrderId, ParkedOrderId, Parking, PartnerId, Pool, Source, SourceId, StoreAccount,
    StoreLink, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::Entity;
use crate::table::key::{self, Key};

impl Entity for Source {
    const NAME: &'static str = "webhook-source";

    fn key(&self) -> Key {
        key::source(self.id)
    }

    fn by_facet(&self) -> Option<Key> {
        Some(key::source_among_all(self.id))
    }
}

impl Entity for StoreLink {
    const NAME: &'static str = "store-link";

    fn key(&self) -> Key {
        key::store_link(self.partner_id)
    }
}

impl Entity for Order {
    const NAME: &'static str = "order";

    fn key(&self) -> Key {
        key::order(self.source_id, &self.order_id)
    }

    fn by_key(&self) -> Option<Key> {
        self.parking.as_ref().map(|parking| key::order_by_parked(parking.id))
    }

    fn by_facet(&self) -> Option<Key> {
        self.parked().map(|parking| key::parked_among_all(parking.id))
    }

    fn due(&self) -> Option<Timestamp> {
        self.parked().map(|parking| parking.lapses_at).or(self.goes_on_at())
    }
}

/// A parked order in the queue of its account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parked {
    /// The store.
    pub source_id: SourceId,
    /// The account there.
    pub store_account: StoreAccount,
    /// Its place in the queue.
    pub id: ParkedOrderId,
    /// The store's number of it.
    pub order_id: OrderId,
}

impl Parked {
    /// An order's place in the queue, if it is parked.
    pub fn of(order: &Order) -> Option<Self> {
        let Parking { id, store_account, .. } = order.parked()?.clone();
        Some(Self { source_id: order.source_id, store_account, id, order_id: order.order_id.clone() })
    }
}

impl Entity for Parked {
    const NAME: &'static str = "parked-order";

    fn key(&self) -> Key {
        key::parked(self.source_id, &self.store_account, self.id)
    }
}

/// What is left to do after a partner was linked to a store: the orders that were parked for its account take
/// effect. It is there until somebody saw that none is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Drain {
    /// Whose account it is now.
    pub partner_id: PartnerId,
    /// The store.
    pub source_id: SourceId,
    /// The account there.
    pub account: StoreAccount,
    /// Since when.
    pub linked_at: Timestamp,
    /// When somebody looks whether any is left.
    pub due_at: Timestamp,
}

impl Entity for Drain {
    const NAME: &'static str = "drain";

    fn key(&self) -> Key {
        key::drain(self.partner_id)
    }

    fn due(&self) -> Option<Timestamp> {
        Some(self.due_at)
    }
}

impl Entity for Pool {
    const NAME: &'static str = "license-pool";

    fn key(&self) -> Key {
        key::pool(self.partner_id, &self.license_type)
    }
}

impl Entity for Assignment {
    const NAME: &'static str = "license-assignment";

    fn key(&self) -> Key {
        key::assignment(self.partner_id, self.id)
    }

    fn by_key(&self) -> Option<Key> {
        Some(key::assignment_of_organization(self.organization_id, self.id))
    }
}
