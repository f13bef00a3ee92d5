//! Answers as CSV (`text/csv`, RFC 4180), for use in spreadsheets.

/// A CSV table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvTable {
    /// Names of the columns, written as the first row.
    pub columns: Vec<String>,
    /// Rows, each with one cell per column.
    pub rows: Vec<Vec<String>>,
}

impl CsvTable {
    /// Returns the CSV text. Returns `None` only if a row does not have one cell per column.
    pub(crate) fn written(&self) -> Option<String> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(&self.columns).ok()?;
        for row in &self.rows {
            writer.write_record(row.iter().map(|cell| harmless(cell))).ok()?;
        }
        String::from_utf8(writer.into_inner().ok()?).ok()
    }
}

/// Escapes a cell so that no spreadsheet takes it or a part of it for a formula, even if the spreadsheet splits cells
/// at another separator (<https://owasp.org/www-community/attacks/CSV_Injection>).
fn harmless(cell: &str) -> String {
    const FORMULAS: [char; 13] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−'];
    const SEPARATORS: [char; 5] = [',', ';', '\t', '\r', '\n'];
    let invisible = |c| matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let (mut safe, mut begins) = (String::new(), true);
    for c in cell.chars() {
        if begins && (FORMULAS.contains(&c) || safe.is_empty() && SEPARATORS.contains(&c)) {
            safe.push('\'');
        }
        begins = SEPARATORS.contains(&c) || begins && invisible(c);
        safe.push(c);
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
        let written = CsvTable { columns, rows }.written().unwrap();
        let expected = "\"a,b\",\"say \"\"x\"\"\",'=1+1,'-5,'＠x,'\tx,',プラス,a;'=1,\u{200d}'=1,\r\n";
        assert_eq!(written.split_once("\r\n").unwrap().1, expected);
    }
}
