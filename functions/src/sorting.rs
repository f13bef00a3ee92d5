//! Order of lists that no key has: the items are read up to a limit and sorted.

use domain::search::sort_key;
use domain::{ErrorKind, Fault, FaultPointer, Name, Problem, Timestamp};

/// Maximum number of items that are sorted by what is in no key.
pub const MOST_SORTED: usize = 1_000;

/// The list has more items than can be sorted.
pub const TOO_MANY_TO_SORT: ErrorKind = ErrorKind::rule(
    "too-many-to-sort",
    "the list has too many items to sort: list them without `sort`, or select fewer of them",
);

/// Returns the refusal to sort more than `most` items.
pub fn too_many_to_sort(most: usize) -> Problem {
    let ErrorKind { kind, code, about } = TOO_MANY_TO_SORT;
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    let fault = Fault::new(FaultPointer::parameter("sort"), code, about).with_limit(most, None);
    Problem::of(kind, vec![fault])
}

/// Returns the position of an item that is sorted by its expiry; items without one come last.
pub fn expiry_position(expires_at: Option<Timestamp>, id: &str) -> String {
    let expiry = expires_at.map_or_else(|| char::MAX.to_string(), |expiry| expiry.to_string());
    format!("{expiry}#{id}")
}

/// Returns the position of an item that is sorted by a name, ignoring case, accents and punctuation; items without one
/// come first.
pub fn name_position(name: Option<&Name>, id: &str) -> String {
    format!("{}#{id}", name.map(|name| sort_key(name.as_str())).unwrap_or_default())
}
