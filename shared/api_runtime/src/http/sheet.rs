//! An answer as a table: `text/csv` (RFC 4180), for those who open it in a spreadsheet.

use super::call::Call;
use crate::table::Error;

/// A table, and what goes on after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Its rows, each with a cell per column.
    pub rows: Vec<Vec<String>>,
    /// The token of the page after it.
    pub next_page_token: Option<String>,
}

impl Sheet {
    /// The text of the table.
    pub(super) fn written(&self) -> Result<String, Error> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        // What went wrong may quote what a cell holds.
        let wrong = |_| Error::Internal("a table could not be written".to_owned());
        writer.write_record(&self.columns).map_err(wrong)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(|cell| harmless(cell))).map_err(wrong)?;
        }
        let bytes = writer.into_inner().map_err(|_| Error::Internal("a table was cut off".to_owned()))?;
        String::from_utf8(bytes).map_err(|_| Error::Internal("a table is no text".to_owned()))
    }
}

/// A cell that no spreadsheet takes for a formula, nor a part of it, should the spreadsheet split cells elsewhere
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
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

/// Whether a call would rather have a table than JSON (RFC 9110, 12.5.1).
pub(super) fn is_wanted(call: &Call) -> bool {
    let (mut table, mut json) = (0.0, 0.0);
    for range in call.header("accept").unwrap_or_default().split(',') {
        let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
        let media = parts.next().unwrap_or_default();
        let weight =
            parts.find_map(|part| part.strip_prefix("q=").map(|weight| weight.parse::<f32>().unwrap_or(0.0)));
        let weight = weight.unwrap_or(1.0);
        match media.as_str() {
            // What is named first wins among equals.
            "text/csv" | "text/*" if weight > json => table = weight.max(table),
            "application/json" | "application/*" | "*/*" => json = weight.max(json),
            _ => {}
        }
    }
    table > 0.0 && table >= json
}

/// The `Link` to the page after the one that was asked for (RFC 8288).
pub(super) fn link(call: &Call, next_page_token: &str) -> String {
    let asked = form_urlencoded::parse(call.query.as_bytes()).filter(|(name, _)| name != "pageToken");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(asked).append_pair("pageToken", next_page_token);
    format!("<{}?{}>; rel=\"next\"", call.path, query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formula_is_left() {
        let cells = ["a,b", "say \"x\"", "=1+1", "-5", "＠x", "\tx", "'", "プラス", "a;=1", "\u{200d}=1", ""];
        let rows = vec![cells.map(str::to_owned).to_vec()];
        let columns = (0..cells.len()).map(|n| n.to_string()).collect();
        let written = Sheet { columns, rows, next_page_token: None }.written().unwrap();
        let expected = "\"a,b\",\"say \"\"x\"\"\",'=1+1,'-5,'＠x,'\tx,',プラス,a;'=1,\u{200d}'=1,\r\n";
        assert_eq!(written.split_once("\r\n").unwrap().1, expected);
    }
}
