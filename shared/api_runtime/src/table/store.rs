//! A partner's link to a store, and what is left to do after it was made.

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

/// What is left to do after a partner was linked to a store: the orders that were parked for its account take
/// effect. It is there until somebody saw that none is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParkedOrdersRelease {
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
    /// which partner an account at a store is of
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

/// A partner's store link.
pub(super) fn store_link_key(partner: PartnerId) -> Key {
    Key::new(partner_partition(partner), "STORE")
}

/// What is left to do after a partner was linked to a store.
pub(super) fn release_key(partner: PartnerId) -> Key {
    Key::new(partner_partition(partner), "RELEASE")
}

/// The reservation of an account at a store.
pub(super) fn store_account_key(source: SourceId, account: &StoreAccount) -> Key {
    unique("store-account", format!("{source}#{}", segment(account.as_str())))
}

impl Reservation {
    /// Gives a partner an account at a store.
    pub fn store_account(source: SourceId, account: &StoreAccount, owner: PartnerId) -> Self {
        Self::new(store_account_key(source, account), owner)
    }
}
