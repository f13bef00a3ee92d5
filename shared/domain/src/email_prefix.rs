//! Beginning of an e-mail, to search for.

use std::fmt::Display;
use std::str::FromStr;

use crate::fault::ParseError;
use crate::text::{Email, checked, written_as_text};
use crate::unicode::{caseless, is_refused_in_identifiers};

/// Beginning of an e-mail, or a whole one: 1 to 254 characters. Letter case is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailPrefix(String);

impl EmailPrefix {
    /// Returns whether an e-mail begins so, as it was given or as it is compared.
    pub fn begins(&self, email: &Email) -> bool {
        let prefix = caseless(&self.0);
        email.folded().starts_with(&prefix) || caseless(&email.to_string()).starts_with(&prefix)
    }

    /// Returns the text as an e-mail; `None` if it is only the beginning of one.
    pub fn whole(&self) -> Option<Email> {
        self.0.parse().ok()
    }
}

impl Display for EmailPrefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EmailPrefix {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        checked(text, 254, is_refused_in_identifiers).map(Self)
    }
}

written_as_text!(EmailPrefix, minLength = 1, maxLength = 254);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_ignores_case_and_whole_email_is_recognized() {
        let email: Email = "Sora@Yamada.example".parse().unwrap();
        for (text, begins) in
            [("s", true), ("SORA@", true), ("sora@yamada.example", true), ("ora", false), ("sora@x", false)]
        {
            assert_eq!(text.parse::<EmailPrefix>().unwrap().begins(&email), begins, "{text}");
        }
        assert_eq!("sora@yamada.example".parse::<EmailPrefix>().unwrap().whole(), Some(email));
        assert_eq!("sora".parse::<EmailPrefix>().unwrap().whole(), None);
        assert!("".parse::<EmailPrefix>().is_err());
    }
}
