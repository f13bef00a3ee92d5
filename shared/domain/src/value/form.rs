//! Forms in which values are written as text, by the field's type.

use chrono::{Datelike, NaiveDate};

use crate::fault::quoted;
use crate::field_kind::FieldKind;
use crate::text::Email;
use crate::unicode::{is_deceptive, is_invisible, is_refused_in_identifiers, nfc};

pub(super) fn parse_bool(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("{} is neither `true` nor `false`", quoted(text))),
    }
}

/// Largest number of digits of a number: binary floating point (IEEE 754) represents so many exactly.
const DIGITS: usize = 15;

/// Returns the form in which a number is stored: without exponent, negative zero or superfluous zeros.
pub(super) fn plain(number: &serde_json::Number) -> Result<String, String> {
    let whole =
        number.as_i64().map(|whole| whole.to_string()).or(number.as_u64().map(|whole| whole.to_string()));
    let plain = whole.or(number.as_f64().map(|number| if number == 0.0 { 0.0 } else { number }.to_string()));
    let digits = |plain: &String| {
        let digits = plain.bytes().filter(u8::is_ascii_digit).count();
        digits - usize::from(plain.trim_start_matches('-').starts_with("0."))
    };
    plain.filter(|plain| digits(plain) <= DIGITS).ok_or_else(|| {
        format!("{} has more than {DIGITS} digits, before and after the point", quoted(&number.to_string()))
    })
}

/// Parses a number that is written as in JSON (RFC 8259), and returns the form in which it is stored.
pub(super) fn number(text: &str) -> Result<String, String> {
    let not = || format!("{} is not a number such as `12` or `-0.5`", quoted(text));
    let number: serde_json::Number = text.parse().map_err(|_| not())?;
    // Digits that binary floating point cannot represent would be lost silently.
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    // A number that is too small for binary floating point would silently become zero.
    let lost = number.as_f64() == Some(0.0) && !digits.trim_matches('0').is_empty();
    if lost || digits.trim_matches('0').len() > DIGITS {
        return Err(format!("{} has more than {DIGITS} digits, before and after the point", quoted(text)));
    }
    plain(&number)
}

/// Validates a value that is written as text, and returns the form in which it is stored.
pub(super) fn written(kind: FieldKind, text: &str) -> Result<String, String> {
    const LONGEST: usize = 255;
    const LONGEST_URL: usize = 2048;
    let most = if kind == FieldKind::Url { LONGEST_URL } else { LONGEST };
    let text = &*nfc(text);
    let length = text.chars().count();
    if length == 0 || length > most {
        return Err(format!("has {length} characters; 1 to {most} are taken"));
    }
    // Running text may contain invisible characters that identifiers must not, but needs a visible one.
    let refused = if kind == FieldKind::Text { is_deceptive } else { is_refused_in_identifiers };
    if text.chars().any(|c| c.is_control() || refused(c))
        || text.chars().all(|c| c.is_whitespace() || is_invisible(c))
    {
        return Err("must not contain control or invisible characters".to_owned());
    }
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err(format!("{} holds U+FFFD, which stands for what could not be read before", quoted(text)));
    }
    if text.trim() != text {
        return Err(format!("{} must not begin or end with white space", quoted(text)));
    }
    let not = |what: &str| Err(format!("{} is not {what}", quoted(text)));
    match kind {
        FieldKind::Date => match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            // chrono also accepts spaces, signs and other lengths.
            Ok(date) if (1..=9999).contains(&date.year()) && date.to_string() == text => Ok(text.to_owned()),
            _ => not("a day of the form `2026-01-31`"),
        },
        FieldKind::Email | FieldKind::User => match text.parse::<Email>() {
            Ok(email) => Ok(email.folded().to_owned()),
            Err(_) => not("an e-mail address"),
        },
        FieldKind::Phone => {
            let digits = text.strip_prefix('+').unwrap_or_default();
            let good = (2..=15).contains(&digits.len())
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && !digits.starts_with('0');
            if good { Ok(text.to_owned()) } else { not("a number such as `+81312345678` (E.164)") }
        }
        FieldKind::Url => {
            let lower = text.to_ascii_lowercase();
            let web = lower.starts_with("https://") || lower.starts_with("http://");
            let good = web && !text.contains(char::is_whitespace) && url::Url::parse(text).is_ok();
            if good {
                Ok(text.to_owned())
            } else {
                not("an address that begins with `https://` or `http://`")
            }
        }
        _ => Ok(text.to_owned()),
    }
}
