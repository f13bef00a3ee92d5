//! Cancellations of an order, as they count for one of its subscriptions.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::time::Timestamp;

/// Distinct times of cancellations, in any order of arrival. The first one at or after the last renewal counts, so
/// later ones are kept, too: a renewal that arrives late may lie after the first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Cancellations(BTreeSet<Timestamp>);

impl Cancellations {
    /// Maximum number of times that are kept. Beyond it, the latest but one is dropped: whether a subscription is
    /// cancelled never depends on the order of its messages, and its time only if a store cancels more than 100 times
    /// between two renewals.
    pub const MOST: usize = 100;

    /// Adds a cancellation, and drops those before the last renewal except the first of all, which shows that the
    /// renewal followed a cancellation. Returns whether the cancellation is new and kept.
    pub fn add(&mut self, at: Timestamp, renewed_at: Option<Timestamp>) -> bool {
        let is_new = self.0.insert(at);
        let first = self.first();
        self.0.retain(|one| Some(*one) == first || renewed_at.is_none_or(|renewed| renewed <= *one));
        if self.0.len() > Self::MOST
            && let Some(last_but_one) = self.0.iter().rev().nth(1).copied()
        {
            self.0.remove(&last_but_one);
        }
        is_new && self.0.contains(&at)
    }

    /// Returns the first cancellation of all.
    pub fn first(&self) -> Option<Timestamp> {
        self.0.first().copied()
    }

    /// Returns the cancellation that counts: the first one at or after the last renewal.
    pub fn first_since(&self, renewed_at: Option<Timestamp>) -> Option<Timestamp> {
        self.0.iter().copied().find(|at| renewed_at.is_none_or(|renewed| renewed <= *at))
    }

    /// Returns whether this cancellation is among them.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.0.contains(&at)
    }

    /// Returns the times, ascending.
    pub fn times(&self) -> impl Iterator<Item = Timestamp> + '_ {
        self.0.iter().copied()
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Timestamp> for Cancellations {
    fn from_iter<I: IntoIterator<Item = Timestamp>>(times: I) -> Self {
        let mut all = Self::default();
        for at in times {
            all.add(at, None);
        }
        all
    }
}

/// Reads stored cancellations, also those of items that were stored when only the latest was kept.
pub(super) fn stored<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cancellations, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored {
        Latest(Timestamp),
        All(BTreeSet<Timestamp>),
    }
    Stored::deserialize(deserializer).map(|stored| match stored {
        Stored::Latest(at) => Cancellations(BTreeSet::from([at])),
        Stored::All(all) => Cancellations(all),
    })
}
