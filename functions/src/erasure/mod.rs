//! Erasure of people: a sequence that begins with a record that is due, and is continued by the schedule. Every step is one
//! transaction that may be repeated. The items to erase are found by the e-mail, and by the records that had it.
//!
//! Indexes are eventually consistent, so the schedule repeats the search a minute later, and only then removes the items by
//! which others are found. A record or mention that the e-mail got after the erasure began belongs to another person and is
//! left unchanged.

automod::dir!(pub "src/erasure");

use std::ops::AddAssign;

use api_runtime::table::Error;
use api_runtime::{Change, Context, Failure};
use domain::service_request::Person;
use domain::{Email, Timestamp};

/// Work that steps have done.
#[derive(Debug, Clone, Copy, Default)]
pub struct Work {
    /// Number of items that were written.
    items: usize,
    /// Whether a concurrent write made a step stale, so that the step must be repeated.
    is_contended: bool,
}

impl Work {
    /// Returns whether nothing was left to do.
    fn is_none(self) -> bool {
        self.items == 0 && !self.is_contended
    }
}

impl AddAssign for Work {
    fn add_assign(&mut self, other: Self) {
        self.items += other.items;
        self.is_contended |= other.is_contended;
    }
}

/// Commits a step, unless it has nothing to do.
async fn apply(context: &Context<'_>, change: Change) -> Result<Work, Failure> {
    let items = change.items();
    if items == 0 {
        return Ok(Work::default());
    }
    match context.apply(change).await {
        Ok(()) => Ok(Work { items, is_contended: false }),
        Err(Failure::Table(Error::Contended(_))) => Ok(Work { items: 0, is_contended: true }),
        Err(failure) => Err(failure),
    }
}

/// Returns whether a person without a record is the one with this e-mail.
fn is_unrecorded(person: &Person, email: &Email) -> bool {
    matches!(person, Person::Unrecorded { email: own } if own == email)
}

/// Returns whether a mention of the e-mail at this time is of the person whose erasure began at `until`.
fn is_before(time: Timestamp, until: Timestamp) -> bool {
    time <= until
}
