//! Sequence of messages: decides which of several messages about an object is the latest.

use deserr::{Deserr, IntoValue, ValuePointerRef};
use schemars::JsonSchema;

use crate::fault::{Faults, ParseError, parse_number};
use crate::problem::ErrorKind;
use crate::time::{ReportedTime, Timestamp};

/// Sequence number of a message; 1 to the largest integer that every JSON number represents exactly (2^53 - 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sequence(u64);

impl Sequence {
    const MOST: u64 = 9_007_199_254_740_991;

    /// Returns the number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl Deserr<Faults> for Sequence {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        parse_number(value, location, 1..=Self::MOST).map(Self)
    }
}

impl JsonSchema for Sequence {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Sequence".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": Self::MOST })
    }
}

/// Returns the mark that orders messages about the same object: the sequence number, or the time in milliseconds since
/// 1970. A source must always use the same one of the two.
///
/// # Errors
///
/// [`ReportedTime::IN_FUTURE`].
pub fn mark(
    sequence: Option<Sequence>,
    occurred_at: Option<ReportedTime>,
    now: Timestamp,
) -> Result<u64, ErrorKind> {
    let occurred_at = occurred_at.map(|time| time.instant(now)).transpose()?;
    Ok(sequence.map(Sequence::get).or(occurred_at.map(Timestamp::unix_millis)).unwrap_or_default())
}

/// Checks that a message has exactly one of `sequence` and `occurredAt`.
pub fn check_mark(sent: &serde_json::Value) -> Option<(String, ParseError)> {
    let has = |name: &str| sent.get(name).is_some_and(|value| !value.is_null());
    let (place, invalid) = match (has("sequence"), has("occurredAt")) {
        (true, true) => {
            ("", ParseError::new("ambiguous", "must have either `sequence` or `occurredAt`, not both"))
        }
        (false, false) if sent.is_object() => {
            ("/sequence", ParseError::new("missing", "is required, unless `occurredAt` is given"))
        }
        _ => return None,
    };
    Some((place.to_owned(), invalid))
}
