//! What is wrong with a request, place by place. Parsing goes on after the first fault, so that a caller
//! learns of all of them at once.

use std::fmt::Display;
use std::ops::ControlFlow;

use deserr::{
    DeserializeError, Deserr, ErrorKind, IntoValue, MergeWithError, ValueKind, ValuePointerRef,
    take_cf_content,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::unicode::tame;

/// Why a text is not what it should be: a stable code and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// Stable, kebab-case.
    pub code: &'static str,
    /// One lower-case sentence; what the caller sent stands in backticks.
    pub detail: String,
}

impl ParseError {
    /// A value that is not of its form.
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

/// Where in a request a fault is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FaultPointer {
    /// A JSON pointer (RFC 6901) into the body.
    Pointer(String),
    /// The name of a path or query parameter, or of a header.
    Parameter(String),
}

impl FaultPointer {
    /// The body's field at these steps.
    pub fn pointer(steps: &[&dyn Display]) -> Self {
        Self::Pointer(steps.iter().map(step).collect())
    }

    /// A path or query parameter, or a header.
    pub fn parameter(name: impl Into<String>) -> Self {
        Self::Parameter(name.into())
    }
}

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fault {
    /// Where.
    #[serde(flatten)]
    pub at: FaultPointer,
    /// Stable, kebab-case: what a program decides by.
    pub code: String,
    /// One sentence for people.
    pub detail: String,
    /// The limit that was hit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// How much of the limit is used up already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
}

impl Fault {
    /// A fault without limits.
    pub fn new(at: FaultPointer, code: &str, detail: impl Into<String>) -> Self {
        Self { at, code: code.to_owned(), detail: detail.into(), limit: None, used: None }
    }

    /// The same fault with the limit that was hit and what is used of it.
    pub fn with_limit(self, limit: u64, used: Option<u64>) -> Self {
        Self { limit: Some(limit), used, ..self }
    }
}

/// All faults of one kind of problem.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// The faults of a text at this place.
    pub fn invalid(location: ValuePointerRef<'_>, invalid: ParseError) -> Self {
        Self(vec![Fault::new(place(location), invalid.code, invalid.detail)])
    }

    /// The same faults, seen as faults of parameters instead of body fields.
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

/// A location as a JSON pointer; of one that only a caller's own names make long, the beginning.
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

/// One step of a JSON pointer, escaped (RFC 6901).
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
        ValueKind::Float => "a number with a point, an exponent, or too many digits",
        ValueKind::String => "a text",
        ValueKind::Sequence => "a list",
        ValueKind::Map => "an object",
    }
}

fn listed<T>(items: &[T], word: impl Fn(&T) -> String) -> String {
    items.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// Caller's text as a problem may show it: in backticks, without what nobody sees or what deceives, not longer than
/// helps.
pub fn quoted(text: &str) -> String {
    const SHOWN: usize = 60;
    let shown = tame(text, SHOWN);
    if text.chars().count() > SHOWN { format!("`{shown}…`") } else { format!("`{shown}`") }
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
                let accepted = match accepted {
                    [] => "nothing is known here".to_owned(),
                    known => format!("known here: {}", listed(known, |name| format!("`{name}`"))),
                };
                Fault::new(
                    place(location.push_key(key)),
                    "unknown-field",
                    format!("is not known; {accepted}"),
                )
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

/// Reads a text at `location` and parses it, for the types that are written as a text.
pub fn parse_text<T, V>(value: deserr::Value<V>, location: ValuePointerRef<'_>) -> Result<T, Faults>
where
    T: std::str::FromStr<Err = ParseError>,
    V: IntoValue,
{
    let text = String::deserialize_from_value(value, location)?;
    text.parse().map_err(|invalid| Faults::invalid(location, invalid))
}

/// What must hold between the fields of an object, or the items of a list. It is looked for in what was sent,
/// not in what was parsed, so that a fault in one field hides none between fields.
pub trait Check {
    /// Each fault, and the JSON pointer to its place below this one.
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)>;
}

/// A value that was parsed and checked.
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

/// Parses a value, and names what `check` finds in it beside what parsing finds.
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

/// Parses a number that must be 1 to `most`.
pub fn parse_number<T, V: IntoValue>(
    value: deserr::Value<V>,
    location: ValuePointerRef<'_>,
    most: u64,
    of: impl Fn(u64) -> Option<T>,
) -> Result<T, Faults> {
    let found = match value {
        deserr::Value::Integer(number) => of(number).ok_or_else(|| number.to_string()),
        deserr::Value::NegativeInteger(number) => Err(number.to_string()),
        other => return Err(wrong_kind(other, &[ValueKind::Integer], location)),
    };
    found.map_err(|found| {
        let detail = format!("must be 1 to {most}, but is {found}");
        let faults = Faults::invalid(location, ParseError::new("out-of-range", detail));
        Faults(faults.0.into_iter().map(|fault| fault.with_limit(most, None)).collect())
    })
}

/// That a list has from one to `most` items.
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

/// Adds `other`'s faults, if any, to `faults`, and keeps its value.
pub fn collect<T>(faults: &mut Faults, other: Result<T, Faults>) -> Option<T> {
    other.map_err(|more| faults.0.extend(more.0)).ok()
}

/// The error of a value that is of another kind than `accepted`.
pub fn wrong_kind<V: IntoValue>(
    actual: deserr::Value<V>,
    accepted: &[ValueKind],
    location: ValuePointerRef<'_>,
) -> Faults {
    take_cf_content(Faults::error(None, ErrorKind::IncorrectValueKind { actual, accepted }, location))
}
