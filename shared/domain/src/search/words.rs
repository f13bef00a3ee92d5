//! Words of names and of search texts.

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup as Group, Script as UnicodeScript};

use super::fold::{general_category, romanized, searched_form};

/// Way in which a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    /// Letters of a script with spaces between words.
    Letters,
    /// Decimal digits.
    Digits,
    /// Symbols.
    Symbols,
    /// Characters of a script without spaces between words, such as kanji, kana or Thai.
    Dense,
}

/// A word in the form in which words are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: Vec<char>,
    pub(super) script: Script,
    /// Whether the word is a company form or a connector.
    pub(super) is_ignored: bool,
}

impl Word {
    /// Returns a word of Latin letters.
    pub(super) fn letters(text: Vec<char>) -> Self {
        Self { text, script: Script::Letters, is_ignored: false }
    }
}

/// Returns all words of a text.
pub(super) fn split(text: &str) -> Vec<Word> {
    words_of(&searched_form(text))
}

/// Returns words as one.
pub(super) fn joined(words: &[Word]) -> Vec<char> {
    words.iter().flat_map(|word| word.text.iter().copied()).collect()
}

/// Returns the words of a text in its searched form.
pub(super) fn words_of(form: &str) -> Vec<Word> {
    let mut found = segments(form, false);
    if found.is_empty() {
        found = segments(form, true);
    }
    let words = found.into_iter().map(|(text, script)| {
        let text = match script {
            Script::Letters => without_umlauts(&text),
            Script::Dense => large_kana(&text),
            Script::Digits | Script::Symbols => text.chars().collect(),
        };
        Word { text, script, is_ignored: false }
    });
    words.filter(|word| !word.text.is_empty()).collect()
}

/// Splits a text at separators and punctuation, and where letters, digits, symbols and scripts without spaces meet. Unless
/// it `has_symbols`, symbols other than plus and currency signs separate words, too.
pub(super) fn segments(form: &str, has_symbols: bool) -> Vec<(String, Script)> {
    let mut segments: Vec<(String, Script)> = Vec::new();
    let mut is_inside = false;
    for c in form.chars() {
        let current = segments.last_mut().filter(|_| is_inside);
        let script = match &current {
            Some((_, script)) if is_mark(c) => Some(*script),
            _ => script_of(c).filter(|script| has_symbols || *script != Script::Symbols || is_spoken(c)),
        };
        is_inside = script.is_some();
        match (current, script) {
            (Some((text, of)), Some(script)) if *of == script => text.push(c),
            (_, Some(script)) => segments.push((c.to_string(), script)),
            (_, None) => {}
        }
    }
    segments
}

/// Returns whether a symbol is spoken as a word.
fn is_spoken(c: char) -> bool {
    c == '+' || general_category(c) == GeneralCategory::CurrencySymbol
}

/// Returns how a character is written; `None` for what separates words.
fn script_of(c: char) -> Option<Script> {
    const SEPARATORS: Group = Group::Separator.union(Group::Punctuation).union(Group::Other);
    let category = general_category(c);
    // These letters are apostrophes.
    if SEPARATORS.contains(category) || matches!(c, '\u{2b9}'..='\u{2bf}') {
        return None;
    }
    Some(match category {
        GeneralCategory::DecimalNumber => Script::Digits,
        category if Group::Symbol.contains(category) => Script::Symbols,
        _ => match unicode_script(c) {
            UnicodeScript::Han
            | UnicodeScript::Katakana
            | UnicodeScript::Hiragana
            | UnicodeScript::Bopomofo
            | UnicodeScript::Thai
            | UnicodeScript::Lao
            | UnicodeScript::Khmer
            | UnicodeScript::Myanmar => Script::Dense,
            _ => Script::Letters,
        },
    })
}

pub(super) fn unicode_script(c: char) -> UnicodeScript {
    match c {
        'ー' => UnicodeScript::Katakana,
        c => CodePointMapData::<UnicodeScript>::new().get(c),
    }
}

pub(super) fn is_mark(c: char) -> bool {
    Group::Mark.contains(general_category(c))
}

/// Returns a text with large kana for small ones, without marks of long vowels, and with the row of ba for that of va.
fn large_kana(text: &str) -> Vec<char> {
    let mut kana: Vec<char> = Vec::new();
    for c in text.chars() {
        let large = match c {
            'ー' => continue,
            'ァ' | 'ィ' | 'ゥ' | 'ェ' | 'ォ' | 'ッ' | 'ャ' | 'ュ' | 'ョ' | 'ヮ' => {
                // Each of these small kana is encoded before its large one.
                char::from_u32(u32::from(c) + 1).unwrap_or(c)
            }
            'ヵ' => 'カ',
            'ヶ' => 'ケ',
            'ヷ' => 'バ',
            'ヸ' => 'ビ',
            'ヹ' => 'ベ',
            'ヺ' => 'ボ',
            c => c,
        };
        let vowel = match large {
            'ア' => Some('バ'),
            'イ' => Some('ビ'),
            'エ' => Some('ベ'),
            'オ' => Some('ボ'),
            _ => None,
        };
        match (kana.last_mut(), vowel) {
            (Some(last), Some(syllable)) if *last == 'ヴ' => *last = syllable,
            (Some(last), None) if *last == 'ヴ' => {
                *last = 'ブ';
                kana.push(large);
            }
            _ => kana.push(large),
        }
    }
    if let Some(last) = kana.last_mut().filter(|last| **last == 'ヴ') {
        *last = 'ブ';
    }
    kana
}

/// Returns letters with one vowel for those that are written with one or two: `ae`, `oe`, `ue` and `aa` stand for ä, ö,
/// ü and å. After another vowel, `ue` is no ü.
pub(super) fn without_umlauts(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = Vec::new();
    for c in text.chars() {
        let (last, before) = (letters.last().copied(), letters.iter().rev().nth(1).copied());
        let is_second = match (last, c) {
            (Some('a'), 'a' | 'e') | (Some('o'), 'e') => true,
            (Some('u'), 'e') => !matches!(before, Some('a' | 'e' | 'o' | 'q')),
            _ => false,
        };
        if !is_second {
            letters.push(c);
        }
    }
    letters
}

/// Returns Latin letters in the form in which romanized kana are compared, if it is another one.
pub(super) fn romanized_text(text: &[char]) -> Option<Vec<char>> {
    if !text.iter().all(char::is_ascii_lowercase) {
        return None;
    }
    let form = without_umlauts(&romanized(&text.iter().collect::<String>()));
    (form != text).then_some(form)
}
