//! The rows of an import, parsed from a CSV table (RFC 4180).

use std::collections::HashSet;
use std::sync::Arc;

use domain::fault::quoted;
use domain::unicode::lookup_form;
use domain::{Faults, ParseError};

use super::rows::{Cell, CellValue, MOST_ROWS, Row, fault};

/// Parses rows from a table: the first column names the entitlement, and each other column is a field.
///
/// # Errors
///
/// The faults for which the table cannot be read as rows.
pub fn parse(text: &str) -> Result<Vec<Row>, Faults> {
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
        false => Ok(rows),
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
