//! Due items: found in the index `due`, and postponed if they cannot be done.

use domain::{Period, Timestamp};
use serde::{Deserialize, Serialize};

use super::item::{Entity, Item};
use super::key::{Key, due_key, due_shard};
use super::pattern::{AccessPattern, Described, Index, ListPattern, patterns};
use super::write::{Action, Expression, Write};
/// Reference to a due item, as read from the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// Key of the item in the table.
    #[serde(flatten)]
    pub at: Key,
}

/// This entity is only read, from the index entry of an item; it is never written.
impl Entity for Due {
    const NAME: &'static str = "due";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

/// Finds the items of a shard that are due by a time; those that have been due longest come first.
#[derive(Debug, Clone)]
pub struct DueBy(
    /// Shard of the index, less than [`DUE_SHARDS`](super::key::DUE_SHARDS).
    pub u8,
    /// Latest due time, inclusive.
    pub Timestamp,
);

impl AccessPattern for DueBy {
    type Entity = Due;
    const DESCRIBED: Described = Described {
        name: "DueBy",
        about: "the items that are due by a time",
        place: "in `due` `DUE#<shard>` · `<time>#<pk>#<sk>`",
    };
}

impl ListPattern for DueBy {
    fn index(&self) -> Index {
        Index::Due
    }

    fn partition(&self) -> String {
        due_shard(self.0)
    }

    fn range(&self) -> (String, String) {
        (Timestamp::from_unix_millis(0).to_string(), format!("{}{}", self.1, char::MAX))
    }
}

patterns! {
    custom DueBy {}
}

/// A due item: its key, its place in the index, and the number of failed attempts.
#[derive(Debug)]
pub struct DueEntry {
    at: Key,
    /// Sort key of the item in the index when it was read.
    seen: String,
    failures: u64,
    /// Name of the entity.
    entity: String,
}

/// Limit of the backoff: a failed item is retried after 1 minute, then 2, 4 and so on, at most after 512 (8.5 hours).
const MOST_DOUBLINGS: u64 = 9;

impl DueEntry {
    /// Reads the entry of an item; returns `None` if the item's sort key in the index is after `by`, so that it is not
    /// due.
    pub(super) fn read(at: Key, item: &Item, by: &str) -> Option<Self> {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let seen = text("dueSk").filter(|seen| seen.as_str() <= by)?;
        let failures = item.get("dueFailures").and_then(|failures| failures.as_n().ok());
        let failures = failures.and_then(|number| number.parse().ok()).unwrap_or_default();
        Some(Self { at, seen, failures, entity: text("entity").unwrap_or_else(|| "unknown".to_owned()) })
    }

    /// Postpones the item, longer after each failure, unless it has changed since it was read. Any other write of the
    /// whole item makes it due at its own time and clears the failures.
    pub fn postpone(&self, now: Timestamp) -> Write {
        let delay = Period::minutes(1 << self.failures.min(MOST_DOUBLINGS));
        let next = due_key(&self.at, now.after(delay));
        let update = Expression::new("SET #dueSk = :next, #dueFailures = :attempts");
        let update = update.text("next", next.sk).number("attempts", self.attempts());
        let condition = Expression::new("#dueSk = :seen").text("seen", &self.seen);
        Write::on(condition, self.at.clone(), Action::Update(update))
    }

    /// Returns the number of attempts, including the current one.
    pub fn attempts(&self) -> u64 {
        self.failures + 1
    }

    /// Returns the name of the entity.
    pub fn entity(&self) -> &str {
        &self.entity
    }

    /// Returns the key of the item in the table, as text.
    pub fn key_text(&self) -> String {
        format!("{} {}", self.at.pk, self.at.sk)
    }
}
