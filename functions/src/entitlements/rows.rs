//! The rows of an import, and their cells.

use std::borrow::Cow;
use std::sync::Arc;

use deserr::Deserr;
use domain::value::Value;
use domain::{Fault, FaultPointer, Faults, FieldKind, ParseError};
use schemars::JsonSchema;

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

/// Separator of a table's cells.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Separator {
    /// `,`, as in RFC 4180.
    #[default]
    Comma,
    /// `;`, as spreadsheets write where the comma is the decimal mark.
    Semicolon,
    /// A tab, as spreadsheets write "Unicode text".
    Tab,
}

impl Separator {
    /// All separators.
    pub const ALL: [Self; 3] = [Self::Comma, Self::Semicolon, Self::Tab];

    /// Returns the character, which is ASCII.
    pub fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

/// New values for some fields of one entitlement.
#[derive(Debug)]
pub struct Row {
    /// Line of the table on which the row begins, counted from 1; `None` for rows in JSON.
    pub line: Option<usize>,
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
    /// New values of the field, as they were sent.
    pub value: CellValue,
}

/// New values of a field, as they were sent.
#[derive(Debug)]
pub enum CellValue {
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

/// Returns the fault of a body that cannot be read as rows.
pub fn fault(code: &str, detail: impl Into<String>) -> Faults {
    Faults(vec![Fault::new(FaultPointer::pointer(&[]), code, detail)])
}
