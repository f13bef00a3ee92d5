//! What is due: found in the index, and put back where it could not be done.

use domain::{Period, Timestamp};
use serde::{Deserialize, Serialize};

use super::item::{Entity, Item};
use super::key::{Key, due_key, due_shard};
use super::pattern::{AccessPattern, Described, Index, ListPattern, patterns};
use super::write::{Action, Expression, Write};
/// Where something is that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// In the table.
    #[serde(flatten)]
    pub at: Key,
}

/// Only its index entry is read as this.
impl Entity for Due {
    const NAME: &'static str = "due";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

/// Finds what is due by an instant, what is due longest first.
#[derive(Debug, Clone)]
pub struct DueBy(
    /// In which of the partitions.
    pub u8,
    /// Until when, included.
    pub Timestamp,
);

impl AccessPattern for DueBy {
    type Entity = Due;
    const DESCRIBED: Described = Described {
        name: "DueBy",
        about: "what is due by an instant",
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

/// The turn of something that is due: by when, and how often it came in vain.
#[derive(Debug)]
pub struct DueEntry {
    at: Key,
    /// Its place in the index.
    seen: String,
    failures: u64,
    /// Which entity's it is.
    entity: String,
}

/// Something is tried again a minute after it failed, then two, four, and so on: every eight and a half hours at last.
const MOST_DOUBLINGS: u64 = 9;

impl DueEntry {
    /// That of an item which is due by then, as its place in the index says.
    pub(super) fn read(at: Key, item: &Item, by: &str) -> Option<Self> {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let seen = text("dueSk").filter(|seen| seen.as_str() <= by)?;
        let failures = item.get("dueFailures").and_then(|failures| failures.as_n().ok());
        let failures = failures.and_then(|number| number.parse().ok()).unwrap_or_default();
        Some(Self { at, seen, failures, entity: text("entity").unwrap_or_else(|| "unknown".to_owned()) })
    }

    /// Puts it back until later, each time longer, unless it has changed since it was read. Whatever else changes it makes
    /// it due again, as if it had never failed.
    pub fn postpone(&self, now: Timestamp) -> Write {
        let delay = Period::minutes(1 << self.failures.min(MOST_DOUBLINGS));
        let next = due_key(&self.at, now.after(delay));
        let update = Expression::new("SET #dueSk = :next, #dueFailures = :attempts");
        let update = update.text("next", next.sk).number("attempts", self.attempts());
        let condition = Expression::new("#dueSk = :seen").text("seen", &self.seen);
        Write::on(condition, self.at.clone(), Action::Update(update))
    }

    /// How often it was tried, this time included.
    pub fn attempts(&self) -> u64 {
        self.failures + 1
    }

    /// Which entity's it is.
    pub fn entity(&self) -> &str {
        &self.entity
    }

    /// Where it is in the table.
    pub fn key_text(&self) -> String {
        format!("{} {}", self.at.pk, self.at.sk)
    }
}
