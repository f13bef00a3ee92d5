//! When two texts are the same, and which characters nobody sees (Unicode 17: UAX #15, UAX #44, UTS #39).

use std::borrow::Cow;

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;

/// The composed form (NFC) of a text: canonically equal texts have the same.
pub fn nfc(text: &str) -> Cow<'_, str> {
    ComposingNormalizer::new_nfc().normalize(text)
}

/// The decomposed form (NFD) of a text.
pub(crate) fn nfd(text: &str) -> Cow<'_, str> {
    DecomposingNormalizer::new_nfd().normalize(text)
}

/// The form in which texts are the same whatever the case of their letters: a canonical caseless match (Unicode, D145),
/// composed.
pub(crate) fn caseless(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    nfc(&CaseMapper::new().fold_string(&nfd(text))).into_owned()
}

/// The form in which a name is looked up: composed, without what nobody sees.
pub fn lookup_form(name: &str) -> String {
    let seen: String = nfc(name).chars().filter(|c| !is_unseen(*c)).collect();
    // What stood apart may be put together now.
    nfc(&seen).into_owned()
}

/// Whether nobody sees a character: Unicode lets every renderer leave it out (`Default_Ignorable_Code_Point`), or it is
/// shown as a blank and is none. What only chooses a glyph, or joins or parts letters, is among them.
pub fn is_unseen(c: char) -> bool {
    let blank = matches!(c, '\u{2800}' | '\u{fff9}'..='\u{fffb}' | '\u{16fe4}' | '\u{1d159}');
    !c.is_ascii() && (blank || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c))
}

/// Whether a character that nobody sees belongs to how names are written: the joiners that some scripts need and sequences of
/// emoji are made with, and what chooses a glyph of the character before. Names keep them, and are compared without.
pub(crate) fn shapes(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether a character only deceives where a text is read: direction overrides, line separators, invisible operators, byte
/// order mark, tags. The joiners, marks and isolates that running text needs are none of these, nor is what lets a line
/// break, or not.
pub(crate) fn deceives(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2061}'..='\u{2065}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether a character may not stand in a name.
pub(crate) fn is_refused_in_names(c: char) -> bool {
    c.is_control() || deceives(c) || (is_unseen(c) && !shapes(c))
}

/// Whether a character may not stand in an identifier or an e-mail.
pub(crate) fn is_refused_in_identifiers(c: char) -> bool {
    c.is_control() || deceives(c) || is_unseen(c)
}

/// Somebody else's text as it may be kept in an event: without what nobody sees, or what deceives, at most so many characters.
pub fn tame(text: &str, most: usize) -> String {
    nfc(text).chars().filter(|c| !is_refused_in_identifiers(*c)).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What nobody sees: soft hyphen, grapheme joiner, Hangul fillers, zero widths, marks, isolates, blanks, selectors, tags.
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
                is_unseen(c) && is_refused_in_names(c) && is_refused_in_identifiers(c),
                "{:x}",
                u32::from(c)
            );
        }
        for c in ['\u{200c}', '\u{200d}', '\u{fe0f}', '\u{e0100}'] {
            assert!(
                is_unseen(c) && !is_refused_in_names(c) && is_refused_in_identifiers(c),
                "{:x}",
                u32::from(c)
            );
        }
        for c in ['a', 'é', '\u{301}', 'あ', '한', '\u{64b}', '🙂', ' ', '\u{3000}'] {
            assert!(!is_unseen(c) && !is_refused_in_names(c), "{c}");
        }
    }

    #[test]
    fn canonically_equal_texts_have_one_form() {
        assert_eq!(nfc("Bu\u{308}ro"), "Büro");
        assert_eq!(lookup_form("u\u{200d}\u{308}"), "ü");
        assert_eq!(caseless("JO\u{308}RG"), "jörg");
        assert_eq!(caseless("Straße"), caseless("STRASSE"));
        assert_eq!(tame("order\u{202e}.x\u{0}\u{200b}y", 8), "order.xy");
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
