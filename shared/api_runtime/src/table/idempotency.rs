//! Records that a call or message already took effect or was refused.

use domain::{Period, SourceId, Timestamp, Version};
use serde::{Deserialize, Serialize};

use super::item::Entity;
use super::key::{ALONE, Key, segment};
use super::write::Expression;

/// First answer to a call with an idempotency key, or to a message; stored for replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdempotencyRecord {
    /// Key of the record.
    #[serde(flatten)]
    pub at: Key,
    /// Digest of method, path, query and body, or of a message's body: only an equal request or message gets the answer.
    /// Empty for a message of which no digest was stored; then any message gets it.
    pub request: String,
    /// Digest of the message that has begun, and whose answer is not stored yet. Absent once the answer is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_by: Option<String>,
    /// HTTP status of the answer.
    pub status: u16,
    /// `Location` of the answer; absent if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Version of the object in the answer, for its `ETag`; absent if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Body of the answer in JSON, without derived secrets.
    pub body: String,
    /// Time from which the key can be used again. Absent for a message, whose record never expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl IdempotencyRecord {
    /// Time for which an answer is stored: 30 days.
    pub const KEPT: Period = Period::days(30);

    /// Returns the condition that no answer is stored or the stored one has expired, or that this request has begun and
    /// its answer is not stored yet.
    pub(crate) fn is_absent(request: &str, now: Timestamp) -> Expression {
        let text = "attribute_not_exists(#pk) OR #expiresAt <= :now OR #claimedBy = :request";
        Expression::new(text).text("now", now.to_string()).text("request", request)
    }
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

/// Mark that a message's refusal is already in the event log, so that further delivery attempts do not log it again. The
/// refusal of other messages with the id of one that took effect has a mark of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusalMark {
    /// Key of the mark, which names the source and the message.
    #[serde(flatten)]
    pub at: Key,
    /// Time from which DynamoDB may delete the mark; senders stop their attempts long before.
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

/// Returns the key of the answer to a call with an idempotency key.
pub(crate) fn idempotency_key(caller: &str, key: &str) -> Key {
    Key::new(format!("IDEMPOTENCY#{}#{}", segment(caller), segment(key)), ALONE)
}

/// Returns the key of the answer to a webhook message that took effect.
pub(crate) fn message_key(source: &str, message: &str) -> Key {
    Key::new(format!("MESSAGE#{}#{}", segment(source), segment(message)), ALONE)
}

/// Returns the key of the mark that a message's refusal is already in the event log.
pub fn refused_message_key(source: SourceId, message: &str) -> Key {
    Key::new(format!("REFUSED#{source}#{}", segment(message)), ALONE)
}

/// Returns the key of the mark that an event already records another message with the id of one that took effect.
pub fn reused_message_id_key(source: SourceId, message: &str) -> Key {
    Key::new(format!("REFUSED#{source}#{}", segment(message)), "REUSED")
}
