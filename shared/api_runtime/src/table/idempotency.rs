//! What tells that a call or message took effect, or was refused, before.

use domain::{Period, SourceId, Timestamp, Version};
use serde::{Deserialize, Serialize};

use super::item::Entity;
use super::key::{ALONE, Key, segment};

/// The first answer to a call with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdempotencyRecord {
    /// Where it is kept.
    #[serde(flatten)]
    pub at: Key,
    /// A digest of method, path, query and body: under one key, only one request has an answer.
    pub request: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// Its `Location`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The version of the object it shows, for its `ETag`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Its body, without secrets.
    pub body: String,
    /// From then on the key is free again; a message's never is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl IdempotencyRecord {
    /// How long it is kept.
    pub const KEPT: Period = Period::days(30);
}

impl Entity for IdempotencyRecord {
    const NAME: &'static str = "idempotency";

    fn key(&self) -> Key {
        self.at.clone()
    }

    fn forget_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

/// Says that a message's refusal is in the log, so that it is not written there at every attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusalMark {
    /// Which message.
    #[serde(flatten)]
    pub at: Key,
    /// Senders have given up long before.
    pub expires_at: Timestamp,
}

impl Entity for RefusalMark {
    const NAME: &'static str = "refusal";

    fn key(&self) -> Key {
        self.at.clone()
    }

    fn forget_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// What is remembered of a call under a caller's idempotency key.
pub(crate) fn idempotency_key(caller: &str, key: &str) -> Key {
    Key::new(format!("IDEMPOTENCY#{}#{}", segment(caller), segment(key)), ALONE)
}

/// What is kept of a store's message that took effect.
pub(crate) fn message_key(source: &str, message: &str) -> Key {
    Key::new(format!("MESSAGE#{}#{}", segment(source), segment(message)), ALONE)
}

/// The mark that a message's refusal is in the log already.
pub fn refused_message_key(source: SourceId, message: &str) -> Key {
    Key::new(format!("REFUSED#{source}#{}", segment(message)), ALONE)
}
