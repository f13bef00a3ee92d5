//! Index of names, by which those that match a search text are found.
//!
//! It consists of *parts* and *spellings*. A part is a name from a place on at which a search text may begin; a
//! name has as many parts as words, and in a script without spaces as characters. The beginning of the name is a part of
//! its own, so that names that begin with a search text are found first. A spelling leads from the letters
//! that a misspelled word has in common with a word of a name to that word. Spellings are of words, not of names: two
//! names with the same word share them.

use std::collections::BTreeSet;

use super::company::may_be_filler;
use super::edits::{self, END};
use super::name::{SearchedName, Start};
use super::words::{joined, romanized_text};
use super::{MAX_JOINED, NameQuery};
use crate::text::Name;

/// Maximum number of parts of a name, without its beginning. The rest of a longer name is found only together with one
/// of these.
pub const MAX_PARTS: usize = 24;

/// Mark of the part that is the beginning of a name. No part contains punctuation otherwise.
const BEGINNING: char = '!';

/// Maximum number of characters of a part.
const LONGEST_PART: usize = 24;

/// Number of characters after which a word to which a spelling leads is cut: two more than a typed word with edits has.
const LONGEST_WORD: usize = edits::LONGEST + 2;

/// Returns the parts of a name, its beginning first.
pub fn parts(name: &Name) -> Vec<String> {
    let SearchedName { written, romanized, .. } = SearchedName::of(name.as_str());
    let text = |start: &Start| start.rest.iter().take(LONGEST_PART).collect::<String>();
    let beginning = written.first().map(|first| format!("{BEGINNING}{}", text(first)));
    let mut parts: Vec<String> = beginning.into_iter().collect();
    let (mut starts, others): (Vec<Start>, Vec<Start>) = written.into_iter().partition(|one| one.is_boundary);
    starts.extend(romanized);
    // The beginnings of words come first, so that a long name without spaces does not lose them.
    for start in starts.into_iter().chain(others) {
        let part = text(&start);
        if parts.len() <= MAX_PARTS && !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts
}

/// Returns the spellings of the words of a name that are found with edits.
pub fn spellings(name: &Name) -> Vec<String> {
    let SearchedName { written, romanized, .. } = SearchedName::of(name.as_str());
    let words = written.into_iter().chain(romanized).filter(|start| start.is_boundary).take(MAX_PARTS);
    let mut spellings: Vec<String> = words
        .flat_map(|start| {
            let word: Vec<char> = start.rest.iter().copied().take(start.word.min(LONGEST_WORD)).collect();
            let text: String = word.iter().collect();
            edits::keys(&word).into_iter().map(move |key| format!("{key}{END}{text}"))
        })
        .collect();
    spellings.sort();
    spellings.dedup();
    spellings
}

/// Returns the words of a name that are found with edits, as its spellings have them.
pub fn words(name: &Name) -> BTreeSet<String> {
    spellings(name).iter().map(|spelling| word_of(spelling).to_owned()).collect()
}

/// Returns the word to which a spelling leads.
pub fn word_of(spelling: &str) -> &str {
    spelling.rsplit_once(END).map_or("", |(_, word)| word)
}

impl NameQuery {
    /// Returns the number of words of the search text.
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// Returns the number of characters of a word of the search text.
    pub fn length(&self, word: usize) -> usize {
        self.words.get(word).map_or(0, |word| word.text.len())
    }

    /// Returns the number of edits that are allowed in a word of the search text.
    pub fn allowed_edits(&self, word: usize) -> usize {
        self.words.get(word).map_or(0, edits::allowed)
    }

    /// Returns whether a word of the search text may belong to a company form or connector, also to one that is still
    /// being typed, so that names match that have no part for it.
    pub fn may_be_filler(&self, word: usize) -> bool {
        let words = self.words.len();
        let runs = (0..=word).flat_map(|start| (word + 1..=words).map(move |end| (start, end)));
        let mut near = runs.filter(|(start, end)| end - start <= MAX_JOINED);
        near.any(|(start, end)| {
            let text = joined(self.words.get(start..end).unwrap_or_default());
            may_be_filler(&text, start > 0 && end == words)
        })
    }

    /// Returns the prefix of the part that is the beginning of each name that begins with the search text.
    pub fn beginning_prefix(&self) -> String {
        let text = joined(&self.words).into_iter().take(LONGEST_PART);
        std::iter::once(BEGINNING).chain(text).collect()
    }

    /// Returns the prefixes of parts with which a name has one if a word of the search text matches it without edits,
    /// also together with the words before it. The word itself comes first.
    pub fn part_prefixes(&self, word: usize) -> Vec<String> {
        let mut prefixes = Vec::new();
        for start in (word.saturating_sub(MAX_JOINED - 1)..=word).rev() {
            let text = joined(self.words.get(start..=word).unwrap_or_default());
            let latin = romanized_text(&text);
            for text in [Some(text), latin].into_iter().flatten() {
                prefixes.push(text.into_iter().take(LONGEST_PART).collect());
            }
        }
        prefixes
    }

    /// Returns the prefixes of the spellings of words that a word of the search text reaches with its allowed edits.
    pub fn spelling_prefixes(&self, word: usize) -> Vec<String> {
        self.words.get(word).map(edits::lookups).unwrap_or_default()
    }

    /// Returns the number of edits, if they are allowed, that make a word of the search text a prefix of a word that a
    /// spelling leads to. `None` if no edits are needed.
    pub fn edits_to(&self, word: usize, found: &str) -> Option<usize> {
        let word = self.words.get(word)?;
        let found: Vec<char> = found.chars().collect();
        let edits = edits::distance_to_prefix(&word.text, &found);
        (1..=edits::allowed(word)).contains(&edits).then_some(edits)
    }
}

/// Returns the prefix of the parts that begin with a word to which a spelling leads.
pub fn part_prefix_of(word: &str) -> String {
    word.chars().take(LONGEST_PART).collect()
}
