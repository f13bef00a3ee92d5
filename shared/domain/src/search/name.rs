//! Names as they are searched: the places at which a search text may match.

use icu_properties::props::Script as UnicodeScript;

use super::company::ignore_fillers;
use super::fold::{has_long_vowels, romaji, searched_form};
use super::words::{
    Script, Word, is_mark, joined, romanized_text, segments, split, unicode_script, without_umlauts, words_of,
};

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
    /// Places in the Japanese words of the name, which are written in Latin letters without long vowels.
    pub(super) romanized: Vec<Start>,
    /// Company forms and connectors of the name.
    pub(super) fillers: Vec<Vec<char>>,
}

impl SearchedName {
    pub(super) fn of(name: &str) -> Self {
        let form = searched_form(name);
        let written = ignore_fillers(words_of(&form));
        let kana = segments(&form, false).into_iter().filter(|(_, script)| *script == Script::Dense);
        let kana = kana
            .flat_map(|(text, _)| kana_of(&text))
            .map(|kana| Word::letters(without_umlauts(&romaji(&kana))));
        let mut romanized: Vec<Word> = kana.filter(|word| !word.text.is_empty()).collect();
        if has_long_vowels(name) {
            let latin = written.iter().filter(|word| !word.is_ignored);
            let latin = latin.map(|word| romanized_text(&word.text).unwrap_or_else(|| word.text.clone()));
            romanized.extend(latin.map(Word::letters));
        }
        let fillers = written.split(|word| !word.is_ignored).map(joined);
        let fillers = fillers.filter(|filler| !filler.is_empty()).collect();
        Self { written: starts(&written), romanized: starts(&romanized), fillers }
    }
}

impl SearchedName {
    /// Returns whether a text is a company form or connector of the name or, if it `may_go_on`, the beginning of one.
    pub(super) fn has_filler(&self, text: &[char], may_go_on: bool) -> bool {
        self.fillers.iter().any(|filler| filler == text || may_go_on && filler.starts_with(text))
    }
}

/// Returns the words of a search text that a name must match.
pub(super) fn searched_words(text: &str) -> Vec<Word> {
    let words = ignore_fillers(split(text));
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
