//! Misspelled words: the distance between words, and the letters that a misspelled word has in common with the right
//! one.
//!
//! An *edit* adds, removes or replaces a letter, or exchanges two neighbors. A word that is typed with an edit has, with
//! one letter less, the same letters as the right word with one letter less. So the words of an index are found with an
//! edit if they and the typed word are looked up without each of their letters.

use super::words::{Script, Word};

/// Number of first letters that are left out in turn for one edit.
const VARIED_FOR_ONE: usize = 5;
/// Number of first letters of which two are left out in turn for two edits.
const VARIED_FOR_TWO: usize = 7;

/// Maximum number of letters of a typed word in which edits are allowed.
pub(super) const LONGEST: usize = 30;

/// Returns the number of edits that are allowed in a typed word.
pub(super) fn allowed(word: &Word) -> usize {
    match (word.script, word.text.len()) {
        (Script::Digits | Script::Symbols, _) | (_, 0..=4) => 0,
        (_, 5..=8) => 1,
        (_, 9..=LONGEST) => 2,
        _ => 0,
    }
}

/// Returns the fewest edits that make `typed` a prefix of `word`.
pub(super) fn distance_to_prefix(typed: &[char], word: &[char]) -> usize {
    let width = word.len() + 1;
    let (mut before_last, mut last) = (Vec::new(), (0..width).collect::<Vec<usize>>());
    for (row, wanted) in (1..).zip(typed) {
        let mut current = vec![row];
        for (column, found) in (1..).zip(word) {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&last, column - 1) + usize::from(wanted != found);
            let mut fewest = replaced.min(at(&last, column) + 1).min(at(&current, column - 1) + 1);
            if row > 1
                && column > 1
                && typed.get(row - 2) == Some(found)
                && word.get(column - 2) == Some(wanted)
            {
                fewest = fewest.min(at(&before_last, column - 2) + 1);
            }
            current.push(fewest);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.into_iter().min().unwrap_or_default()
}

/// Returns the keys under which a word is found by a typed word with edits: those for one edit begin with `1`, those
/// for two with `2`.
pub(super) fn keys(word: &[char]) -> Vec<String> {
    let mut keys = Vec::new();
    // A word of 4 letters is reached by one of 5.
    if word.len() >= 4 {
        keys.push(key('1', word.iter()));
        keys.extend(without_one(word, VARIED_FOR_ONE).map(|rest| key('1', rest.iter())));
    }
    // A word of 7 letters is reached by one of 9.
    if let Some(first) = word.get(..VARIED_FOR_TWO) {
        keys.extend(without_two(first).iter().map(|rest| key('2', rest.iter())));
    }
    keys.sort();
    keys.dedup();
    keys
}

/// Returns the prefixes of keys under which the words are found that a typed word reaches with its allowed edits.
pub(super) fn lookups(typed: &Word) -> Vec<String> {
    let text = &typed.text;
    let mut prefixes: Vec<String> = match allowed(typed) {
        0 => Vec::new(),
        1 => {
            // The last one is for an edit after the letters that are left out in turn.
            let common = text.get(..VARIED_FOR_ONE).unwrap_or(text);
            let rest = without_one(text, VARIED_FOR_ONE + 1).map(|rest| key('1', rest.iter()));
            rest.chain([key('1', text.iter()), key('1', common.iter())]).collect()
        }
        _ => {
            let first = text.get(..VARIED_FOR_TWO).unwrap_or(text);
            // The end mark keeps longer keys away.
            without_two(first).iter().map(|rest| format!("{}{END}", key('2', rest.iter()))).collect()
        }
    };
    prefixes.sort();
    prefixes.dedup();
    prefixes
}

/// Separator after the letters of a key.
pub(super) const END: char = '#';

fn key<'a>(kind: char, letters: impl Iterator<Item = &'a char>) -> String {
    /// Number of letters that tell a key from others; more would only make it longer.
    const MAX_LETTERS: usize = 20;
    std::iter::once(kind).chain(letters.take(MAX_LETTERS).copied()).collect()
}

/// Returns a word without each of its first `varied` letters.
fn without_one(word: &[char], varied: usize) -> impl Iterator<Item = Vec<char>> {
    let without = move |left_out: usize| {
        let kept = (0..).zip(word).filter(move |(index, _)| *index != left_out);
        kept.map(|(_, letter)| *letter).collect()
    };
    (0..varied.min(word.len())).map(without)
}

/// Returns a word without each two of its letters.
fn without_two(word: &[char]) -> Vec<Vec<char>> {
    let once = without_one(word, word.len()).collect::<Vec<_>>();
    let mut rests: Vec<Vec<char>> =
        once.iter().flat_map(|rest| without_one(rest, rest.len()).collect::<Vec<_>>()).collect();
    rests.sort();
    rests.dedup();
    rests
}
