//! Answers as CSV (`text/csv`, RFC 4180), for use in spreadsheets.

use serde_json::Value;

/// A CSV table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvTable {
    /// Names of the columns, written as the first row.
    pub columns: Vec<String>,
    /// Rows, each with one cell per column.
    pub rows: Vec<Vec<String>>,
    /// Whether the text begins with a byte order mark, by which Excel recognizes UTF-8.
    pub bom: bool,
}

impl CsvTable {
    /// Returns the CSV text. Returns `None` only if a row does not have one cell per column.
    pub(crate) fn written(&self) -> Option<String> {
        let begin: &[u8] = if self.bom { "\u{feff}".as_bytes() } else { b"" };
        let mut writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(begin.to_vec());
        writer.write_record(&self.columns).ok()?;
        for row in &self.rows {
            writer.write_record(row.iter().map(|cell| harmless(cell))).ok()?;
        }
        String::from_utf8(writer.into_inner().ok()?).ok()
    }
}

/// Returns the cell of a value: a text as it is, nothing for null, and any other value as compact JSON. In texts within
/// JSON, characters that could begin a formula are escaped as JSON does it, so that the cell remains the same JSON.
pub fn cell_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => without_formulas(&other.to_string(), |c| format!("\\u{:04x}", u32::from(c))),
    }
}

/// Returns a cell with an apostrophe before characters that could begin a formula.
fn harmless(cell: &str) -> String {
    without_formulas(cell, |c| format!("'{c}"))
}

/// Escapes characters in a cell so that no spreadsheet takes it or a part of it for a formula, even if the spreadsheet
/// splits cells at another separator (<https://owasp.org/www-community/attacks/CSV_Injection>).
fn without_formulas(cell: &str, escape: impl Fn(char) -> String) -> String {
    const FORMULAS: [char; 13] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−'];
    const SEPARATORS: [char; 5] = [',', ';', '\t', '\r', '\n'];
    let invisible = |c| matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let (mut safe, mut begins) = (String::new(), true);
    for c in cell.chars() {
        if begins && (FORMULAS.contains(&c) || safe.is_empty() && SEPARATORS.contains(&c)) {
            safe += &escape(c);
        } else {
            safe.push(c);
        }
        begins = SEPARATORS.contains(&c) || begins && invisible(c);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_escaped() {
        let cells = ["a,b", "say \"x\"", "=1+1", "-5", "＠x", "\tx", "'", "プラス", "a;=1", "\u{200d}=1", ""];
        let rows = vec![cells.map(str::to_owned).to_vec()];
        let columns = (0..cells.len()).map(|n| n.to_string()).collect();
        let written = CsvTable { columns, rows, bom: false }.written().unwrap();
        let expected = "\"a,b\",\"say \"\"x\"\"\",'=1+1,'-5,'＠x,'\tx,',プラス,a;'=1,\u{200d}'=1,\r\n";
        assert_eq!(written.split_once("\r\n").unwrap().1, expected);
    }

    #[test]
    fn json_without_formulas_is_the_same_json() {
        let value =
            serde_json::json!({"a": "x,=1;+2", "b": ["-5", 5, "@"], "c": "；\u{200b}", "d": ",\u{200b}＝1"});
        let cell = cell_of(&value);
        assert_eq!(serde_json::from_str::<Value>(&cell).unwrap(), value);
        assert!(cell.contains(r#""x,\u003d1;\u002b2""#), "{cell}");
        assert_eq!(harmless(&cell), cell, "no apostrophe is added");
        assert_eq!([cell_of(&Value::Null), cell_of(&"=1".into()), cell_of(&true.into())], ["", "=1", "true"]);
    }

    #[test]
    fn byte_order_mark_comes_first() {
        let table =
            |bom| CsvTable { columns: vec!["é".to_owned()], rows: Vec::new(), bom }.written().unwrap();
        assert_eq!([table(true), table(false)], ["\u{feff}é\r\n", "é\r\n"]);
    }
}
