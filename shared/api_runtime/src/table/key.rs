//! The keys of the single table: what they all have in common. Each aggregate builds its own, from typed ids.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Where an item is, in the table or in an index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The partition.
    pub pk: String,
    /// The place in it; unique there, also in an index, so that it serves as a position for paging.
    pub sk: String,
}

impl Key {
    pub(super) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// It as attributes of the table.
    pub(super) fn attributes(&self) -> HashMap<String, AttributeValue> {
        let text = |text: &String| AttributeValue::S(text.clone());
        HashMap::from([("pk".to_owned(), text(&self.pk)), ("sk".to_owned(), text(&self.sk))])
    }
}

/// The sort key of what its partition is about.
pub(super) const PROFILE: &str = "PROFILE";

/// The sort key of items that are alone in their partition.
pub(super) const ALONE: &str = "-";

/// The partition of what is sold.
pub(super) const CATALOG: &str = "CATALOG";

/// A free text as one segment of a key: long ones, and those that could be taken for more than one
/// segment, stand there as their hash.
pub(super) fn segment(text: &str) -> String {
    const LONGEST: usize = 100;
    // The last character of all ends ranges.
    let plain = !text.contains(['#', char::MAX]) && !text.starts_with('~');
    if text.len() <= LONGEST && plain {
        text.to_owned()
    } else {
        format!("~{}", URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes())))
    }
}

/// As many partitions hold what is due, so that no one of them has to take all writes.
pub const DUE_SHARDS: u8 = 4;

/// A partition, in `due`, of what is due.
pub(super) fn due_shard(shard: u8) -> String {
    format!("DUE#{shard}")
}

/// An item in `due`: when something must happen to it.
pub(super) fn due_key(item: &Key, at: Timestamp) -> Key {
    let shard = Sha256::digest(item.pk.as_bytes()).first().copied().unwrap_or_default() % DUE_SHARDS;
    Key::new(due_shard(shard), format!("{at}#{}#{}", item.pk, item.sk))
}

/// The key of a reservation: the value is the key.
pub(super) fn unique(kind: &str, value: String) -> Key {
    Key::new(format!("UNIQUE#{kind}#{value}"), ALONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_or_long_text_is_hashed() {
        let long = "x".repeat(101);
        for text in ["a#b", "~a", "\u{10ffff}a", long.as_str()] {
            let segment = segment(text);
            assert!(segment.starts_with('~') && segment.len() == 44 && !segment.contains('#'), "{segment}");
        }
    }
}
