//! Links of partners to stores, and the release of parked orders after a link was made.

use domain::{PartnerId, SourceId, StoreAccount, StoreLink, Timestamp};
use serde::{Deserialize, Serialize};

use super::item::Entity;
use super::key::{Key, segment, unique};
use super::partner::partner_partition;
use super::pattern::patterns;
use super::reservation::Reservation;

impl Entity for StoreLink {
    const NAME: &'static str = "store-link";

    fn key(&self) -> Key {
        store_link_key(self.partner_id)
    }
}

/// Release of the orders that were parked for an account before it was linked to a partner: they have to be applied.
/// The item exists until the scheduled job finds that none is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParkedOrdersRelease {
    /// Partner to which the account is linked.
    pub partner_id: PartnerId,
    /// Store at which the account is.
    pub source_id: SourceId,
    /// Account at the store.
    pub account: StoreAccount,
    /// Time at which the account was linked.
    pub linked_at: Timestamp,
    /// Time from which the scheduled job looks for orders that are left.
    pub due_at: Timestamp,
}

impl Entity for ParkedOrdersRelease {
    const NAME: &'static str = "parked-orders-release";

    fn key(&self) -> Key {
        release_key(self.partner_id)
    }

    fn due(&self) -> Option<Timestamp> {
        Some(self.due_at)
    }
}

patterns! {
    /// the partner to which a store account is linked
    lookup OwnerOfStoreAccount(source: SourceId, account: StoreAccount) -> Reservation {
        store_account_key(*source, account),
        "`UNIQUE#store-account#<source>#<account>` · `-`"
    }
    /// a partner's link to a store
    lookup StoreOfPartner(partner: PartnerId) -> StoreLink {
        store_link_key(*partner),
        "`PARTNER#<partner>` · `STORE`"
    }
}

/// Returns the key of a partner's link to a store.
pub(super) fn store_link_key(partner: PartnerId) -> Key {
    Key::new(partner_partition(partner), "STORE")
}

/// Returns the key of the release of parked orders after a partner was linked to a store.
pub(super) fn release_key(partner: PartnerId) -> Key {
    Key::new(partner_partition(partner), "RELEASE")
}

/// Returns the key of the reservation of a store account.
pub(super) fn store_account_key(source: SourceId, account: &StoreAccount) -> Key {
    unique("store-account", format!("{source}#{}", segment(account.as_str())))
}

impl Reservation {
    /// Reserves a store account for a partner.
    pub fn store_account(source: SourceId, account: &StoreAccount, owner: PartnerId) -> Self {
        Self::new(store_account_key(source, account), owner)
    }
}
