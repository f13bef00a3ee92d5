//! What tells that something was asked or told before.

use domain::{Period, Timestamp, Version};
use serde::{Deserialize, Serialize};

use super::Entity;
use crate::table::key::Key;

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
