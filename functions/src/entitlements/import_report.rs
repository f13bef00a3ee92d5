//! What became of an import's rows.

use api_runtime::Output;
use domain::value::DetailChanges;
use domain::{Entitlement, ImportId};
use schemars::JsonSchema;
use serde::Serialize;

use super::rows::Row;

/// What becomes of a row.
pub(super) enum RowOutcome {
    /// Cells of it, or the row itself, are wrong.
    RefusedRow(Vec<RefusedRow>),
    /// It says what is so already.
    Unchanged,
    /// It is so because this import has written it, before it was cut off.
    Applied,
    /// The entitlement, as it is, is to say this.
    Write(Box<Entitlement>, DetailChanges),
}

/// What became of the rows.
#[derive(Debug, Default, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// What all that it changed names; none if it was only tried, or aborted.
    #[serde(skip_serializing_if = "Option::is_none")]
    import_id: Option<ImportId>,
    /// How many there are.
    pub(super) rows: usize,
    /// How many changed something, or would.
    pub(super) applied: usize,
    /// How many said what was so already.
    pub(super) unchanged: usize,
    /// How many are wrong. Of an import that went on after it was cut off, one of them may have been applied before.
    pub(super) refused: usize,
    /// How many are good, and were not applied, because others are wrong (`abort`).
    #[serde(skip_serializing_if = "is_nought")]
    held_back: usize,
    /// Every cell that is wrong, of the first ones.
    #[schemars(length(max = 500))]
    failures: Vec<RefusedRow>,
    /// How many more cells are wrong.
    #[serde(skip_serializing_if = "is_nought")]
    more_failures: usize,
}

pub(super) fn is_nought(count: &usize) -> bool {
    *count == 0
}

impl Output for ImportReport {}

/// Why a row was refused: a cell of it, or the row itself. At most 400 bytes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RefusedRow {
    /// Which row, counted from 1, without a table's first line.
    row: usize,
    /// The entitlement, as it is named there.
    entitlement: String,
    /// The field, as it is named there; none if it is the row that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// Stable, kebab-case.
    code: String,
    /// One sentence for people.
    detail: String,
}

impl RefusedRow {
    pub(super) fn new(number: usize, row: &Row, field: Option<&str>, code: &str, detail: &str) -> Self {
        // With names, punctuation and the longest code this comes to 400 bytes.
        Self {
            row: number + 1,
            entitlement: shortened(&row.entitlement, 80),
            field: field.map(|field| shortened(field, 60)),
            code: code.to_owned(),
            detail: shortened(detail, 160),
        }
    }
}

/// As much of a text as has, written as JSON, so many bytes.
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
        // The sign for what is left out takes three bytes.
        true => begin.chars().rev().skip(3).collect::<Vec<_>>().into_iter().rev().chain(['…']).collect(),
        false => begin,
    }
}

impl ImportReport {
    const LISTED: usize = 500;

    /// What became of all rows; `aborted` says that none was to be written.
    pub(super) fn of(outcomes: Vec<RowOutcome>, import_id: Option<ImportId>, aborted: bool) -> Self {
        let mut report = Self { import_id, rows: outcomes.len(), ..Self::default() };
        for outcome in outcomes {
            match outcome {
                RowOutcome::Unchanged => report.unchanged += 1,
                RowOutcome::Applied | RowOutcome::Write(..) if aborted => report.held_back += 1,
                RowOutcome::Applied | RowOutcome::Write(..) => report.applied += 1,
                RowOutcome::RefusedRow(cells) => {
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
            let row = Row { entitlement: long.clone(), cells: Ok(Vec::new()) };
            let refused = RefusedRow::new(9_999, &row, Some(&long), "wrong-number-of-cells", &long);
            let written = serde_json::to_string(&refused).unwrap();
            assert!(written.len() <= 400, "{}: {written}", written.len());
        }
        assert_eq!(shortened("short", 5), "short");
        assert_eq!(shortened("longer", 5), "lo…");
    }
}
