//! Erasure of people: a sequence that begins with a record that is due, and is continued by the schedule. Every step is one
//! transaction that may be repeated. What is erased is found by the e-mail, and by the records that had it.
//!
//! Indexes are eventually consistent, so the schedule looks once more a minute later, and only then removes what finds the
//! rest. What the e-mail got after the erasure began belongs to a new record and is left as it is.

automod::dir!(pub "src/erasure");

use api_runtime::table::Error;
use api_runtime::{Change, Context, Failure};
use domain::service_request::Person;
use domain::{Email, Timestamp};

/// Commits a step, unless there is nothing to do. Returns the number of items, or 1 if a concurrent write made the step
/// stale: then there is, or may be, something left.
async fn apply(context: &Context<'_>, change: Change) -> Result<usize, Failure> {
    let items = change.items();
    if items == 0 {
        return Ok(0);
    }
    match context.apply(change).await {
        Ok(()) => Ok(items),
        Err(Failure::Table(Error::Contended(_))) => Ok(1),
        Err(failure) => Err(failure),
    }
}

/// Returns whether a person without a record is the one with this e-mail.
fn is_unrecorded(person: &Person, email: &Email) -> bool {
    matches!(person, Person::Unrecorded { email: own } if own == email)
}

/// Returns whether something that happened at a time belongs to a person whose erasure began at `until`.
fn is_before(time: Timestamp, until: Timestamp) -> bool {
    time <= until
}
