//! Keys of the single table: the parts that all aggregates share. Each aggregate builds its own keys from typed ids.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Key of an item in the table or in an index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key. It is unique in its partition, also in an index, so that it serves as a position for paging.
    pub sk: String,
}

impl Key {
    pub(super) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// Returns the key as attributes of the table.
    pub(super) fn attributes(&self) -> HashMap<String, AttributeValue> {
        let text = |text: &String| AttributeValue::S(text.clone());
        HashMap::from([("pk".to_owned(), text(&self.pk)), ("sk".to_owned(), text(&self.sk))])
    }
}

/// Sort key of the object that a partition belongs to, such as the partner.
pub(super) const PROFILE: &str = "PROFILE";

/// Sort key of an item that is alone in its partition.
pub(super) const ALONE: &str = "-";

/// Partition of the catalog: products, license types and detail fields.
pub(super) const CATALOG: &str = "CATALOG";

/// Returns a free text as one segment of a key. A text that is long, or that could be read as more than one segment, is
/// replaced by its hash.
pub(super) fn segment(text: &str) -> String {
    const LONGEST: usize = 100;
    // The last code point ends key ranges.
    let plain = !text.contains(['#', char::MAX]) && !text.starts_with('~');
    if text.len() <= LONGEST && plain {
        text.to_owned()
    } else {
        format!("~{}", URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes())))
    }
}

/// Number of partitions of the index `due`, among which its writes are distributed.
pub const DUE_SHARDS: u8 = 4;

/// Returns a partition of the index `due`.
pub(super) fn due_shard(shard: u8) -> String {
    format!("DUE#{shard}")
}

/// Returns the key in `due` of an item to which something must happen at this time.
pub(super) fn due_key(item: &Key, at: Timestamp) -> Key {
    let shard = Sha256::digest(item.pk.as_bytes()).first().copied().unwrap_or_default() % DUE_SHARDS;
    Key::new(due_shard(shard), format!("{at}#{}#{}", item.pk, item.sk))
}

/// Returns the key of a reservation, which contains the reserved value.
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
