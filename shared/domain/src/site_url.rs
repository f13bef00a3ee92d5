//! Addresses of sites.

use std::fmt::Display;
use std::str::FromStr;

use crate::fault::ParseError;
use crate::text::{is_not, written_as_text};
use crate::unicode::{is_refused_in_identifiers, nfc};

/// Address of a site: `https://` or `http://`, a host and optionally a port and a path, without user, query and
/// fragment. At most 500 characters. It is stored without slashes at its end, and with its host in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteUrl(String);

impl SiteUrl {
    const LONGEST: usize = 500;

    /// Returns the address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for SiteUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SiteUrl {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let text = &*nfc(text);
        let refused = |c: char| c.is_whitespace() || is_refused_in_identifiers(c) || c == '\\';
        let plain = !text.contains(refused);
        let url = url::Url::parse(text).ok().filter(|url| {
            let bare = url.username().is_empty() && url.password().is_none();
            let lower = text.to_ascii_lowercase();
            plain
                && ["https://", "http://"].iter().any(|scheme| lower.starts_with(scheme))
                && url.has_host()
                && bare
                && url.query().is_none()
                && url.fragment().is_none()
        });
        let url = url.map(|url| url.as_str().trim_end_matches('/').to_owned());
        url.filter(|url| url.chars().count() <= Self::LONGEST).map(Self).ok_or_else(|| {
            let form = "an address such as `https://yamada.example/recorder`, without user, query and fragment, of at most 500 characters";
            ParseError::new("invalid-site-url", is_not(text, form))
        })
    }
}

written_as_text!(SiteUrl, format = "iri", maxLength = 500, pattern = r"^[Hh][Tt][Tt][Pp][Ss]?://[^\s?#\\]+$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_is_normalized_and_invalid_url_is_refused() {
        for (text, kept) in [
            ("https://yamada.example", "https://yamada.example"),
            ("HTTPS://Yamada.Example/", "https://yamada.example"),
            ("http://yamada.example:8080/Wiki/", "http://yamada.example:8080/Wiki"),
        ] {
            assert_eq!(text.parse::<SiteUrl>().unwrap().as_str(), kept);
        }
        let long = format!("https://x.example/{}", "a".repeat(500));
        for bad in [
            "",
            "yamada.example",
            "ftp://x.example",
            "https://",
            "https://u:p@x.example",
            "https://x.example?a",
            "https://x.example#a",
            "javascript:alert(1)",
            "https://x.example/ a",
            "https:\\\\x.example",
            long.as_str(),
        ] {
            assert_eq!(bad.parse::<SiteUrl>().unwrap_err().code, "invalid-site-url", "{bad}");
        }
        for (bad, cause) in [
            ("https://x.example/ a", "`https://x.example/ a` contains a space, so it is not "),
            (" https://x.example", "` https://x.example` contains a space, so it is not "),
            ("https://x.example\n", r"`https://x.example\n` contains a line break, so it is not "),
            ("ftp://x.example", "`ftp://x.example` is not "),
        ] {
            let detail = bad.parse::<SiteUrl>().unwrap_err().detail;
            assert!(detail.starts_with(cause), "{detail}");
        }
    }
}
