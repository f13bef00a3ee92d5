//! The body of an import: rows in JSON, or a CSV table.

use std::borrow::Cow;

use api_runtime::http::body::{self, Body, BodyError};
use deserr::{Deserr, IntoValue, Map, ValueKind, ValuePointerRef};
use domain::fault::{check_length, parse_and_check, wrong_kind};
use domain::value::Values;
use domain::{Fault, Faults, Problem, ProblemKind};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::csv_rows;
use super::rows::{Cell, CellValue, MOST_ROWS, Row, Separator, fault};

/// Body of an import, parsed.
#[derive(Debug)]
pub struct ImportTable {
    /// Rows in the order in which they were sent.
    pub rows: Vec<Row>,
    /// Separator of the table's cells; `None` for rows in JSON.
    pub separator: Option<Separator>,
}

const CSV: &str = "text/csv";

impl Body for ImportTable {
    /// 4 MB in base64 still fit into the 6 MB that Lambda accepts as a payload; as text they fit unless most characters
    /// must be escaped.
    const LARGEST: usize = 4 * 1024 * 1024;
    const ALSO: &'static [&'static str] = &[CSV];

    fn read(content_type: Option<&str>, bytes: &[u8]) -> Result<Self, BodyError> {
        let media = body::media_type(content_type, Self::ALSO)?;
        let charset =
            content_type.and_then(|kind| kind.to_ascii_lowercase().split("charset=").nth(1).map(charset));
        if charset.is_some_and(|charset| !charsets(media).contains(&charset.as_str())) {
            let detail = match media {
                CSV => "a table must be sent in UTF-8 or UTF-16",
                _ => "the body must be sent in UTF-8",
            };
            return Err(BodyError::Problem(Problem::new(
                ProblemKind::MediaType,
                "unsupported-charset",
                detail,
            )));
        }
        let text = &*text(media, bytes).map_err(BodyError::Faults)?;
        let read = match media {
            CSV => csv_rows::parse(text).map(|(rows, separator)| Self { rows, separator: Some(separator) }),
            _ => body::parse(text.as_bytes()).map(|JsonImportBody { rows: Rows(rows) }| {
                let row = |SentRow { entitlement, details: Cells(cells) }: SentRow| Row {
                    line: None,
                    entitlement,
                    cells: Ok(cells),
                };
                Self { rows: rows.into_iter().map(row).collect(), separator: None }
            }),
        };
        read.map_err(BodyError::Faults)
    }

    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<JsonImportBody>())
    }
}

/// Returns the value at the beginning of a media type parameter's text; it may be quoted.
fn charset(parameter: &str) -> String {
    parameter.split(';').next().unwrap_or_default().trim().trim_matches('"').to_owned()
}

/// Returns the names of the encodings in which a body may be sent. A byte order mark takes precedence over them.
fn charsets(media: &str) -> &'static [&'static str] {
    match media {
        CSV => &["utf-8", "utf8", "us-ascii", "utf-16", "utf-16le", "utf-16be"],
        _ => &["utf-8", "utf8", "us-ascii"],
    }
}

/// Returns the body as text, unless it is empty, compressed or in another encoding. A table may also be in UTF-16 with
/// a byte order mark, as spreadsheets write it.
fn text<'a>(media: &str, bytes: &'a [u8]) -> Result<Cow<'a, str>, Faults> {
    match bytes {
        [] => Err(fault("empty-body", "the body is empty")),
        [0x1f, 0x8b, ..] => Err(fault("compressed", "the body is compressed: send it as plain text")),
        [0xff, 0xfe, units @ ..] if media == CSV => utf_16(units, u16::from_le_bytes).map(Cow::Owned),
        [0xfe, 0xff, units @ ..] if media == CSV => utf_16(units, u16::from_be_bytes).map(Cow::Owned),
        [_, 0, ..] | [0, _, ..] if media == CSV => {
            let detail = "is UTF-16 without a byte order mark; send it with the mark, or as UTF-8";
            Err(fault("not-utf-8", detail))
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [_, 0, ..] | [0, _, ..] => {
            Err(fault("not-utf-8", "is UTF-16; send it as UTF-8"))
        }
        _ => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
            let line = line_after(bytes.get(..error.valid_up_to()).unwrap_or(bytes));
            fault("not-utf-8", format!("is not UTF-8, from line {line} on"))
        }),
    }
}

/// Returns the line that follows a text, counted from 1.
fn line_after(text: &[u8]) -> usize {
    let nexts = text.iter().skip(1).map(Some).chain([None]);
    1 + text.iter().zip(nexts).filter(|(byte, next)| csv_rows::ends_line(**byte, *next)).count()
}

/// Decodes UTF-16, given how two bytes make a unit.
fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Faults> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let mut text = String::with_capacity(bytes.len());
    let whole = char::decode_utf16(units).all(|character| character.map(|c| text.push(c)).is_ok());
    if whole && rest.is_empty() {
        return Ok(text);
    }
    let line = line_after(text.as_bytes());
    Err(fault("invalid-utf-16", format!("begins as UTF-16, but is not UTF-16 from line {line} on")))
}

/// JSON body of an import.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename = "DetailsImport", rename_all = "camelCase", deny_unknown_fields)]
struct JsonImportBody {
    /// Rows to import: 1 to 10,000.
    rows: Rows,
}

#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
struct Rows(#[schemars(length(min = 1, max = 10_000))] Vec<SentRow>);

impl Deserr<Faults> for Rows {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let check = |sent: &serde_json::Value| {
            sent.as_array().and_then(|rows| check_length(rows, MOST_ROWS)).into_iter().collect()
        };
        parse_and_check(value, location, check).map(Self)
    }
}

/// New values for some fields of one entitlement.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(rename = "ImportRow", deny_unknown_fields)]
struct SentRow {
    /// Id, number or external id of the entitlement. At most one row may name an entitlement.
    entitlement: String,
    /// New values, keyed by field name or field id. An empty list removes the field's values; fields that are not named
    /// keep theirs.
    details: Cells,
}

#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
struct Cells(#[schemars(with = "std::collections::BTreeMap<String, Values>")] Vec<Cell>);

/// An invalid cell is not a fault of the whole body but a failure of its row.
impl Deserr<Faults> for Cells {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let map = match value {
            deserr::Value::Map(map) => map,
            other => return Err(wrong_kind(other, &[ValueKind::Map], location)),
        };
        let mut cells = Vec::new();
        for (field, value) in map.into_iter() {
            let parsed = Values::deserialize_from_value(value.into_value(), ValuePointerRef::Origin);
            let value = match parsed {
                Ok(Values { values }) => CellValue::Values(values),
                Err(Faults(faults)) => {
                    CellValue::Malformed(faults.first().map_or_else(String::new, Fault::sentence))
                }
            };
            cells.push(Cell { field: field.into(), value });
        }
        Ok(Self(cells))
    }
}
