//! Runs of detail imports.

use domain::{Author, ImportId, Metadata, Timestamp};
use serde::{Deserialize, Serialize};

use super::idempotency::IdempotencyRecord;
use super::item::Entity;
use super::key::{ALONE, Key, segment};

/// Run of a detail import. It exists until the import has been completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportRun {
    /// Key of the run.
    #[serde(flatten)]
    pub at: Key,
    /// Id of the import, to which everything that it changes refers.
    pub import_id: ImportId,
    /// Digest of the request; absent if the call has no idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// API Gateway's request id of the call that holds the lease.
    pub call: String,
    /// Time at which the lease ends; until then no other call may resume the import.
    pub lease_ends_at: Timestamp,
    /// For an all-or-nothing import: whether its rows have been validated, and some may have been written. From then on
    /// the import is resumed whatever errors its rows would have.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub writing: bool,
    /// Author of the import.
    pub author: Author,
    /// Number of rows.
    pub rows: u64,
    /// Time at which the import is reported as aborted if no call resumes it; absent afterwards. Even then it can be
    /// resumed under its idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Creation time, update time and version.
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

/// Returns the key of an import run: next to the call's idempotency record or, for a call without a key, by its request
/// id.
pub fn import_key(slot: Option<&Key>, call: &str) -> Key {
    match slot {
        Some(slot) => Key::new(slot.pk.clone(), "IMPORT"),
        None => Key::new(format!("IMPORT#{}", segment(call)), ALONE),
    }
}
