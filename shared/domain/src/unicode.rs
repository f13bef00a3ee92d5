//! Equality of texts, and invisible characters (Unicode 17: UAX #15, UAX #44, UTS #39).

use std::borrow::Cow;

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;

/// Returns the composed form (NFC) of a text. Canonically equivalent texts have the same form.
pub fn nfc(text: &str) -> Cow<'_, str> {
    ComposingNormalizer::new_nfc().normalize(text)
}

/// Returns the decomposed form (NFD) of a text.
pub(crate) fn nfd(text: &str) -> Cow<'_, str> {
    DecomposingNormalizer::new_nfd().normalize(text)
}

/// Returns the form in which texts are compared regardless of case: that of a canonical caseless match (Unicode,
/// D145), composed.
pub(crate) fn caseless(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    nfc(&CaseMapper::new().fold_string(&nfd(text))).into_owned()
}

/// Returns the form in which a name is looked up: composed, and without invisible characters.
pub fn lookup_form(name: &str) -> String {
    let seen: String = nfc(name).chars().filter(|c| !is_invisible(*c)).collect();
    // Characters that an invisible one separated may compose now.
    nfc(&seen).into_owned()
}

/// Returns whether a character is invisible: Unicode allows every renderer to omit it
/// (`Default_Ignorable_Code_Point`), or it is displayed as a blank without being white space. Variation selectors and
/// joiners are invisible, too.
pub fn is_invisible(c: char) -> bool {
    let blank = matches!(c, '\u{2800}' | '\u{fff9}'..='\u{fffb}' | '\u{16fe4}' | '\u{1d159}');
    !c.is_ascii() && (blank || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c))
}

/// Returns whether an invisible character belongs to the spelling of names: the joiners that some scripts and emoji
/// sequences need, and variation selectors. Names keep these characters, and are compared without them.
pub(crate) fn is_spelling_mark(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Returns whether a character serves only to deceive readers of a text: direction overrides, line separators,
/// invisible operators, the byte order mark, tags. Excluded are joiners, marks and isolates, which running text
/// needs, and characters that allow or prevent a line break.
pub(crate) fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2061}'..='\u{2065}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Returns whether names must not contain the character.
pub(crate) fn is_refused_in_names(c: char) -> bool {
    c.is_control() || is_deceptive(c) || (is_invisible(c) && !is_spelling_mark(c))
}

/// Returns whether identifiers and e-mail addresses must not contain the character.
pub(crate) fn is_refused_in_identifiers(c: char) -> bool {
    c.is_control() || is_deceptive(c) || is_invisible(c)
}

/// Returns a text from an external party as events may store it: without control characters, invisible and deceptive
/// characters, cut to `most` characters.
pub fn sanitize(text: &str, most: usize) -> String {
    nfc(text).chars().filter(|c| !is_refused_in_identifiers(*c)).take(most).collect()
}

/// Returns a text with each control, invisible or deceptive character, and each white space but usual spaces, escaped as
/// `\t`, `\n`, `\r` or `\u{200B}`, for people who look for what is wrong with it.
pub fn escaped(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        match c {
            '\t' => shown.push_str("\\t"),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            ' ' | '\u{3000}' => shown.push(c),
            c if is_space_or_invisible(c) => shown.push_str(&format!("\\u{{{:X}}}", u32::from(c))),
            c => shown.push(c),
        }
    }
    shown
}

/// Returns whether a character has a meaning only by agreement, so that most fonts show nothing for it.
fn is_private_use(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

/// Returns whether a character is white space, or one that identifiers must not contain, or for private use.
fn is_space_or_invisible(c: char) -> bool {
    c.is_whitespace() || is_refused_in_identifiers(c) || is_private_use(c)
}

/// Returns the first white space, control, invisible or deceptive character of a text in words; `None` if it has none.
pub(crate) fn first_space_or_invisible(text: &str) -> Option<String> {
    text.chars().find(|c| is_space_or_invisible(*c)).map(in_words)
}

/// Returns such a character in words, such as `a space`.
pub(crate) fn in_words(c: char) -> String {
    let shown = escaped(c.encode_utf8(&mut [0; 4]));
    match c {
        ' ' => "a space".to_owned(),
        '\u{3000}' => "a full-width space".to_owned(),
        '\t' => "a tab".to_owned(),
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => "a line break".to_owned(),
        c if c.is_whitespace() => format!("the space `{shown}`"),
        c if c.is_control() => format!("the control character `{shown}`"),
        _ => format!("the invisible character `{shown}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Invisible characters: soft hyphen, grapheme joiner, Hangul fillers, zero widths, marks, isolates, blanks,
    /// selectors, tags.
    pub(crate) const UNSEEN: [char; 20] = [
        '\u{ad}',
        '\u{34f}',
        '\u{61c}',
        '\u{115f}',
        '\u{1160}',
        '\u{180e}',
        '\u{200b}',
        '\u{200e}',
        '\u{202e}',
        '\u{2060}',
        '\u{2066}',
        '\u{2069}',
        '\u{2800}',
        '\u{3164}',
        '\u{feff}',
        '\u{ffa0}',
        '\u{fff0}',
        '\u{1d173}',
        '\u{e0041}',
        '\u{e01ff}',
    ];

    #[test]
    fn invisible_character_is_refused_except_joiners_and_selectors_in_names() {
        for c in UNSEEN {
            assert!(
                is_invisible(c) && is_refused_in_names(c) && is_refused_in_identifiers(c),
                "{:x}",
                u32::from(c)
            );
        }
        for c in ['\u{200c}', '\u{200d}', '\u{fe0f}', '\u{e0100}'] {
            assert!(
                is_invisible(c) && !is_refused_in_names(c) && is_refused_in_identifiers(c),
                "{:x}",
                u32::from(c)
            );
        }
        for c in ['a', 'é', '\u{301}', 'あ', '한', '\u{64b}', '🙂', ' ', '\u{3000}'] {
            assert!(!is_invisible(c) && !is_refused_in_names(c), "{c}");
        }
    }

    #[test]
    fn canonically_equal_texts_have_one_form() {
        assert_eq!(nfc("Bu\u{308}ro"), "Büro");
        assert_eq!(lookup_form("u\u{200d}\u{308}"), "ü");
        assert_eq!(caseless("JO\u{308}RG"), "jörg");
        assert_eq!(caseless("Straße"), caseless("STRASSE"));
        assert_eq!(sanitize("order\u{202e}.x\u{0}\u{200b}y", 8), "order.xy");
    }

    #[test]
    fn character_that_leaves_no_mark_is_escaped_and_named() {
        for (text, shown, name) in [
            ("a b", "a b", Some("a space")),
            ("宮　古", "宮　古", Some("a full-width space")),
            ("a\tb c", r"a\tb c", Some("a tab")),
            ("a\r\n", r"a\r\n", Some("a line break")),
            ("a\u{2028}", r"a\u{2028}", Some("a line break")),
            ("a\u{a0}", r"a\u{A0}", Some(r"the space `\u{A0}`")),
            ("a\u{0}", r"a\u{0}", Some(r"the control character `\u{0}`")),
            ("\u{200b}a", r"\u{200B}a", Some(r"the invisible character `\u{200B}`")),
            ("\u{feff}a", r"\u{FEFF}a", Some(r"the invisible character `\u{FEFF}`")),
            ("Bu\u{308}ro", "Bu\u{308}ro", None),
        ] {
            assert_eq!(
                (escaped(text).as_str(), first_space_or_invisible(text).as_deref()),
                (shown, name),
                "{text:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn folding_is_idempotent(text in "\\PC{0,20}") {
            prop_assert_eq!(caseless(&caseless(&text)), caseless(&text));
            prop_assert_eq!(caseless(&nfd(&text)), caseless(&nfc(&text)));
            prop_assert_eq!(lookup_form(&lookup_form(&text)), lookup_form(&text));
        }
    }
}
