//! Texts that carry a meaning: each has one type, checked where it is parsed and never again.

use std::fmt::Display;
use std::str::FromStr;

use crate::fault::{Invalid, quoted};

/// Serde, deserr and JSON Schema for a type that is written as a text (`Display` and `FromStr`).
macro_rules! written_as_text {
    ($name:ident $(, $keyword:ident = $value:expr)*) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
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
pub(crate) use written_as_text;

pub(crate) fn checked(text: &str, most: usize) -> Result<&str, Invalid> {
    let length = text.chars().count();
    if length == 0 || length > most {
        return Err(Invalid::new(
            "invalid-length",
            format!("has {length} characters; 1 to {most} are taken"),
        ));
    }
    if text.trim() != text {
        return Err(Invalid::new("surrounding-space", "must not begin or end with white space"));
    }
    if text.chars().any(|c| c.is_control() || is_invisible(c)) {
        let detail = "must not contain control characters, or invisible ones that turn or break lines";
        return Err(Invalid::new("control-character", detail));
    }
    Ok(text)
}

/// What only deceives where a text is read: direction overrides, line separators, invisible operators, byte order mark.
/// Joiners that scripts need are none of these, nor are the marks and isolates that running text needs, nor what lets a line
/// break, or not, where words have no spaces between them.
pub(crate) fn is_deceiving(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2061}'..='\u{2065}' | '\u{feff}')
}

/// In a name direction marks and isolates deceive, too, and what no line of it needs: names that look the same are the same.
pub(crate) fn is_invisible(c: char) -> bool {
    is_deceiving(c)
        || matches!(
            c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{2066}'..='\u{2069}'
        )
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $most:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text.
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
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                checked(text, $most).map(|text| Self(text.to_owned()))
            }
        }

        written_as_text!($name, minLength = 1, maxLength = $most);
    };
}

text!(
    /// What people call a partner, an organization, a product, a license type or a source: 1 to 200 characters.
    Name,
    200
);
text!(
    /// The id a caller's own system gave to something: 1 to 100 characters.
    ExternalId,
    100
);
text!(
    /// A buyer's account at a store: 1 to 100 characters.
    StoreAccount,
    100
);
text!(
    /// A store's number of an order: 1 to 100 characters.
    OrderId,
    100
);

text!(
    /// What something is, in a few sentences: 1 to 1,000 characters.
    Description,
    1000
);
text!(
    /// The vendor's own code for a product: 1 to 100 characters.
    ProductCode,
    100
);

text!(
    /// What a subscription is sold as: 1 to 100 characters.
    Plan,
    100
);

text!(
    /// What people call a detail field: 1 to 255 characters.
    FieldName,
    255
);
text!(
    /// What people see of an option: 1 to 100 characters.
    OptionLabel,
    100
);

/// A license type's code, its only id: 2 to 60 lower-case letters, digits and inner hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LicenseTypeCode(String);

impl LicenseTypeCode {
    /// The code.
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
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let good = (2..=60).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if good {
            Ok(Self(text.to_owned()))
        } else {
            let detail = format!(
                "{} is not a code of 2 to 60 lower-case letters, digits and inner hyphens",
                quoted(text)
            );
            Err(Invalid::new("invalid-code", detail))
        }
    }
}

written_as_text!(LicenseTypeCode, pattern = "^[a-z0-9][a-z0-9-]{0,58}[a-z0-9]$");

/// An e-mail address in the one form in which addresses are compared: ASCII lower case, the domain in its
/// IDNA (UTS 46) ASCII form, nothing more. At most 254 bytes (RFC 5321).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(String);

impl Email {
    /// The folded address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Email {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let folded = text.rsplit_once('@').and_then(|(local, domain)| {
            let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\\\"@".contains(c);
            let domain = idna::domain_to_ascii_strict(domain).ok()?;
            let good = !local.is_empty() && local.chars().all(plain) && !domain.is_empty();
            good.then(|| format!("{}@{domain}", local.to_ascii_lowercase()))
        });
        match folded {
            Some(folded) if folded.len() <= 254 => Ok(Self(folded)),
            _ => Err(Invalid::new("invalid-email", format!("{} is not an e-mail address", quoted(text)))),
        }
    }
}

written_as_text!(Email, format = "email", maxLength = 254);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_say_what_is_wrong_with_them() {
        for (text, code) in [
            ("", "invalid-length"),
            (" x", "surrounding-space"),
            ("a\u{0}b", "control-character"),
            ("a\u{202e}b", "control-character"),
            ("\u{200b}", "control-character"),
            (&"あ".repeat(201), "invalid-length"),
        ] {
            assert_eq!(text.parse::<Name>().unwrap_err().code, code, "{text:?}");
        }
        assert_eq!("あ".repeat(200).parse::<Name>().unwrap().as_str().chars().count(), 200);
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
    fn emails_fold_ascii_case_and_the_domain_and_nothing_more() {
        let fold = |text: &str| text.parse::<Email>().map(|email| email.to_string()).ok();
        assert_eq!(fold("Aiko.T@Miyako.Example").as_deref(), Some("aiko.t@miyako.example"));
        assert_eq!(fold("a@Bücher.example").as_deref(), Some("a@xn--bcher-kva.example"));
        assert_eq!(fold("İ@x.example").as_deref(), Some("İ@x.example"));
        assert_eq!(fold("a+b@x.example").as_deref(), Some("a+b@x.example"));
        for bad in ["", "a", "@x.example", "a@", "a b@x.example", "a@x@y.example", "a@x_y.example", "a@.."] {
            assert_eq!(fold(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn folding_an_email_twice_is_folding_it_once(text in "\\PC{0,20}@\\PC{0,20}") {
            if let Ok(once) = text.parse::<Email>() {
                prop_assert_eq!(once.as_str().parse::<Email>().unwrap(), once.clone());
            }
        }
    }
}
