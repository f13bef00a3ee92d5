//! Types of detail fields.

use deserr::Deserr;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::Faults;

/// Type of a detail field's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Deserr)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[deserr(error = Faults)]
pub enum FieldKind {
    /// Text of 1 to 255 characters, in one line.
    #[deserr(rename = "TEXT")]
    Text,
    /// Number of at most 15 digits, before and after the decimal point together.
    #[deserr(rename = "NUMBER")]
    Number,
    /// Calendar date of the form `2026-01-31`, from the year 1 to 9999.
    #[deserr(rename = "DATE")]
    Date,
    /// E-mail address of at most 254 bytes; stored and shown in its case-folded form.
    #[deserr(rename = "EMAIL")]
    Email,
    /// Telephone number in E.164, such as `+81312345678`.
    #[deserr(rename = "PHONE")]
    Phone,
    /// Web address of at most 2,048 characters that begins with `https://` or `http://`.
    #[deserr(rename = "URL")]
    Url,
    /// One of the field's options.
    #[deserr(rename = "SELECT")]
    Select,
    /// Any number of the field's options, each at most once.
    #[deserr(rename = "MULTISELECT")]
    Multiselect,
    /// `true` or `false`.
    #[deserr(rename = "BOOLEAN")]
    Boolean,
    /// E-mail address of one of the vendor's people. Vouchsafe does not check that the person exists: only the token
    /// issuer knows the vendor's people.
    #[deserr(rename = "USER")]
    User,
}

impl FieldKind {
    /// Returns whether the values are chosen from the field's options.
    pub fn has_options(self) -> bool {
        matches!(self, Self::Select | Self::Multiselect)
    }
}
