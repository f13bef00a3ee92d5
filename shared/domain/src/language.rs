//! Languages of people.

use std::fmt::Display;
use std::str::FromStr;

use icu_locale_core::LanguageIdentifier;

use crate::fault::ParseError;
use crate::text::{is_not, written_as_text};

/// Language of a person: a BCP 47 tag of language, script, region and variants, at most 35 characters, such as `ja` or
/// `pt-BR`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language(LanguageIdentifier);

impl Language {
    const MOST: usize = 35;
}

impl Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Language {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let tag = text.parse().ok().filter(|_| text.len() <= Self::MOST);
        let known = tag.filter(|tag: &LanguageIdentifier| !tag.language.is_unknown());
        let detail = || is_not(text, "a language tag such as `ja` or `pt-BR`");
        known.map(Self).ok_or_else(|| ParseError::new("invalid-language", detail()))
    }
}

written_as_text!(Language, minLength = 2, maxLength = Language::MOST);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_taken_in_any_case_and_written_in_the_usual_one() {
        for (given, written) in
            [("ja", "ja"), ("PT-br", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419")]
        {
            assert_eq!(given.parse::<Language>().unwrap().to_string(), written);
        }
        for bad in ["", "und", "j", "japanese language", "ja_JP!", "en-", "de-u-co-phonebk", &"a".repeat(36)]
        {
            assert!(bad.parse::<Language>().is_err(), "{bad}");
        }
    }
}
