//! Term of a subscription as it was ordered, with its end.

use serde::{Deserialize, Serialize};

use crate::time::{Period, TimeZone, Timestamp};

/// Start, length and end of a subscription as they were ordered. The end is counted once, in the time zone that the
/// organization has when the order is fulfilled, and stored: a later change of the time zone does not move it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "StoredTerm")]
pub struct OrderedTerm {
    starts_at: Timestamp,
    term: Period,
    ordered_end: Timestamp,
}

impl OrderedTerm {
    /// Counts a term from its start on, by the calendar of a time zone.
    pub fn new(starts_at: Timestamp, term: Period, time_zone: TimeZone) -> Self {
        Self { starts_at, term, ordered_end: time_zone.after(starts_at, term) }
    }

    /// Returns the start.
    pub fn starts_at(self) -> Timestamp {
        self.starts_at
    }

    /// Returns the end, exclusive.
    pub fn ends_at(self) -> Timestamp {
        self.ordered_end
    }
}

/// Term as it is stored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredTerm {
    starts_at: Timestamp,
    term: Period,
    /// End of the term; absent in items that were stored when all terms were counted in UTC.
    #[serde(default)]
    ordered_end: Option<Timestamp>,
}

impl From<StoredTerm> for OrderedTerm {
    fn from(StoredTerm { starts_at, term, ordered_end }: StoredTerm) -> Self {
        Self { starts_at, term, ordered_end: ordered_end.unwrap_or_else(|| starts_at.after(term)) }
    }
}
