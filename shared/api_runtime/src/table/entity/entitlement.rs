//! Entitlements, and imports of their details.

use domain::{Author, Entitlement, EntitlementId, EntitlementName, ImportId, Owner, Stamp, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Entity, IdempotencyRecord};
use crate::table::key::{self, Key};

impl Entity for Entitlement {
    const NAME: &'static str = "entitlement";

    fn key(&self) -> Key {
        key::entitlement(self.owner, self.id)
    }

    fn by_facet(&self) -> Option<Key> {
        Some(key::entitlement_of_product(self.product_id, self.id))
    }
}

/// Where the entitlement is that has a number or an external id. It makes that unique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntitlementReservation {
    /// The number or external id, as the reservation's key.
    #[serde(flatten)]
    pub at: Key,
    /// Whose it is.
    #[serde(flatten)]
    pub owner: Owner,
    /// The entitlement.
    pub entitlement_id: EntitlementId,
}

impl EntitlementReservation {
    /// Gives an entitlement one of its names.
    pub fn of(entitlement: &Entitlement, name: &EntitlementName) -> Self {
        let at = key::entitlement_name(name);
        Self { at, owner: entitlement.owner, entitlement_id: entitlement.id }
    }
}

impl Entity for EntitlementReservation {
    const NAME: &'static str = "entitlement-reservation";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

/// An import of details that was begun. It is there until the import has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportRun {
    /// Where it is kept.
    #[serde(flatten)]
    pub at: Key,
    /// What all it changes names.
    pub import_id: ImportId,
    /// A digest of the request, if it is to be done once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The call that is at it, as API Gateway names it.
    pub call: String,
    /// Until then nobody else is at it.
    pub lease_ends_at: Timestamp,
    /// Of an import that is all or nothing: whether its rows were judged, and some may have been written. Then it goes on,
    /// whatever is wrong meanwhile.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub writing: bool,
    /// Who wants it.
    pub author: Author,
    /// How many rows it has.
    pub rows: u64,
    /// When it is given up, if nobody has gone on with it. One that was can be gone on with still, under its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// When it was begun, and which version.
    #[serde(flatten)]
    pub stamp: Stamp,
}

impl Entity for ImportRun {
    const NAME: &'static str = "import";

    fn key(&self) -> Key {
        self.at.clone()
    }

    fn due(&self) -> Option<Timestamp> {
        self.due_at
    }

    fn forget_at(&self) -> Option<Timestamp> {
        let given_up = self.due_at.is_none();
        given_up.then(|| self.stamp.updated_at.after(IdempotencyRecord::KEPT))
    }
}
