//! Search by name that tolerates differences in case, width, kana, accents, spaces and punctuation and, in longer
//! words, typing errors.
//!
//! A name is *folded* first: NFKC (<https://unicode.org/reports/tr15/>), full case folding with both Turkish i's
//! alike, and hiragana as katakana. Spaces, punctuation, accents and invisible characters are ignored, as is
//! everything after 200 characters. A name matches if its folded form equals, begins with or contains the folded
//! query, or contains a part that is within one edit (a character added, removed or replaced) of a query of at least
//! 4 characters, or within two edits of one of at least 8.

use std::str::FromStr;

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup as Group};

use crate::fault::ParseError;
use crate::text::{Name, checked, written_as_text};
use crate::unicode::{is_invisible, is_refused_in_names};

/// Returns the form in which a name is unique: NFKC and full case folding, without invisible characters, and no other
/// change. So `C`, `C++` and `C#` differ, and `ＡＢＣ` and `abc` do not.
pub fn unique_form(name: &str) -> String {
    let nfkc = ComposingNormalizer::new_nfkc();
    let seen: String = name.chars().filter(|c| !is_invisible(*c)).collect();
    let cased = CaseMapper::new().fold_string(&nfkc.normalize(&seen)).into_owned();
    // Case folding can leave characters to compose, and composing can leave characters to fold.
    let cased = CaseMapper::new().fold_string(&nfkc.normalize(&cased)).into_owned();
    nfkc.normalize(&cased).into_owned()
}

/// Folded form of a name, by which names are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded(Vec<char>);

impl Folded {
    /// Largest number of characters: folding can turn a few characters into many. Names that differ only after it are
    /// alike.
    const LONGEST: usize = 200;

    /// Returns the folded form of a text.
    pub fn of(text: &str) -> Self {
        let decomposed = DecomposingNormalizer::new_nfkd().normalize(text);
        let cased = CaseMapper::new().fold_string(&decomposed).into_owned();
        // Case folding can leave characters to decompose; it turns a capital I with a dot into an i and a combining
        // dot.
        let decomposed = DecomposingNormalizer::new_nfkd().normalize(&cased);
        // Ignored characters are removed before the others are composed, since they may stand between characters that
        // compose.
        let bare = decomposed.chars().filter(|c| !is_accent(*c) && is_significant(*c));
        let alike: String = bare.map(|c| if c == 'ı' { 'i' } else { c }).collect();
        let composed = ComposingNormalizer::new_nfkc().normalize(&alike);
        Self(composed.chars().map(katakana).take(Self::LONGEST).collect())
    }

    /// Returns the key by which names are sorted: the beginning of the folded form, at most 300 bytes, so that it
    /// fits an index.
    pub fn sort_key(&self) -> String {
        const LONGEST: usize = 300;
        let mut key = String::new();
        for c in &self.0 {
            if key.len() + c.len_utf8() > LONGEST {
                break;
            }
            key.push(*c);
        }
        key
    }
}

/// Returns whether a character is a mark over, under or through a letter. Marks that make a different letter, such as
/// the voiced sound marks of kana and the vowel signs of Indic scripts, are not accents.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

fn is_significant(c: char) -> bool {
    // Variation selectors choose a glyph of the preceding character.
    let selects = matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    const IGNORED: Group = Group::Separator.union(Group::Punctuation).union(Group::Other);
    !selects && !IGNORED.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

fn katakana(c: char) -> char {
    match c {
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        other => other,
    }
}

/// Quality of a match. The best match is the smallest value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// The name equals the query.
    Exact,
    /// The name begins with the query.
    Prefix,
    /// The query is a part of the name.
    Part,
    /// The query becomes a part of the name with this number of edits.
    Edits(usize),
}

impl Match {
    /// Returns the key by which search results are sorted: by quality, the best first, and then by name.
    pub fn sort_key(self, name: &Name) -> String {
        let rank = match self {
            Self::Exact => 0,
            Self::Prefix => 1,
            Self::Part => 2,
            Self::Edits(edits) => 2 + edits,
        };
        format!("{rank}#{}", Folded::of(name.as_str()).sort_key())
    }
}

/// Search text for names: 1 to 200 characters, at least one of which is not ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameQuery {
    text: String,
    folded: Folded,
}

impl NameQuery {
    /// Returns the quality of the match with a name; `None` if the name does not match.
    pub fn matches(&self, name: &Name) -> Option<Match> {
        let (query, name) = (&self.folded.0, &Folded::of(name.as_str()).0);
        let part = || name.windows(query.len()).any(|part| part == query.as_slice());
        match () {
            () if query == name => Some(Match::Exact),
            () if name.starts_with(query) => Some(Match::Prefix),
            () if part() => Some(Match::Part),
            () if query.len() > name.len().saturating_add(allowed_edits(query.len())) => None,
            () => {
                let edits = fewest_edits(query, name);
                (edits <= allowed_edits(query.len())).then_some(Match::Edits(edits))
            }
        }
    }
}

/// Returns the number of edits that are allowed for a query of `length` characters.
fn allowed_edits(length: usize) -> usize {
    match length {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// Returns the fewest edits that make the query a part of the text (P. H. Sellers, 1980). The table of distances has
/// a column for each character of the text; a part may begin and end at any of them.
fn fewest_edits(query: &[char], text: &[char]) -> usize {
    let mut column: Vec<usize> = (0..=query.len()).collect();
    let mut fewest = query.len();
    for found in text {
        let (mut diagonal, mut above) = (0, 0);
        for (wanted, cell) in query.iter().zip(column.iter_mut().skip(1)) {
            let kept = diagonal + usize::from(wanted != found);
            diagonal = *cell;
            *cell = kept.min(diagonal + 1).min(above + 1);
            above = *cell;
        }
        fewest = fewest.min(above);
    }
    fewest
}

impl std::fmt::Display for NameQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for NameQuery {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let text = checked(text, 200, is_refused_in_names)?;
        let folded = Folded::of(&text);
        if folded.0.is_empty() {
            return Err(ParseError::new("unsearchable", "must contain a letter, digit or symbol"));
        }
        Ok(Self { text, folded })
    }
}

written_as_text!(NameQuery, minLength = 1, maxLength = 200);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matched(query: &str, name: &str) -> Option<Match> {
        query.parse::<NameQuery>().unwrap().matches(&name.parse().unwrap())
    }

    #[test]
    fn names_match_despite_case_width_kana_accents_and_small_typos() {
        for (query, name, expected) in [
            ("ﾔﾏﾀﾞ", "株式会社ヤマダ電機", Some(Match::Part)),
            ("やまだ", "株式会社ヤマダ電機", Some(Match::Part)),
            ("（株）ヤマダ", "㈱ヤマダ", Some(Match::Exact)),
            ("やまた", "ヤマダ", None),
            ("istanbul", "İSTANBUL Güvenlik A.Ş.", Some(Match::Prefix)),
            ("ISTANBUL", "ıstanbul", Some(Match::Exact)),
            ("yamda", "Yamada Denki", Some(Match::Edits(1))),
            ("muller", "Müller GmbH", Some(Match::Prefix)),
            ("STRASSE", "Hauptstraße 1", Some(Match::Part)),
            ("el sol s a", "Panadería El Sol, S.A.", Some(Match::Part)),
            ("ｅｄｇｅ", "Edge & Co", Some(Match::Prefix)),
            ("harbor hotels", "Harbour Hotels Ltd", Some(Match::Edits(1))),
            ("harbr hotls", "Harbour Hotels Ltd", None),
            ("harbor hotls", "Harbour Hotels Ltd", Some(Match::Edits(2))),
            ("sal", "El Sol", None),
            ("각", "각각", Some(Match::Prefix)),
            ("葛城", "葛\u{e0100}城電機", Some(Match::Prefix)),
        ] {
            assert_eq!(matched(query, name), expected, "{query} in {name}");
        }
        for nothing in ["!", "- -", "\u{301}"] {
            assert_eq!(nothing.parse::<NameQuery>().unwrap_err().code, "unsearchable", "{nothing}");
        }
    }

    #[test]
    fn ignored_characters_do_not_affect_composition() {
        assert_eq!(Folded::of("\u{1138b}{\u{113c7}"), Folded::of("\u{1138b}\u{113c7}"));
        assert_eq!(Folded::of("う-\u{3099}"), Folded::of("ゔ"));
    }

    #[test]
    fn matches_sort_from_exact_to_most_edits() {
        let all = [Match::Exact, Match::Prefix, Match::Part, Match::Edits(1), Match::Edits(2)];
        assert!(all.is_sorted());
    }

    /// Returns the match by its definition: the fewest edits over all parts of the name.
    fn by_definition(query: &[char], name: &[char]) -> Option<Match> {
        let text = |part: &[char]| part.iter().collect::<String>();
        let parts = (0..=name.len()).flat_map(|from| (from..=name.len()).map(move |to| &name[from..to]));
        let edits = parts.map(|part| strsim::levenshtein(&text(part), &text(query))).min().unwrap();
        let allowed = if query.len() >= 8 { 2 } else { usize::from(query.len() >= 4) };
        match edits {
            0 if query == name => Some(Match::Exact),
            0 if text(name).starts_with(&text(query)) => Some(Match::Prefix),
            0 => Some(Match::Part),
            edits if edits <= allowed => Some(Match::Edits(edits)),
            _ => None,
        }
    }

    #[test]
    fn unique_form_ignores_only_case_and_width() {
        for same in [["Ｃ＋＋", "c++"], ["STRASSE", "straße"], ["ﾔﾏﾀﾞ", "ヤマダ"]] {
            assert_eq!(unique_form(same[0]), unique_form(same[1]), "{same:?}");
        }
        for other in [["C", "C++"], ["C++", "C#"], ["Muller", "Müller"], ["やまだ", "ヤマダ"], ["a b", "ab"]]
        {
            assert_ne!(unique_form(other[0]), unique_form(other[1]), "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn unique_form_is_idempotent(name in "\\PC{0,12}") {
            prop_assert_eq!(unique_form(&unique_form(&name)), unique_form(&name));
        }

        #[test]
        fn match_equals_the_reference_definition(query in "[ab]{1,10}", name in "[ab]{1,12}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(matched(&query, &name), by_definition(&chars(&query), &chars(&name)));
        }

        #[test]
        fn folding_is_idempotent(text in "\\PC{0,20}") {
            let once = Folded::of(&text);
            prop_assert_eq!(Folded::of(&once.0.iter().collect::<String>()), once);
        }

        #[test]
        fn searchable_name_matches_itself_exactly(text in "\\PC{1,20}") {
            if let (Ok(query), Ok(name)) = (text.parse::<NameQuery>(), text.parse::<Name>()) {
                prop_assert_eq!(query.matches(&name), Some(Match::Exact));
            }
        }

        #[test]
        fn substring_matches_in_any_letter_case(text in "[a-zA-Zäöüßéñçğşİı]{1,12}", before in "[a-z]{0,3}", after in "[a-z]{0,3}") {
            let name = format!("{before}{text}{after}");
            for query in [text.to_uppercase(), text.to_lowercase(), text.clone()] {
                prop_assert!(matched(&query, &name).is_some(), "{query} in {name}");
            }
        }
    }
}
