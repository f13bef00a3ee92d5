//! Golden tables: `UPDATE=1 cargo test` writes them, `cargo test` compares them, and reviewers read their changes as a
//! diff.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Returns true if golden tables are to be written.
pub fn updating() -> bool {
    std::env::var("UPDATE").is_ok_and(|value| value == "1")
}

/// Returns the path of a file of the repository.
pub fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Compares a file with its expected content, or writes it.
#[track_caller]
pub fn check(path: &str, wanted: &str) {
    let known = std::fs::read_to_string(file(path)).unwrap_or_default();
    if known == wanted {
        return;
    }
    if updating() {
        std::fs::write(file(path), wanted).unwrap();
        return;
    }
    let differs = known.lines().zip(wanted.lines()).position(|(known, wanted)| known != wanted);
    let line = differs.unwrap_or(known.lines().count().min(wanted.lines().count()));
    let at = |text: &str| text.lines().nth(line).unwrap_or("(the end)").to_owned();
    panic!(
        "{path} is out of date, from line {} on. It says\n  {}\nand should say\n  {}\n`UPDATE=1 cargo test` writes it.",
        line + 1,
        at(&known),
        at(wanted)
    );
}

/// Compares the part of a file between two markers (`<!-- begin: name -->`, or with `#` in YAML) with its expected
/// content, or writes it.
#[track_caller]
pub fn check_part(path: &str, name: &str, wanted: &str) {
    // Tests may write parts of the same file concurrently.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock();
    let whole = std::fs::read_to_string(file(path)).unwrap();
    let marker = |word: &str| format!("{word}: {name}");
    let line_end = |from: usize| whole[from..].find('\n').map_or(whole.len(), |end| from + end + 1);
    let begin = whole.find(&marker("begin")).unwrap_or_else(|| panic!("{path} has no `begin: {name}`"));
    let end = whole.find(&marker("end")).unwrap_or_else(|| panic!("{path} has no `end: {name}`"));
    let end = whole[..end].rfind('\n').unwrap() + 1;
    check(path, &format!("{}{wanted}{}", &whole[..line_end(begin)], &whole[end..]));
}

/// Returns a Markdown table.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rule: Vec<String> = head.iter().map(|_| "---".to_owned()).collect();
    let rows: String = rows.iter().map(|row| line(row)).collect();
    format!("{}{}{rows}", line(&head), line(&rule))
}
