//! Validated text types. Each kind of text has its own type, which checks the text once, when it is parsed.

use std::fmt::Display;
use std::str::FromStr;

use crate::fault::{ParseError, quoted};
use crate::unicode::{
    caseless, first_space_or_invisible, in_words, is_invisible, is_refused_in_identifiers,
    is_refused_in_names, nfc,
};

/// Implements Serde, deserr and JSON Schema for a type that is represented as a text (`Display` and `FromStr`).
macro_rules! written_as_text {
    ($name:ident $(, $keyword:ident = $value:expr)*) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        $crate::text::sent_as_text!($name $(, $keyword = $value)*);
    };
}
pub(crate) use written_as_text;

/// Implements serialization, deserr and JSON Schema for a type that is represented as a text. Reading a stored text is
/// implemented by the type.
macro_rules! sent_as_text {
    ($name:ident $(, $keyword:ident = $value:expr)*) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl deserr::Deserr<$crate::fault::Faults> for $name {
            fn deserialize_from_value<V: deserr::IntoValue>(
                value: deserr::Value<V>,
                location: deserr::ValuePointerRef<'_>,
            ) -> Result<Self, $crate::fault::Faults> {
                $crate::fault::parse_text(value, location)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string" $(, (stringify!($keyword)): $value)* })
            }
        }
    };
}
pub(crate) use sent_as_text;

/// Returns why a text is not `what`, such as `an e-mail address`, which contains neither white space nor invisible
/// characters: if the text contains one, that is the reason.
pub(crate) fn is_not(text: &str, what: &str) -> String {
    match first_space_or_invisible(text) {
        Some(character) => format!("{} contains {character}, so it is not {what}", quoted(text)),
        None => format!("{} is not {what}", quoted(text)),
    }
}

/// Returns the text in its composed form (NFC), if it has 1 to `most` characters, no surrounding white space, no
/// character that is `refused`, and at least one visible character.
pub(crate) fn checked(text: &str, most: usize, refused: fn(char) -> bool) -> Result<String, ParseError> {
    let text = nfc(text);
    let length = text.chars().count();
    if length == 0 || length > most {
        return Err(ParseError::new(
            "invalid-length",
            format!("has {length} characters; 1 to {most} are taken"),
        ));
    }
    let mut ends = text.chars().next().into_iter().chain(text.chars().next_back());
    if let Some(space) = ends.find(|c| c.is_whitespace()) {
        let detail = format!("{} begins or ends with {}: remove it", quoted(&text), in_words(space));
        return Err(ParseError::new("surrounding-space", detail));
    }
    if let Some(c) = text.chars().find(|c| refused(*c)) {
        let detail = format!("{} contains {}: remove it", quoted(&text), in_words(c));
        return Err(ParseError::new("control-character", detail));
    }
    if text.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
        return Err(ParseError::new("no-visible-character", "must contain a visible character"));
    }
    Ok(text.into_owned())
}

/// Pattern of texts that neither begin nor end with white space and have no control characters. The invisible characters
/// that texts must not have either are in no pattern that all tools understand.
pub(crate) const WITHOUT_CONTROLS: &str =
    r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$";

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $most:literal, $refused:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, ParseError> {
                checked(text, $most, $refused).map(Self)
            }
        }

        written_as_text!($name, minLength = 1, maxLength = $most, pattern = WITHOUT_CONTROLS);
    };
}

/// Text that takes the place of one that an erased person wrote, if it is redacted.
pub const REDACTED: &str = "[erased]";

text!(
    /// Name of a person, partner, organization, product, license type or webhook source, or subject of a service
    /// request: 1 to 200 characters.
    Name,
    200,
    is_refused_in_names
);
impl Name {
    /// Returns the name that takes the place of that of an erased person.
    pub fn of_erased() -> Self {
        Self("Erased person".to_owned())
    }

    /// Returns the subject that takes the place of a redacted one.
    pub fn redacted() -> Self {
        Self(REDACTED.to_owned())
    }
}

text!(
    /// Id that a caller's own system assigned to an object: 1 to 100 characters.
    ExternalId,
    100,
    is_refused_in_identifiers
);
text!(
    /// Buyer's account at a store: 1 to 100 characters.
    StoreAccount,
    100,
    is_refused_in_identifiers
);
text!(
    /// Order number that a store assigned: 1 to 100 characters.
    OrderId,
    100,
    is_refused_in_identifiers
);

text!(
    /// Description or reason in a few sentences, without line breaks: 1 to 1,000 characters.
    Description,
    1000,
    is_refused_in_names
);
impl Description {
    /// Returns the text that takes the place of a redacted one.
    pub fn redacted() -> Self {
        Self(REDACTED.to_owned())
    }
}

text!(
    /// Vendor's own code for a product: 1 to 100 characters.
    ProductCode,
    100,
    is_refused_in_identifiers
);

text!(
    /// Plan under which a subscription is sold: 1 to 100 characters.
    Plan,
    100,
    is_refused_in_names
);

text!(
    /// Name of a detail field: 1 to 255 characters.
    FieldName,
    255,
    is_refused_in_names
);
text!(
    /// Label of a detail field's option: 1 to 100 characters.
    OptionLabel,
    100,
    is_refused_in_names
);

/// Code of a license type, which is its only id: 2 to 60 lower-case ASCII letters, digits and inner hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LicenseTypeCode(String);

impl LicenseTypeCode {
    /// Returns the code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for LicenseTypeCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for LicenseTypeCode {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let good = (2..=60).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if good {
            Ok(Self(text.to_owned()))
        } else {
            let detail = is_not(text, "a code of 2 to 60 lower-case letters, digits and inner hyphens");
            Err(ParseError::new("invalid-code", detail))
        }
    }
}

written_as_text!(LicenseTypeCode, pattern = "^[a-z0-9][a-z0-9-]{0,58}[a-z0-9]$");

/// E-mail address of at most 254 bytes, at most 64 of them before the `@` (RFC 5321).
///
/// It is displayed as it was given and compared by its folded form: the local part in NFC and full case folding, the
/// domain in IDNA (UTS 46). So every spelling of an address is equal. As the value of a detail field, the folded form
/// is stored.
#[derive(Debug, Clone)]
pub struct Email {
    given: String,
    folded: String,
}

/// Domain of the addresses that take the place of erased ones; no mail reaches it (RFC 2606). No address from outside has
/// it.
const ERASED_DOMAIN: &str = "@erased.invalid";

impl Email {
    /// Returns the address that takes the place of an erased one, with the id of what had it.
    pub fn of_erased(id: impl Display) -> Self {
        let given = format!("{id}{ERASED_DOMAIN}");
        Self { folded: given.clone(), given }
    }

    /// Returns whether the address took the place of an erased one.
    pub fn is_erased(&self) -> bool {
        self.folded.ends_with(ERASED_DOMAIN)
    }

    /// Returns the form in which addresses are compared.
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for Email {}

impl PartialOrd for Email {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Email {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded.cmp(&other.folded)
    }
}

impl std::hash::Hash for Email {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}

impl Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.given)
    }
}

impl FromStr for Email {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let email = Self::read(text)?;
        if email.is_erased() {
            let detail = format!(
                "{} has the domain `erased.invalid`, which is reserved for erased people",
                quoted(text)
            );
            return Err(ParseError::new("invalid-email", detail));
        }
        Ok(email)
    }
}

impl<'de> serde::Deserialize<'de> for Email {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Self::read(&text).map_err(serde::de::Error::custom)
    }
}

impl Email {
    /// Reads a stored address, which may have taken the place of an erased one.
    fn read(text: &str) -> Result<Self, ParseError> {
        /// Limits of RFC 5321, section 4.5.3.1.
        const LONGEST: usize = 254;
        const LONGEST_LOCAL: usize = 64;
        let given = nfc(text);
        let plain =
            |c: char| !c.is_whitespace() && !is_refused_in_identifiers(c) && !"<>()[],;:\\\"@".contains(c);
        let folded = given.rsplit_once('@').and_then(|(local, domain)| {
            let atoms = local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(plain));
            let good = atoms && local.len() <= LONGEST_LOCAL && domain.chars().all(plain);
            let domain = idna::domain_to_ascii_strict(domain).ok().filter(|_| good)?;
            (!domain.is_empty()).then(|| format!("{}@{domain}", caseless(local)))
        });
        match folded {
            Some(folded) if folded.len() <= LONGEST && given.len() <= LONGEST => {
                Ok(Self { given: given.into_owned(), folded })
            }
            _ => Err(ParseError::new("invalid-email", is_not(text, "an e-mail address"))),
        }
    }
}

sent_as_text!(Email, format = "idn-email", maxLength = 254);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unicode::nfd;
    use proptest::prelude::*;

    #[test]
    fn placeholder_of_an_erased_email_is_stored_but_not_taken_from_outside() {
        let placeholder = Email::of_erased("cus_1");
        let stored = serde_json::to_string(&placeholder).unwrap();
        assert_eq!(serde_json::from_str::<Email>(&stored).unwrap(), placeholder);
        for text in ["cus_1@erased.invalid", "x@ERASED.Invalid"] {
            let refused = text.parse::<Email>().unwrap_err();
            assert_eq!(refused.code, "invalid-email");
            assert!(refused.detail.contains("reserved for erased people"), "{}", refused.detail);
        }
        assert!("x@other.invalid".parse::<Email>().is_ok());
    }

    #[test]
    fn invalid_name_is_refused_with_its_fault_code() {
        for (text, code) in [
            ("", "invalid-length"),
            (" x", "surrounding-space"),
            ("a\u{0}b", "control-character"),
            ("a\u{202e}b", "control-character"),
            ("\u{200b}", "control-character"),
            ("a\u{ad}b", "control-character"),
            ("\u{3164}", "control-character"),
            ("\u{2800}", "control-character"),
            ("\u{200d}", "no-visible-character"),
            ("\u{fe0f}\u{200c}", "no-visible-character"),
            (&"あ".repeat(201), "invalid-length"),
        ] {
            assert_eq!(text.parse::<Name>().unwrap_err().code, code, "{text:?}");
        }
        let hidden = "Reg\u{ad}ion".parse::<Name>().unwrap_err().detail;
        assert_eq!(hidden, r"`Reg\u{AD}ion` contains the invisible character `\u{AD}`: remove it");
        assert_eq!("あ".repeat(200).parse::<Name>().unwrap().as_str().chars().count(), 200);
        for good in ["علی\u{200c}رضا", "❤\u{fe0f}", "👩\u{200d}🚀", "辻\u{e0100}", "Bu\u{308}ro"]
        {
            let name: Name = good.parse().unwrap();
            assert_eq!(name.as_str(), nfc(good), "{good:?}");
        }
        // Identifiers contain no invisible characters and have a single spelling.
        for hidden in ["علی\u{200c}رضا", "❤\u{fe0f}", "C\u{ad}1", "C\u{e0100}1"] {
            assert_eq!(hidden.parse::<ExternalId>().unwrap_err().code, "control-character", "{hidden:?}");
        }
        assert_eq!("Bu\u{308}".parse::<ProductCode>(), "Bü".parse());
    }

    #[test]
    fn a_code_is_lower_case_letters_digits_and_inner_hyphens() {
        for good in ["edge-storage-1y", "a1", "0-0"] {
            assert_eq!(good.parse::<LicenseTypeCode>().unwrap().as_str(), good);
        }
        for bad in ["", "a", "-ab", "ab-", "Ab", "a b", "a#b", "ä1", &"a".repeat(61)] {
            assert!(bad.parse::<LicenseTypeCode>().is_err(), "{bad}");
        }
    }

    #[test]
    fn email_spellings_fold_to_one_form_and_display_is_unchanged() {
        let fold = |text: &str| text.parse::<Email>().map(|email| email.folded().to_owned()).ok();
        assert_eq!(fold("Aiko.T@Miyako.Example").as_deref(), Some("aiko.t@miyako.example"));
        assert_eq!(fold("a@Bücher.example").as_deref(), Some("a@xn--bcher-kva.example"));
        assert_eq!(fold("a+b@x.example").as_deref(), Some("a+b@x.example"));
        for same in ["jörg@x.example", "JÖRG@x.example", "jo\u{308}rg@x.example", "JO\u{308}RG@X.Example"] {
            assert_eq!(fold(same).as_deref(), Some("jörg@x.example"), "{same}");
        }
        assert_eq!(fold("Straße@x.example"), fold("STRASSE@x.example"));
        assert_eq!(fold("ΣΊΣΥΦΟΣ@x.example"), fold("σίσυφος@x.example"));
        assert_eq!("JÖRG@X.Example".parse::<Email>().unwrap().to_string(), "JÖRG@X.Example");
        let (longest, too_long) =
            (format!("{}@x.example", "a".repeat(64)), format!("{}é@x.example", "a".repeat(63)));
        assert_eq!(fold(&longest).as_deref(), Some(&*longest));
        for bad in [
            "",
            "a",
            "@x.example",
            "a@",
            "a b@x.example",
            "a@x@y.example",
            "a@x_y.example",
            "a@..",
            ".a@x.example",
            "a.@x.example",
            "a..b@x.example",
            &too_long,
            "a\u{ad}b@x.example",
            "a\u{200b}@x.example",
            "a\u{202e}@x.example",
            "a\u{2060}@x.example",
            "a\u{2066}@x.example",
            "a@x\u{ad}.example",
            "a@x\u{200d}.example",
            "\u{feff}a@x.example",
            "a\u{200d}b@x.example",
            "a\u{fe0f}@x.example",
        ] {
            assert_eq!(fold(bad), None, "{bad:?}");
        }
        for (bad, detail) in [
            ("a b", "`a b` contains a space, so it is not an e-mail address"),
            ("a@x.example\t", r"`a@x.example\t` contains a tab, so it is not an e-mail address"),
            (
                "\u{feff}a@x.example",
                r"`\u{FEFF}a@x.example` contains the invisible character `\u{FEFF}`, so it is not an e-mail address",
            ),
            ("a@", "`a@` is not an e-mail address"),
        ] {
            assert_eq!(bad.parse::<Email>().unwrap_err().detail, detail);
        }
    }

    proptest! {
        #[test]
        fn canonically_equal_texts_are_the_same_value(text in "[a-zA-Z0-9äöüßéñçšåğÅがぎぐ한글]{1,20}") {
            let other = nfd(&text);
            prop_assert_eq!(other.parse::<ExternalId>().unwrap(), text.parse::<ExternalId>().unwrap());
            prop_assert_eq!(other.parse::<StoreAccount>().unwrap(), text.parse::<StoreAccount>().unwrap());
            prop_assert_eq!(other.parse::<OrderId>().unwrap(), text.parse::<OrderId>().unwrap());
            prop_assert_eq!(other.parse::<ProductCode>().unwrap(), text.parse::<ProductCode>().unwrap());
            prop_assert_eq!(other.parse::<FieldName>().unwrap(), text.parse::<FieldName>().unwrap());
            prop_assert_eq!(other.parse::<OptionLabel>().unwrap(), text.parse::<OptionLabel>().unwrap());
            let emails = [format!("{other}@x.example"), format!("{text}@x.example")];
            let [other, email] = emails.map(|email| email.parse::<Email>().ok());
            prop_assert_eq!(other, email);
        }

        #[test]
        fn email_folding_is_idempotent(text in "\\PC{0,20}@\\PC{0,20}") {
            if let Ok(once) = text.parse::<Email>() {
                let twice = once.folded().parse::<Email>();
                // Folding can make an address longer than the limit.
                prop_assert!(twice.is_err() || twice.unwrap().folded() == once.folded());
                prop_assert_eq!(once.to_string().parse::<Email>().unwrap(), once);
            }
        }
    }
}
