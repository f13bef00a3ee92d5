//! The outcomes of an import's rows, and the report of them.

use api_runtime::Output;
use domain::value::DetailChanges;
use domain::{Entitlement, ImportId};
use schemars::JsonSchema;
use serde::Serialize;

use super::rows::{Row, Separator};

/// Outcome of a row.
pub(super) enum RowOutcome {
    /// The row itself, or some of its cells, are invalid.
    Refused(Vec<RowFailure>),
    /// The entitlement already has the row's values.
    Unchanged,
    /// This import has written the row, in this call or in one that was interrupted.
    Applied,
    /// The entitlement as it was read, and the changes to write to it.
    Write(Box<Entitlement>, DetailChanges),
}

/// Report of an import.
#[derive(Debug, Default, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// Id of the import, which `detailsChanged` of the changed entitlements names. Absent with `validateOnly`, and if
    /// nothing was applied because `onError` is `abort`.
    #[serde(skip_serializing_if = "Option::is_none")]
    import_id: Option<ImportId>,
    /// Separator of the table's cells, as its line `sep=` states it or as the header shows it. Absent for rows in JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    separator: Option<Separator>,
    /// Number of rows in the request, without the header and the skipped lines of a table: 1 to 10,000.
    pub(super) rows: usize,
    /// Number of rows that changed an entitlement; with `validateOnly`, that would change one.
    pub(super) applied: usize,
    /// Number of rows whose values the entitlement already had.
    pub(super) unchanged: usize,
    /// Number of rows that were refused. If the import was resumed after an interruption, such a row may have been
    /// applied before the interruption.
    pub(super) refused: usize,
    /// Number of valid rows that were not applied because others were refused and `onError` is `abort`.
    held_back: usize,
    /// First failures in the order of the rows, one for each refused cell or row: at most 500.
    #[schemars(length(max = 500))]
    failures: Vec<RowFailure>,
    /// Number of failures beyond those in `failures`.
    more_failures: usize,
}

impl Output for ImportReport {}

/// Failure of a row: why the row, or one of its cells, was refused. At most 400 bytes as JSON.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RowFailure {
    /// Number of the row, counted from 1 and without the header and the skipped lines of a table.
    row: usize,
    /// Line of the table on which the row begins, counted from 1 and with all lines of the file. Absent for rows in
    /// JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// Entitlement as the row names it, shortened to 80 bytes.
    entitlement: String,
    /// Field as the row names it, shortened to 60 bytes. Absent if the failure concerns the whole row.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// Stable error code in kebab case, such as `unknown-entitlement`.
    code: String,
    /// Explanation for people, in one sentence, shortened to 160 bytes.
    detail: String,
}

impl RowFailure {
    pub(super) fn new(number: usize, row: &Row, field: Option<&str>, code: &str, detail: &str) -> Self {
        // With JSON names, punctuation and the longest code, these limits add up to 400 bytes.
        Self {
            row: number + 1,
            line: row.line,
            entitlement: shortened(&row.entitlement, 80),
            field: field.map(|field| shortened(field, 60)),
            code: code.to_owned(),
            detail: shortened(detail, 160),
        }
    }
}

/// Returns a text shortened to `most` bytes, counted as it is escaped in JSON; a shortened text ends in `…`.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let mut left = most;
    let fits = |character: &char| {
        let escaped = match character {
            '"' | '\\' => 2,
            character if character.is_control() => 6,
            character => character.len_utf8(),
        };
        let fits = escaped <= left;
        left -= escaped.min(left);
        fits
    };
    let begin: String = text.chars().take_while(fits).collect();
    match begin.len() < text.len() {
        // Three characters make room for `…`, which takes three bytes.
        true => begin.chars().rev().skip(3).collect::<Vec<_>>().into_iter().rev().chain(['…']).collect(),
        false => begin,
    }
}

impl ImportReport {
    const LISTED: usize = 500;

    /// Creates the report of all rows of a table or of JSON; `aborted` says that no row was written.
    pub(super) fn of(
        outcomes: Vec<RowOutcome>,
        separator: Option<Separator>,
        import_id: Option<ImportId>,
        aborted: bool,
    ) -> Self {
        let mut report = Self { import_id, separator, rows: outcomes.len(), ..Self::default() };
        for outcome in outcomes {
            match outcome {
                RowOutcome::Unchanged => report.unchanged += 1,
                RowOutcome::Applied | RowOutcome::Write(..) if aborted => report.held_back += 1,
                RowOutcome::Applied | RowOutcome::Write(..) => report.applied += 1,
                RowOutcome::Refused(cells) => {
                    report.refused += 1;
                    let room = Self::LISTED.saturating_sub(report.failures.len());
                    report.more_failures += cells.len().saturating_sub(room);
                    report.failures.extend(cells.into_iter().take(room));
                }
            }
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_never_exceeds_400_bytes() {
        for text in ["a", "\"", "\\", "あ", "\u{1}", "\u{10ffff}"] {
            let long = text.repeat(1000);
            let row = Row { line: Some(4 * 1024 * 1024), entitlement: long.clone(), cells: Ok(Vec::new()) };
            let refused = RowFailure::new(9_999, &row, Some(&long), "wrong-number-of-cells", &long);
            let written = serde_json::to_string(&refused).unwrap();
            assert!(written.len() <= 400, "{}: {written}", written.len());
        }
        assert_eq!(shortened("short", 5), "short");
        assert_eq!(shortened("longer", 5), "lo…");
    }
}
