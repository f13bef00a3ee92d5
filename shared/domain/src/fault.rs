//! Faults of a request, and their places. Parsing continues after the first fault, so that a caller learns of all of
//! them at once.

use std::fmt::Display;
use std::ops::{ControlFlow, RangeInclusive};

use deserr::{
    DeserializeError, Deserr, ErrorKind, IntoValue, MergeWithError, ValueKind, ValuePointerRef,
    take_cf_content,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::unicode::escaped;

/// Error of a text that does not have the required form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// Stable error code in kebab-case.
    pub code: &'static str,
    /// Explanation for people: one lower-case sentence, with the caller's text in backticks.
    pub detail: String,
}

impl ParseError {
    /// Creates an error from its code and explanation.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

impl Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for ParseError {}

/// Place of a fault in a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FaultPointer {
    /// JSON pointer (RFC 6901) to a field of the body.
    Pointer(String),
    /// Name of a path or query parameter, or of a header.
    Parameter(String),
}

impl FaultPointer {
    /// Returns the place of the field of the body at these steps.
    pub fn pointer(steps: &[&dyn Display]) -> Self {
        Self::Pointer(steps.iter().map(step).collect())
    }

    /// Returns the place of a path or query parameter, or of a header.
    pub fn parameter(name: impl Into<String>) -> Self {
        Self::Parameter(name.into())
    }
}

/// One fault of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fault {
    /// Place of the fault.
    #[serde(flatten)]
    pub at: FaultPointer,
    /// Stable error code in kebab-case, for programs to act on.
    pub code: String,
    /// Explanation for people, in one sentence.
    pub detail: String,
    /// Limit that the request exceeds. Absent if the fault is not about a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Amount of the limit that is already used. Absent if it does not apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
}

impl Fault {
    /// Creates a fault without a limit.
    pub fn new(at: FaultPointer, code: &str, detail: impl Into<String>) -> Self {
        Self { at, code: code.to_owned(), detail: detail.into(), limit: None, used: None }
    }

    /// Returns the fault as one sentence: its place, if it is not the whole body, and its explanation.
    pub fn sentence(&self) -> String {
        match &self.at {
            FaultPointer::Pointer(place) if place.is_empty() => self.detail.clone(),
            FaultPointer::Pointer(place) | FaultPointer::Parameter(place) => {
                format!("`{}`: {}", escaped(place), self.detail)
            }
        }
    }

    /// Returns the fault with the limit that the request exceeds, and the amount of it that is already used.
    pub fn with_limit(self, limit: u64, used: Option<u64>) -> Self {
        Self { limit: Some(limit), used, ..self }
    }
}

/// Codes of faults in the form of a request, with their meanings.
pub const SHAPE_CODES: &[(&str, &str)] = &[
    ("ambiguous", "several columns or cells claim the same value"),
    ("ambiguous-external-id", "the external id does not name one entitlement"),
    ("compressed", "the body is compressed: send it as plain text"),
    ("control-character", "the text has a control or invisible character"),
    ("duplicate", "the value or name is given more than once"),
    ("duplicate-column", "the table has two columns of the same name"),
    ("duplicate-row", "an earlier row names the same entitlement (rows of an import)"),
    ("empty-body", "the body is empty"),
    ("empty-update", "the request has nothing to change"),
    ("grantee-required", "the grant has neither members nor a level for all"),
    ("idempotency-key-missing", "the operation requires an `Idempotency-Key`"),
    ("invalid", "the value is not usable; `detail` says why"),
    ("invalid-base64", "the body is marked as base64 and is none"),
    ("invalid-boolean", "the value must be `true` or `false`"),
    ("invalid-code", "the code has characters that codes do not have"),
    ("invalid-csv", "the table is not CSV"),
    ("invalid-duration", "the value is no ISO 8601 duration of the accepted form"),
    ("invalid-email", "the value is no e-mail address"),
    ("invalid-entitlement-number", "the value is no entitlement number"),
    ("invalid-etag", "the value is no `ETag` of this API"),
    ("invalid-header", "the first line of the table is no header that imports take"),
    ("invalid-id", "the value is no id of this kind"),
    ("invalid-idempotency-key", "the key is not 1 to 255 printable ASCII characters"),
    ("invalid-interval", "the end is not after the beginning"),
    ("invalid-json", "the body is not JSON"),
    ("invalid-language", "the value is no language tag"),
    ("invalid-length", "the text is too short or too long"),
    ("invalid-month", "the value is no month"),
    ("invalid-page-token", "the token was not issued for this caller and query"),
    ("invalid-quotes", "the quotes of a CSV cell do not match"),
    ("invalid-site-url", "the value is no address of a site"),
    ("invalid-time", "the value is no RFC 3339 time of the accepted form"),
    ("invalid-time-zone", "the value is no IANA time zone"),
    ("invalid-utf-16", "the table has the byte order mark of UTF-16 and is not UTF-16"),
    ("missing", "the value is required"),
    ("no-options", "a field of this type needs options"),
    ("no-visible-character", "the text has no visible character"),
    ("not-an-app", "only an app can have this value"),
    ("not-of-organization", "the parameter cannot be combined with `organizationId`"),
    ("not-with-name", "the parameter cannot be combined with `name`"),
    ("not-utf-8", "the body is neither UTF-8 nor, if it is a table, UTF-16 with a byte order mark"),
    ("out-of-range", "the number is too small or too large"),
    ("outside-month", "the time is not in the month"),
    ("surrounding-space", "the text begins or ends with white space"),
    ("too-few", "the list has too few items"),
    ("too-many", "the list has too many items"),
    ("unknown-entitlement", "no entitlement has this id, number or external id (rows of an import)"),
    ("unknown-field", "no field or parameter has this name"),
    ("unknown-line", "no line has this index"),
    ("unknown-value", "the value is none of the known ones"),
    ("unsearchable", "the text has nothing that a search by name could find"),
    ("wrong-length", "the list has another number of items than required"),
    ("wrong-number-of-cells", "the row has a value after the last column of the header"),
    ("wrong-type", "the value has another JSON type than required"),
];

/// All faults of one kind of problem.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// Creates the fault of a text at a location of the body.
    pub fn invalid(location: ValuePointerRef<'_>, invalid: ParseError) -> Self {
        Self(vec![Fault::new(place(location), invalid.code, invalid.detail)])
    }

    /// Returns the faults as those of parameters instead of fields of the body.
    pub fn of_parameters(self) -> Self {
        let relocate = |fault: Fault| match fault.at {
            FaultPointer::Pointer(path) => {
                let name = path.strip_prefix('/').unwrap_or(&path).replace("~1", "/").replace("~0", "~");
                Fault { at: FaultPointer::Parameter(name), ..fault }
            }
            FaultPointer::Parameter(_) => fault,
        };
        Self(self.0.into_iter().map(relocate).collect())
    }
}

fn place(location: ValuePointerRef<'_>) -> FaultPointer {
    FaultPointer::Pointer(pointer(location))
}

/// Returns a location as a JSON pointer, cut to 400 characters: only names that the caller chose make it longer.
pub fn pointer(location: ValuePointerRef<'_>) -> String {
    const LONGEST: usize = 400;
    fn whole(location: ValuePointerRef<'_>) -> String {
        match location {
            ValuePointerRef::Origin => String::new(),
            ValuePointerRef::Key { key, prev } => whole(*prev) + &step(key),
            ValuePointerRef::Index { index, prev } => whole(*prev) + &step(index),
        }
    }
    shortened(&whole(location), LONGEST)
}

/// Returns one step of a JSON pointer (RFC 6901), escaped, and cut to 100 characters.
fn step(name: impl Display) -> String {
    const LONGEST: usize = 100;
    format!("/{}", shortened(&name.to_string(), LONGEST).replace('~', "~0").replace('/', "~1"))
}

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn kind_in_words(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Null => "null",
        ValueKind::Boolean => "true or false",
        ValueKind::Integer => "a whole number",
        ValueKind::NegativeInteger => "a negative whole number",
        ValueKind::Float => "a number with a fraction or too many digits",
        ValueKind::String => "a text",
        ValueKind::Sequence => "a list",
        ValueKind::Map => "an object",
    }
}

fn listed<T>(items: &[T], word: impl Fn(&T) -> String) -> String {
    items.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// Returns a caller's text as a problem may show it: in backticks, cut to 60 characters and 90 bytes, with tabs, line
/// breaks and invisible characters escaped, because they may be what is wrong with the text.
pub fn quoted(text: &str) -> String {
    const CHARACTERS: usize = 60;
    /// Leaves room for the reason in the short texts of an import's report.
    const BYTES: usize = 90;
    let mut shown = String::new();
    for c in shortened(text, CHARACTERS).chars() {
        let next = escaped(c.encode_utf8(&mut [0; 4]));
        if shown.len() + next.len() > BYTES {
            shown.push('…');
            break;
        }
        shown.push_str(&next);
    }
    format!("`{shown}`")
}

impl MergeWithError<Faults> for Faults {
    fn merge(faults: Option<Self>, other: Self, _: ValuePointerRef<'_>) -> ControlFlow<Self, Self> {
        let mut all = faults.unwrap_or_default();
        all.0.extend(other.0);
        ControlFlow::Continue(all)
    }
}

impl DeserializeError for Faults {
    fn error<V: IntoValue>(
        faults: Option<Self>,
        error: ErrorKind<'_, V>,
        location: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let at = place(location);
        let fault = match error {
            ErrorKind::IncorrectValueKind { actual, accepted } => {
                let accepted = listed(accepted, |kind| kind_in_words(*kind).to_owned());
                let found = kind_in_words(actual.kind());
                Fault::new(at, "wrong-type", format!("must be {accepted}, but is {found}"))
            }
            ErrorKind::MissingField { field } => {
                Fault::new(place(location.push_key(field)), "missing", "is required")
            }
            ErrorKind::UnknownKey { key, accepted } => {
                let known = match accepted {
                    [] => "is not known here".to_owned(),
                    known => {
                        format!("is not known here; known are {}", listed(known, |name| format!("`{name}`")))
                    }
                };
                Fault::new(place(location.push_key(key)), "unknown-field", known)
            }
            ErrorKind::UnknownValue { value, accepted } => {
                let accepted = listed(accepted, |name| format!("`{name}`"));
                Fault::new(at, "unknown-value", format!("{} is none of {accepted}", quoted(value)))
            }
            ErrorKind::BadSequenceLen { expected, .. } => {
                Fault::new(at, "wrong-length", format!("must have {expected} items"))
            }
            ErrorKind::Unexpected { msg } => Fault::new(at, "invalid", msg),
        };
        Self::merge(faults, Self(vec![fault]), location)
    }
}

/// Reads a text at `location` and parses it, for types that are represented as a text.
pub fn parse_text<T, V>(value: deserr::Value<V>, location: ValuePointerRef<'_>) -> Result<T, Faults>
where
    T: std::str::FromStr<Err = ParseError>,
    V: IntoValue,
{
    let text = String::deserialize_from_value(value, location)?;
    text.parse().map_err(|invalid| Faults::invalid(location, invalid))
}

/// Rules between the fields of an object, or the items of a list. They are checked in the sent value, not in the
/// parsed one, so that a fault in one field does not hide faults between fields.
pub trait Check {
    /// Returns the faults, each with the JSON pointer to its place below the checked value.
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)>;
}

/// Value that was parsed and checked.
#[derive(Debug, Clone)]
pub struct Validated<T>(pub T);

impl<T: Deserr<Faults> + Check> Deserr<Faults> for Validated<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        parse_and_check(value, location, T::check).map(Self)
    }
}

impl<T: JsonSchema> JsonSchema for Validated<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

/// Parses a value, and reports the faults that `check` finds together with those of parsing.
pub fn parse_and_check<T, V>(
    value: deserr::Value<V>,
    location: ValuePointerRef<'_>,
    check: impl Fn(&serde_json::Value) -> Vec<(String, ParseError)>,
) -> Result<T, Faults>
where
    T: Deserr<Faults>,
    V: IntoValue,
{
    let sent: serde_json::Value = value.into();
    let found = check(&sent).into_iter().map(|(below, invalid)| {
        Fault::new(FaultPointer::Pointer(pointer(location) + &below), invalid.code, invalid.detail)
    });
    let mut faults = Faults(found.collect());
    let parsed = collect(&mut faults, T::deserialize_from_value(sent.into_value(), location));
    parsed.filter(|_| faults.0.is_empty()).ok_or(faults)
}

/// Parses an integer that must be in `range`.
pub fn parse_number<V: IntoValue>(
    value: deserr::Value<V>,
    location: ValuePointerRef<'_>,
    range: RangeInclusive<u64>,
) -> Result<u64, Faults> {
    let (found, exceeds) = match value {
        deserr::Value::Integer(number) if range.contains(&number) => return Ok(number),
        deserr::Value::Integer(number) => (number.to_string(), number > *range.end()),
        deserr::Value::NegativeInteger(number) => (number.to_string(), false),
        other => return Err(wrong_kind(other, &[ValueKind::Integer], location)),
    };
    let detail = format!("must be {} to {}, but is {found}", range.start(), range.end());
    let fault = Fault::new(place(location), "out-of-range", detail);
    Err(Faults(vec![if exceeds { fault.with_limit(*range.end(), None) } else { fault }]))
}

/// Returns the fault of a list that does not have 1 to `most` items.
pub fn check_length(list: &[serde_json::Value], most: usize) -> Option<(String, ParseError)> {
    let invalid = match list.len() {
        0 => ParseError::new("too-few", "must have at least one item"),
        count if count > most => {
            ParseError::new("too-many", format!("has {count} items, and at most {most} are taken"))
        }
        _ => return None,
    };
    Some((String::new(), invalid))
}

/// Adds the faults of `other`, if it has any, to `faults`, and returns its value.
pub fn collect<T>(faults: &mut Faults, other: Result<T, Faults>) -> Option<T> {
    other.map_err(|more| faults.0.extend(more.0)).ok()
}

/// Returns the fault of a value whose JSON type is not among `accepted`.
pub fn wrong_kind<V: IntoValue>(
    actual: deserr::Value<V>,
    accepted: &[ValueKind],
    location: ValuePointerRef<'_>,
) -> Faults {
    take_cf_content(Faults::error(None, ErrorKind::IncorrectValueKind { actual, accepted }, location))
}
