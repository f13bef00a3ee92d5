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

/// A cell that no spreadsheet takes for a formula
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
fn harmless(cell: &str) -> String {
    const BEGIN_FORMULAS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    match cell.starts_with(BEGIN_FORMULAS) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

/// Whether a call asks for a table: of what it accepts, the first that can be had decides.
pub(super) fn is_wanted(call: &Call) -> bool {
    let accepted = call.header("accept").unwrap_or_default().split(',');
    let mut types =
        accepted.map(|each| each.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    types.find(|media| ["text/csv", "application/json", "*/*"].contains(&media.as_str())).as_deref()
        == Some("text/csv")
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
        let cells = ["a,b", "say \"x\"", "=1+1", "-5", "＠x", "\tx", "'", "プラス", ""];
        let rows = vec![cells.map(str::to_owned).to_vec()];
        let columns = (0..cells.len()).map(|n| n.to_string()).collect();
        let written = Sheet { columns, rows, next_page_token: None }.written().unwrap();
        let expected = "\"a,b\",\"say \"\"x\"\"\",'=1+1,'-5,'＠x,'\tx,',プラス,\r\n";
        assert_eq!(written.split_once("\r\n").unwrap().1, expected);
    }
}
