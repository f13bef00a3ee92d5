//! Orders of the lists of an organization's customers and a partner's members. Each list has one order in its key; for the
//! others the whole list is read, up to a bound.

use deserr::Deserr;
use domain::search::sort_key;
use domain::{Email, ErrorKind, Fault, FaultPointer, Faults, Name, Problem};
use schemars::JsonSchema;
use serde::Serialize;

/// Maximum number of people that are sorted by what is in no key.
pub const MOST_SORTED: usize = 1_000;

/// The list has more people than can be sorted.
pub const TOO_MANY_TO_SORT: ErrorKind = ErrorKind::rule(
    "too-many-to-sort",
    "there are too many people to sort: list them without `sort`, or search for some of them",
);

/// Order of a list of people.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[serde(rename_all = "camelCase")]
pub enum PersonSort {
    /// By name, ignoring case, accents and punctuation.
    #[default]
    Name,
    /// By e-mail.
    Email,
    /// By creation, oldest first.
    CreatedAt,
}

impl PersonSort {
    /// Returns the position of a person in the list, which is unique; ids sort by creation.
    pub fn position(self, name: &Name, email: &Email, id: &str) -> String {
        match self {
            Self::Name => format!("{}#{id}", sort_key(name.as_str())),
            Self::Email => format!("{}#{id}", email.folded()),
            Self::CreatedAt => id.to_owned(),
        }
    }
}

/// Returns the refusal to sort more than [`MOST_SORTED`] people.
pub fn too_many_to_sort() -> Problem {
    let ErrorKind { kind, code, about } = TOO_MANY_TO_SORT;
    let most = u64::try_from(MOST_SORTED).unwrap_or(u64::MAX);
    let fault = Fault::new(FaultPointer::parameter("sort"), code, about).with_limit(most, None);
    Problem::of(kind, vec![fault])
}
