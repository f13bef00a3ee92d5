//! The rows of an import, parsed from JSON or from a CSV table (RFC 4180).

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use api_runtime::http::body::{self, Body, BodyError};
use deserr::{Deserr, IntoValue, Map, ValueKind, ValuePointerRef};
use domain::fault::{check_length, parse_and_check, quoted, wrong_kind};
use domain::unicode::lookup_form;
use domain::value::{Value, Values};
use domain::{Fault, FaultPointer, Faults, FieldKind, ParseError, Problem, ProblemKind};
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// Maximum number of rows of an import.
pub const MOST_ROWS: usize = 10_000;

/// Treatment of valid rows when other rows of the import are refused.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[serde(rename_all = "camelCase")]
pub enum OnError {
    /// Valid rows are applied, and refused rows are skipped.
    #[default]
    SkipRow,
    /// Nothing is applied.
    Abort,
}

/// Body of an import, parsed.
#[derive(Debug)]
pub struct ImportTable {
    /// Rows in the order in which they were sent.
    pub rows: Vec<Row>,
}

/// New values for some fields of one entitlement.
#[derive(Debug)]
pub struct Row {
    /// Id, number or external id of the entitlement.
    pub entitlement: String,
    /// New values per field, or the reason why the row cannot be read.
    pub cells: Result<Vec<Cell>, ParseError>,
}

/// New values for one field.
#[derive(Debug)]
pub struct Cell {
    /// Name or id of the field.
    pub field: Arc<str>,
    value: CellValue,
}

#[derive(Debug)]
enum CellValue {
    /// Values from JSON.
    Values(Vec<Value>),
    /// Text of a cell in a table; the type of the field decides how it is parsed.
    Text(String),
    /// Error message for JSON that is not a list of values.
    Malformed(String),
}

impl Cell {
    /// Returns the new values of the field, given its type if the field is known.
    ///
    /// # Errors
    ///
    /// A message if the cell does not contain a list of values.
    pub fn values(&self, kind: Option<FieldKind>) -> Result<Cow<'_, [Value]>, &str> {
        match &self.value {
            CellValue::Values(values) => Ok(Cow::Borrowed(values)),
            CellValue::Text(text) if text == CLEAR => Ok(Cow::Borrowed(&[])),
            CellValue::Text(text) if kind == Some(FieldKind::Multiselect) => Ok(Cow::Owned(separated(text))),
            CellValue::Text(text) => Ok(Cow::Owned(vec![Value::Text(unescape(text).to_owned())])),
            CellValue::Malformed(why) => Err(why),
        }
    }
}

/// Text of a cell that removes a field's values; an empty cell keeps them.
const CLEAR: &str = "\\clear";

/// Returns the value that a cell's text stands for: a text of two or more backslashes and `clear` loses one backslash,
/// so that the value `\clear` can be written.
fn unescape(text: &str) -> &str {
    let meant = text.strip_prefix('\\').filter(|rest| rest.trim_start_matches('\\') == "clear");
    meant.filter(|rest| rest.starts_with('\\')).unwrap_or(text)
}

/// Splits the text of a cell into values at `;`. Within a value, `\;` stands for a semicolon and `\\` for a backslash.
fn separated(text: &str) -> Vec<Value> {
    let mut values = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, values.last_mut()) {
            (';', _) => values.push(String::new()),
            ('\\', Some(value)) => match characters.next_if(|next| [';', '\\'].contains(next)) {
                Some(escaped) => value.push(escaped),
                None => value.push('\\'),
            },
            (other, Some(value)) => value.push(other),
            (_, None) => {}
        }
    }
    values.into_iter().map(|value| Value::Text(value.trim().to_owned())).collect()
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
        if charset.is_some_and(|charset| !["utf-8", "utf8", "us-ascii"].contains(&charset.as_str())) {
            let detail = "the body must be sent in UTF-8";
            return Err(BodyError::Problem(Problem::new(
                ProblemKind::MediaType,
                "unsupported-charset",
                detail,
            )));
        }
        let text = text(bytes).map_err(BodyError::Faults)?;
        let read = match media {
            CSV => table(text),
            _ => body::parse(text.as_bytes()).map(|JsonImportBody { rows: Rows(rows) }| {
                let rows = rows
                    .into_iter()
                    .map(|row| Row { entitlement: row.entitlement, cells: Ok(row.details.0) });
                Self { rows: rows.collect() }
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

fn fault(code: &str, detail: impl Into<String>) -> Faults {
    Faults(vec![Fault::new(FaultPointer::pointer(&[]), code, detail)])
}

/// Returns the body as text, unless it is empty, compressed or not UTF-8.
fn text(bytes: &[u8]) -> Result<&str, Faults> {
    match bytes {
        [] => Err(fault("empty-body", "the body is empty")),
        [0x1f, 0x8b, ..] => Err(fault("compressed", "the body is compressed: send it as plain text")),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [_, 0, ..] | [0, _, ..] => {
            Err(fault("not-utf-8", "is UTF-16; send it as UTF-8"))
        }
        _ => std::str::from_utf8(bytes).map_err(|error| {
            let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
            fault("not-utf-8", format!("is not UTF-8, from line {line} on"))
        }),
    }
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
                    CellValue::Malformed(faults.into_iter().next().map_or_else(String::new, detail_of))
                }
            };
            cells.push(Cell { field: field.into(), value });
        }
        Ok(Self(cells))
    }
}

fn detail_of(fault: Fault) -> String {
    match fault.at {
        FaultPointer::Pointer(at) if !at.is_empty() => format!("{at}: {}", fault.detail),
        _ => fault.detail,
    }
}

/// Parses rows from a table: the first column names the entitlement, and each other column is a field.
fn table(text: &str) -> Result<ImportTable, Faults> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check_quotes(text)?;
    let unreadable = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        fault("invalid-csv", format!("cannot be read as CSV from line {line} on"))
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let columns = columns(reader.headers().map_err(unreadable)?)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        if rows.len() == MOST_ROWS {
            let detail = format!("has more than {MOST_ROWS} rows; send it in parts");
            return Err(fault("too-many", detail));
        }
        let (expected, found) = (columns.len() + 1, record.len());
        let mut cells = record.iter();
        let entitlement = cells.next().unwrap_or_default().to_owned();
        let cell = |(field, text): (&Arc<str>, &str)| Cell {
            field: field.clone(),
            value: CellValue::Text(text.to_owned()),
        };
        let cells = match found == expected {
            true => Ok(columns.iter().zip(cells).filter(|(_, text)| !text.is_empty()).map(cell).collect()),
            false => {
                let detail = format!("has {found} cells, and the first line has {expected}");
                Err(ParseError::new("wrong-number-of-cells", detail))
            }
        };
        rows.push(Row { entitlement, cells });
    }
    match rows.is_empty() {
        true => Err(fault("too-few", "must have at least one row after the first line")),
        false => Ok(ImportTable { rows }),
    }
}

/// Checks that every quoted cell is closed, and that nothing follows its closing quote: such cells are ambiguous, and
/// the CSV reader would guess their meaning. A quote within a cell that does not begin with one is data.
fn check_quotes(text: &str) -> Result<(), Faults> {
    let (mut line, mut begun, mut begins) = (1, None, true);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        line += usize::from(character == '\n');
        match (character, begun) {
            ('"', None) if begins => begun = Some(line),
            ('"', Some(_)) if characters.next_if_eq(&'"').is_none() => {
                begun = None;
                if characters.peek().is_some_and(|next| !",\r\n".contains(*next)) {
                    let detail = format!("on line {line} something follows a cell's closing quote");
                    return Err(fault("invalid-quotes", detail));
                }
            }
            _ => {}
        }
        begins = begun.is_none() && ",\r\n".contains(character);
    }
    match begun {
        Some(line) => {
            Err(fault("invalid-quotes", format!("the quoted cell that begins on line {line} does not end")))
        }
        None => Ok(()),
    }
}

/// Returns the names or ids of fields in the header line.
fn columns(header: &csv::StringRecord) -> Result<Vec<Arc<str>>, Faults> {
    let mut faults = Faults::default();
    let mut refuse = |code: &str, detail: String| faults.0.extend(fault(code, detail).0);
    let mut names = header.iter();
    let first = names.next().unwrap_or_default();
    if first != "entitlement" {
        refuse("invalid-header", format!("the first column must be `entitlement`, but is {}", quoted(first)));
    }
    let (mut columns, mut known) = (Vec::<Arc<str>>::new(), HashSet::from(["entitlement".to_owned()]));
    for (index, name) in names.enumerate() {
        if name.is_empty() {
            refuse("invalid-header", format!("column {} has no name", index + 2));
        } else if !known.insert(lookup_form(name)) {
            refuse("duplicate-column", format!("there are several columns {}", quoted(name)));
        }
        columns.push(name.into());
    }
    if faults.0.is_empty() { Ok(columns) } else { Err(faults) }
}
