//! Names as they are searched: the places at which a search text may match.

use icu_properties::props::Script as UnicodeScript;

use super::company::{ignore_in_name, ignore_in_query};
use super::fold::{romaji, searched_form};
use super::words::{Script, Word, is_mark, segments, split, unicode_script, words_of};

/// A place in a name at which a search text may match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Start {
    /// The name from this place on, its words joined.
    pub(super) rest: Vec<char>,
    /// Number of characters of `rest` up to the end of the word.
    pub(super) word: usize,
    /// Whether a misspelled word is recognized here: at the beginning of a word, and in a script without spaces where
    /// kana and kanji meet.
    pub(super) is_boundary: bool,
}

/// A name as it is searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SearchedName {
    /// Places in the name as it is written.
    pub(super) written: Vec<Start>,
    /// Places in the kana of the name, which are written in Latin letters.
    pub(super) romanized: Vec<Start>,
}

impl SearchedName {
    pub(super) fn of(name: &str) -> Self {
        let form = searched_form(name);
        let written = ignore_in_name(words_of(&form));
        let kana = segments(&form).into_iter().filter(|(_, script)| *script == Script::Dense);
        let kana = kana.flat_map(|(text, _)| kana_of(&text)).map(|kana| Word::letters(&romaji(&kana)));
        let romanized: Vec<Word> = kana.filter(|word| !word.text.is_empty()).collect();
        Self { written: starts(&written), romanized: starts(&romanized) }
    }
}

/// Returns the words of a search text that a name must match.
pub(super) fn searched_words(text: &str) -> Vec<Word> {
    let words = ignore_in_query(split(text));
    words.into_iter().filter(|word| !word.is_ignored).collect()
}

/// Returns the places at which a search text may match.
fn starts(words: &[Word]) -> Vec<Start> {
    let words: Vec<&Word> = words.iter().filter(|word| !word.is_ignored).collect();
    let mut starts = Vec::new();
    let mut rest: Vec<char> = Vec::new();
    for word in words.into_iter().rev() {
        rest = word.text.iter().copied().chain(rest).collect();
        let last = if word.script == Script::Dense { word.text.len() } else { 1 };
        for place in (0..last).rev() {
            let kind = |index: usize| word.text.get(index).map(|c| unicode_script(*c));
            if place > 0 && is_mark(word.text.get(place).copied().unwrap_or_default()) {
                continue;
            }
            let is_boundary = place == 0 || kind(place - 1) != kind(place);
            let is_spelled = matches!(word.script, Script::Letters | Script::Dense);
            starts.push(Start {
                rest: rest.iter().copied().skip(place).collect(),
                word: word.text.len() - place,
                is_boundary: is_boundary && is_spelled,
            });
        }
    }
    starts.reverse();
    starts
}

/// Returns the parts of a text that are kana.
fn kana_of(text: &str) -> Vec<String> {
    let parts = text.split(|c| unicode_script(c) != UnicodeScript::Katakana);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
