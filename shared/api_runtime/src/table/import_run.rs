//! Imports of details that were begun.

use domain::{Author, ImportId, Metadata, Timestamp};
use serde::{Deserialize, Serialize};

use super::idempotency::IdempotencyRecord;
use super::item::Entity;
use super::key::{ALONE, Key, segment};

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
    pub metadata: Metadata,
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
        given_up.then(|| self.metadata.updated_at.after(IdempotencyRecord::KEPT))
    }
}

/// An import that was begun, of a call whose answer is to be kept here, or of this call, which has no key.
pub fn import_key(slot: Option<&Key>, call: &str) -> Key {
    match slot {
        Some(slot) => Key::new(slot.pk.clone(), "IMPORT"),
        None => Key::new(format!("IMPORT#{}", segment(call)), ALONE),
    }
}
