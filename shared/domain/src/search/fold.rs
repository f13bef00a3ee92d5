//! Folding: texts that people take for the same name get the same form.

use std::sync::LazyLock;

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};
use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup as Group, Script};
use kaiji::Normalizer;

use crate::unicode::{is_invisible, nfc, nfd};

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

/// Returns the key by which names are sorted: NFKC and full case folding with both Turkish i's alike, hiragana as
/// katakana, without spaces, punctuation, accents and invisible characters. It has at most 200 characters and 300
/// bytes, so that it fits an index.
pub fn sort_key(name: &str) -> String {
    const MAX_CHARACTERS: usize = 200;
    const MAX_BYTES: usize = 300;
    // Ignored characters are removed before the others are composed, since they may stand between characters that
    // compose.
    let bare = decomposed(name).chars().filter(|c| !is_accent(*c) && is_significant(*c)).collect::<String>();
    let alike: String = bare.chars().map(|c| if c == 'ı' { 'i' } else { c }).collect();
    let composed = ComposingNormalizer::new_nfkc().normalize(&alike).into_owned();
    let mut key = String::new();
    for c in composed.chars().map(katakana).take(MAX_CHARACTERS) {
        if key.len() + c.len_utf8() > MAX_BYTES {
            break;
        }
        key.push(c);
    }
    key
}

/// Returns the form of a text from which the words for searches are taken. Besides case, width and accents, spellings
/// are alike that differ in letters such as ø and ð, in Arabic and Hebrew marks and forms of letters, in digits of
/// other scripts, in hiragana and katakana, in iteration marks, and in old and new forms of kanji. Spaces and
/// punctuation remain.
pub(super) fn searched_form(text: &str) -> String {
    /// Voiced and semi-voiced sound marks, which make a different kana.
    const SOUND_MARKS: [char; 2] = ['\u{3099}', '\u{309a}'];
    let mut form = String::new();
    for c in decomposed(text).chars() {
        // Tatweel only makes a word longer.
        if c == '\u{640}' || is_invisible(c) || (is_mark_of_reading(c) && !SOUND_MARKS.contains(&c)) {
            continue;
        }
        match katakana(c) {
            '々' | '〻' | 'ヽ' => form.extend(form.chars().rev().find(|c| !SOUND_MARKS.contains(c))),
            c => match spelled_out(c) {
                Some(letters) => form.push_str(letters),
                None => form.push(plain_digit(c).unwrap_or(c)),
            },
        }
    }
    new_kanji(&nfc(&form))
}

/// Returns the compatibility decomposition of a text, in folded case.
fn decomposed(text: &str) -> String {
    let nfkd = DecomposingNormalizer::new_nfkd();
    let cased = CaseMapper::new().fold_string(&nfkd.normalize(text)).into_owned();
    // Case folding can leave characters to decompose; it turns a capital I with a dot into an i and a combining dot.
    nfkd.normalize(&cased).into_owned()
}

/// Returns whether a character is a mark over, under or through a letter. Marks that make a different letter, such as
/// the voiced sound marks of kana and the vowel signs of Indic scripts, are not accents.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Returns whether a character is a mark that people leave out when they type: an accent, an Arabic vowel or hamza
/// over a letter, a Hebrew point.
fn is_mark_of_reading(c: char) -> bool {
    let scripts =
        [Script::Inherited, Script::Latin, Script::Greek, Script::Cyrillic, Script::Arabic, Script::Hebrew];
    general_category(c) == GeneralCategory::NonspacingMark
        && scripts.contains(&CodePointMapData::<Script>::new().get(c))
}

fn is_significant(c: char) -> bool {
    // Variation selectors choose a glyph of the preceding character.
    let selects = matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    const IGNORED: Group = Group::Separator.union(Group::Punctuation).union(Group::Other);
    !selects && !IGNORED.contains(general_category(c))
}

pub(super) fn general_category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

fn katakana(c: char) -> char {
    match c {
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        other => other,
    }
}

/// Returns the letters as which people type a letter that Unicode does not decompose.
fn spelled_out(c: char) -> Option<&'static str> {
    Some(match c {
        'ı' => "i",
        'ø' => "oe",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'æ' => "ae",
        'œ' => "oe",
        'ħ' => "h",
        'ŧ' => "t",
        'ŋ' => "n",
        'ə' => "e",
        'ґ' => "г",
        'ٱ' => "ا",
        'ة' | 'ہ' | 'ە' | 'ۃ' => "ه",
        'ى' | 'ی' | 'ې' => "ي",
        'ک' | 'ڪ' => "ك",
        'ך' => "כ",
        'ם' => "מ",
        'ן' => "נ",
        'ף' => "פ",
        'ץ' => "צ",
        // The crate of kanji variants lacks these.
        '舘' => "館",
        '埜' => "野",
        '桒' => "桑",
        '栁' => "柳",
        '鄕' => "郷",
        '淸' => "清",
        '靑' => "青",
        '黑' => "黒",
        '黃' => "黄",
        '髮' => "髪",
        '郞' => "郎",
        _ => return None,
    })
}

/// Returns the ASCII digit for a decimal digit of another script.
fn plain_digit(c: char) -> Option<char> {
    if c.is_ascii() || general_category(c) != GeneralCategory::DecimalNumber {
        return None;
    }
    // Unicode encodes the ten digits of a script in order, and no other digit directly before its zero.
    let is_digit = |back: &u32| {
        let earlier = u32::from(c).checked_sub(*back).and_then(char::from_u32);
        earlier.is_some_and(|c| general_category(c) == GeneralCategory::DecimalNumber)
    };
    let value = (1..=9).take_while(is_digit).count();
    u32::try_from(value).ok().and_then(|value| char::from_digit(value, 10))
}

/// Returns a text with old and variant forms of kanji replaced by the usual ones.
fn new_kanji(text: &str) -> String {
    static VARIANTS: LazyLock<Normalizer> = LazyLock::new(|| {
        Normalizer::builder().fold_variants(true).strip_ivs(true).width_normalization(false).build()
    });
    VARIANTS.normalize(text).map_or_else(|_| text.to_owned(), |folded| folded.into_owned())
}

/// Returns kana in Latin letters, in the form of [`romanized`].
pub(super) fn romaji(kana: &str) -> String {
    static ROMAJI: LazyLock<Normalizer> = LazyLock::new(|| {
        Normalizer::builder().fold_variants(false).width_normalization(false).kana_to_romaji(true).build()
    });
    let latin = ROMAJI.normalize(kana).map(|latin| latin.replace('\'', "")).unwrap_or_default();
    romanized(&latin)
}

/// Returns whether a name in Latin letters marks long vowels by a macron, as romanized Japanese names do.
pub(super) fn has_long_vowels(name: &str) -> bool {
    nfd(name).contains('\u{304}')
}

/// Returns the form in which all usual romanizations of Japanese are alike: long vowels are short, as in passports,
/// and syllables are spelled as by Hepburn.
pub(super) fn romanized(latin: &str) -> String {
    const SPELLINGS: [(&str, &str); 19] = [
        ("oo", "o"),
        ("ou", "o"),
        ("uu", "u"),
        ("sy", "sh"),
        ("ty", "ch"),
        ("zy", "j"),
        ("jy", "j"),
        ("si", "shi"),
        ("ti", "chi"),
        ("tu", "tsu"),
        ("zi", "ji"),
        ("di", "ji"),
        ("du", "zu"),
        ("cch", "tch"),
        ("mb", "nb"),
        ("mp", "np"),
        ("mm", "nm"),
        ("wo", "o"),
        ("hu", "fu"),
    ];
    let mut form = latin.to_owned();
    for (from, to) in SPELLINGS {
        // A replacement can leave the same spelling again, such as one of three vowels.
        while form.contains(from) {
            form = form.replace(from, to);
        }
    }
    form
}
