//! Forms in which values are written as text, by the field's type.

use chrono::{Datelike, NaiveDate};

use crate::fault::quoted;
use crate::field_kind::FieldKind;
use crate::text::{Email, is_not};
use crate::unicode::{first_space_or_invisible, in_words, is_deceptive, is_invisible, nfc};

pub(super) fn parse_bool(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(is_not(text, "`true` or `false`")),
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
    let not = || is_not(text, "a number such as `12` or `-0.5`");
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
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err(format!("{} holds U+FFFD, which stands for what could not be read before", quoted(text)));
    }
    let (what, stored) = match kind {
        FieldKind::Date => ("a day of the form `2026-01-31`", day(text)),
        FieldKind::Email | FieldKind::User => ("an e-mail address", email(text)),
        FieldKind::Phone => ("a number such as `+81312345678` (E.164)", phone(text)),
        FieldKind::Url => (missing_in_url(text), web_address(text)),
        _ => return running_text(text),
    };
    stored.ok_or_else(|| is_not(text, what))
}

fn day(text: &str) -> Option<String> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    // chrono also accepts spaces, signs and other lengths.
    ((1..=9999).contains(&date.year()) && date.to_string() == text).then(|| text.to_owned())
}

fn email(text: &str) -> Option<String> {
    text.parse::<Email>().ok().map(|email| email.folded().to_owned())
}

fn phone(text: &str) -> Option<String> {
    let digits = text.strip_prefix('+')?;
    let good = (2..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    good.then(|| text.to_owned())
}

fn web_address(text: &str) -> Option<String> {
    let good = is_web(text) && first_space_or_invisible(text).is_none() && url::Url::parse(text).is_ok();
    good.then(|| text.to_owned())
}

fn is_web(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.starts_with("https://") || lower.starts_with("http://")
}

/// Returns what a text that is no URL should be.
fn missing_in_url(text: &str) -> &'static str {
    match is_web(text) {
        true => "a complete web address such as `https://yamada.example/manual`",
        false => "an address that begins with `https://` or `http://`",
    }
}

/// Running text may contain invisible characters that other values must not, but needs a visible one.
fn running_text(text: &str) -> Result<String, String> {
    if let Some(c) = text.chars().find(|c| c.is_control() || is_deceptive(*c)) {
        return Err(format!("{} contains {}: remove it", quoted(text), in_words(c)));
    }
    if text.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
        return Err(format!("{} has no visible character", quoted(text)));
    }
    if text.trim() != text {
        return Err(format!("{} must not begin or end with white space", quoted(text)));
    }
    Ok(text.to_owned())
}
