//! The rows of an import, parsed from a CSV table (RFC 4180).

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use domain::fault::quoted;
use domain::unicode::lookup_form;
use domain::{Fault, Faults, ParseError};

use super::rows::{Cell, CellValue, MOST_ROWS, Row, Separator, fault};

/// Name of the first column.
const ENTITLEMENT: &str = "entitlement";

/// Parses rows from a table: the first column names the entitlement, and each other column is a field. Lines without
/// any value are skipped. Also returns the separator of the table's cells.
///
/// # Errors
///
/// The faults for which the table cannot be read as rows.
pub fn parse(text: &str) -> Result<(Vec<Row>, Separator), Faults> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (stated, table) = stated_separator(text)?;
    let separator = stated.unwrap_or_else(|| separator_of_header(table));
    check_quotes(text, separator)?;
    let mut lines = LineCounter::of(text, table);
    let mut reader = reader(table, separator);
    let mut records = reader.records().filter(|record| record.as_ref().map_or(true, has_value));
    let header = records.next().ok_or_else(|| fault("invalid-header", "the table has no header"))?;
    let (mut columns, mut faults) = Columns::of(&header.map_err(|error| unreadable(&error, &mut lines))?);
    let mut rows = Vec::new();
    for record in records {
        let record = record.map_err(|error| unreadable(&error, &mut lines))?;
        if rows.len() == MOST_ROWS {
            let detail = format!("has more than {MOST_ROWS} rows; send it in parts");
            faults.0.extend(fault("too-many", detail).0);
            break;
        }
        let line = lines.line_of(record.position());
        rows.push(columns.row(&record, line));
    }
    faults.0.extend(columns.unnamed_values());
    match (faults.0.is_empty(), rows.is_empty()) {
        (false, _) => Err(faults),
        (true, true) => Err(fault("too-few", "must have at least one row after the header")),
        (true, false) => Ok((rows, separator)),
    }
}

fn unreadable(error: &csv::Error, lines: &mut LineCounter<'_>) -> Faults {
    let line = lines.line_of(error.position());
    fault("invalid-csv", format!("cannot be read as CSV from line {line} on"))
}

fn reader(table: &str, separator: Separator) -> csv::Reader<&[u8]> {
    let mut reader = csv::ReaderBuilder::new();
    reader.has_headers(false).flexible(true).delimiter(separator.byte()).from_reader(table.as_bytes())
}

fn has_value(record: &csv::StringRecord) -> bool {
    !record.iter().all(str::is_empty)
}

/// Returns the separator that a first line such as `sep=;` states to spreadsheets, if there is such a line, and the
/// table after it. A spreadsheet that saves the line as a row quotes it and adds separators.
fn stated_separator(text: &str) -> Result<(Option<Separator>, &str), Faults> {
    let begin = text.trim_start_matches(['\r', '\n']);
    let (line, table) = begin.split_once(['\r', '\n']).unwrap_or((begin, ""));
    let line = line.replace('"', "");
    match line.split_at_checked("sep=".len()) {
        Some((name, stated)) if name.eq_ignore_ascii_case("sep=") => {
            let is_stated = |separator: &Separator| {
                let rest = stated.strip_prefix(char::from(separator.byte()));
                rest.is_some_and(|rest| rest.chars().all(|c| [' ', ',', ';', '\t'].contains(&c)))
            };
            let separator = Separator::ALL.into_iter().find(is_stated).ok_or_else(|| {
                let detail = format!(
                    "line 1 states {} as the separator; state a comma, a semicolon or a tab",
                    quoted(stated)
                );
                fault("invalid-header", detail)
            })?;
            Ok((Some(separator), table))
        }
        _ => Ok((None, text)),
    }
}

/// Returns the separator by which the header has the most columns, preferably with the first one that it must have; the
/// comma if several do.
fn separator_of_header(table: &str) -> Separator {
    let columns = |separator: &Separator| {
        let header = reader(table, *separator).into_records().flatten().find(has_value);
        header.map_or((false, 0), |header| (header.get(0) == Some(ENTITLEMENT), header.len()))
    };
    // The last one of several is taken.
    Separator::ALL.into_iter().rev().max_by_key(columns).unwrap_or_default()
}

/// Counts the lines of a text up to the records of the table at its end, which must be asked for in their order.
struct LineCounter<'a> {
    text: &'a [u8],
    /// Number of bytes before the table.
    before: usize,
    /// Number of bytes that have been counted.
    counted: usize,
    /// Line of the byte after them, counted from 1.
    line: usize,
}

impl<'a> LineCounter<'a> {
    fn of(text: &'a str, table: &str) -> Self {
        Self { text: text.as_bytes(), before: text.len() - table.len(), counted: 0, line: 1 }
    }

    /// Returns the line on which a record begins. The position that the CSV reader gives may be before the line end of
    /// the previous record, and before empty lines.
    fn line_of(&mut self, record: Option<&csv::Position>) -> usize {
        let begin = usize::try_from(record.map_or(0, csv::Position::byte)).unwrap_or(usize::MAX);
        let begin = begin.saturating_add(self.before);
        while let Some(byte) = self.text.get(self.counted)
            && (self.counted < begin || b"\r\n".contains(byte))
        {
            self.counted += 1;
            self.line += usize::from(ends_line(*byte, self.text.get(self.counted)));
        }
        self.line
    }
}

/// Returns true if a line ends with a byte, given the next one: `\n`, `\r` and `\r\n` each end one line.
pub(super) fn ends_line(byte: u8, next: Option<&u8>) -> bool {
    byte == b'\n' || byte == b'\r' && next != Some(&b'\n')
}

/// Checks that every quoted cell is closed, and that nothing follows its closing quote: such cells are ambiguous, and
/// the CSV reader would guess their meaning. A quote within a cell that does not begin with one is data.
fn check_quotes(text: &str, separator: Separator) -> Result<(), Faults> {
    let ends_cell = |c: char| ['\r', '\n', char::from(separator.byte())].contains(&c);
    let (mut line, mut begun, mut begins) = (1, None, true);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek();
        line += usize::from(character == '\n' || character == '\r' && next != Some(&'\n'));
        match (character, begun) {
            ('"', None) if begins => begun = Some(line),
            ('"', Some(_)) if characters.next_if_eq(&'"').is_none() => {
                begun = None;
                if characters.peek().is_some_and(|next| !ends_cell(*next)) {
                    let detail = format!("on line {line} something follows a cell's closing quote");
                    return Err(fault("invalid-quotes", detail));
                }
            }
            _ => {}
        }
        begins = begun.is_none() && ends_cell(character);
    }
    match begun {
        Some(line) => {
            Err(fault("invalid-quotes", format!("the quoted cell that begins on line {line} does not end")))
        }
        None => Ok(()),
    }
}

/// Columns after the first one.
struct Columns {
    /// Name or id of each column's field; `None` for a column without a name.
    fields: Vec<Option<Arc<str>>>,
    /// Columns that have values and no name, by their number in the table, each with the line of its first value.
    unnamed: BTreeMap<usize, usize>,
}

impl Columns {
    /// Returns the columns of a header, and its faults.
    fn of(header: &csv::StringRecord) -> (Self, Faults) {
        let mut faults = Faults::default();
        let mut refuse = |code: &str, detail: String| faults.0.extend(fault(code, detail).0);
        let mut names = header.iter();
        let first = names.next().unwrap_or_default();
        if first != ENTITLEMENT {
            let detail = format!("the first column must be `{ENTITLEMENT}`, but is {}", quoted(first));
            refuse("invalid-header", detail);
        }
        let (mut fields, mut known) = (Vec::new(), HashSet::from([ENTITLEMENT.to_owned()]));
        for name in names {
            let field = (!name.is_empty()).then(|| Arc::<str>::from(name));
            if field.is_some() && !known.insert(lookup_form(name)) {
                refuse("duplicate-column", format!("there are several columns {}", quoted(name)));
            }
            fields.push(field);
        }
        (Self { fields, unnamed: BTreeMap::new() }, faults)
    }

    /// Returns the row of a record that begins on `line`. Spreadsheets leave out empty cells at the end of a row, or add
    /// some.
    fn row(&mut self, record: &csv::StringRecord, line: usize) -> Row {
        let expected = self.fields.len() + 1;
        let found = (1..).zip(record).filter(|(_, text)| !text.is_empty()).last().map_or(0, |(last, _)| last);
        let mut texts = record.iter();
        let entitlement = texts.next().unwrap_or_default().to_owned();
        if found > expected {
            let detail = format!("has a value in column {found}, and the header has {expected} columns");
            let cells = Err(ParseError::new("wrong-number-of-cells", detail));
            return Row { line: Some(line), entitlement, cells };
        }
        let mut cells = Vec::new();
        for (number, (field, text)) in (2..).zip(self.fields.iter().zip(texts)) {
            match field {
                _ if text.is_empty() => {}
                Some(field) => {
                    cells.push(Cell { field: field.clone(), value: CellValue::Text(text.to_owned()) });
                }
                None => {
                    self.unnamed.entry(number).or_insert(line);
                }
            }
        }
        Row { line: Some(line), entitlement, cells: Ok(cells) }
    }

    /// Returns a fault for each column that has a value but no name.
    fn unnamed_values(&self) -> Vec<Fault> {
        let detail = |(column, line): (&usize, &usize)| {
            format!("column {column} has a value on line {line}, but no name in the header")
        };
        let faults = self.unnamed.iter().map(detail).flat_map(|detail| fault("invalid-header", detail).0);
        faults.collect()
    }
}
