//! Search by name, for names as people type them.
//!
//! A name and a search text are split into *words*, in the form of `fold`: without differences in case, width,
//! accents and marks of reading, kana, old and new kanji, and umlauts (`ue` is ü). A name matches if each word of the
//! text, in any order, is a prefix of one of its words, or of adjacent words joined; also adjacent words of the text may
//! be joined. In a script without spaces between words, a word of the text may begin anywhere. Kana are also found by
//! their romanization. Edits are allowed in a word of the text: none in fewer than 5 letters, 1 from 5, 2 from 9;
//! digits and symbols match exactly. Company forms and connectors are ignored, unless the text has no other words; no
//! name matches by them alone.
//!
//! Names are found in an index without reading all of them ([`index`]).

mod company;
mod edits;
mod fold;
pub mod index;
mod name;
mod words;

use std::str::FromStr;

pub use fold::{sort_key, unique_form};
use name::{SearchedName, Start, searched_words};
use words::{Word, joined};

use crate::fault::ParseError;
use crate::text::{Name, checked, written_as_text};
use crate::unicode::{is_invisible, is_refused_in_names};

/// Maximum number of adjacent words of a search text that are joined.
const MAX_JOINED: usize = 5;

/// Quality of a match. The best match is the smallest value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// The name equals the search text.
    Exact,
    /// The name begins with the search text.
    Beginning,
    /// Each word of the search text begins a word of the name.
    Words,
    /// This number of edits makes each word of the search text begin a word of the name.
    Edits(usize),
}

/// Search text for names: 1 to 200 characters, at least one of which is a letter, digit or symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameQuery {
    text: String,
    words: Vec<Word>,
}

impl NameQuery {
    /// Returns the quality of the match with a name; `None` if the name does not match.
    pub fn matches(&self, name: &Name) -> Option<Match> {
        let name = SearchedName::of(name.as_str());
        let words = self.words.len();
        // The fewest edits with which the first words of the search text match, by their number. The first of each two
        // numbers is for matches by company forms and connectors alone, the second for others.
        let mut fewest: Vec<(Option<usize>, Option<usize>)> = vec![(Some(0), None)];
        for end in 1..=words {
            let mut best = (None, None);
            for start in end.saturating_sub(MAX_JOINED)..end {
                let (run, (alone, others)) = (self.words.get(start..end)?, *fewest.get(start)?);
                // The last words may be the beginning of a company form that is still being typed.
                if name.has_filler(&joined(run), start > 0 && end == words) {
                    best = (fewer(best.0, alone), fewer(best.1, others));
                }
                let before = fewer(alone, others).zip(edits_of_run(run, &name.written, &name.romanized));
                best.1 = fewer(best.1, before.map(|(before, edits)| before + edits));
            }
            fewest.push(best);
        }
        let (_, edits) = fewest.pop()?;
        let edits = edits?;
        let all = joined(&self.words);
        let first = name.written.first().map(|start| start.rest.as_slice()).unwrap_or_default();
        Some(match edits {
            0 if first == all => Match::Exact,
            0 if first.starts_with(&all) => Match::Beginning,
            0 => Match::Words,
            edits => Match::Edits(edits),
        })
    }
}

fn fewer(one: Option<usize>, other: Option<usize>) -> Option<usize> {
    one.into_iter().chain(other).min()
}

/// Returns the fewest edits with which adjacent words of a search text match at one place of a name; `None` if they do
/// not match. Only a single word may have edits.
fn edits_of_run(run: &[Word], written: &[Start], romanized: &[Start]) -> Option<usize> {
    let text = joined(run);
    let latin = words::romanized_text(&text);
    let begins = |starts: &[Start], text: &[char]| starts.iter().any(|start| start.rest.starts_with(text));
    if begins(written, &text) || begins(romanized, latin.as_deref().unwrap_or(&text)) {
        return Some(0);
    }
    let [word] = run else { return None };
    let allowed = edits::allowed(word);
    let words = written.iter().chain(romanized).filter(|start| allowed > 0 && start.is_boundary);
    let distances = words
        .map(|start| edits::distance_to_prefix(&text, start.rest.get(..start.word).unwrap_or(&start.rest)));
    distances.min().filter(|edits| *edits <= allowed)
}

impl std::fmt::Display for NameQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for NameQuery {
    type Err = ParseError;

    /// White space at both ends and invisible characters are left out: they come along when a name is copied.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let seen: String = text.trim().chars().filter(|c| c.is_control() || !is_invisible(*c)).collect();
        let text = seen.trim();
        let text = checked(text, 200, is_refused_in_names)?;
        let words = searched_words(&text);
        if words.is_empty() {
            return Err(ParseError::new("unsearchable", "must contain a letter, digit or symbol"));
        }
        Ok(Self { text, words })
    }
}

written_as_text!(NameQuery, minLength = 1, maxLength = 200);

#[cfg(test)]
mod tests;
