//! The kinds of detail fields.

use deserr::Deserr;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::Faults;

/// What a field's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Deserr)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[deserr(error = Faults)]
pub enum FieldKind {
    /// A text of up to 255 characters.
    #[deserr(rename = "TEXT")]
    Text,
    /// A number of up to 15 digits, before and after the point.
    #[deserr(rename = "NUMBER")]
    Number,
    /// A day.
    #[deserr(rename = "DATE")]
    Date,
    /// An e-mail address.
    #[deserr(rename = "EMAIL")]
    Email,
    /// A telephone number (E.164), such as `+81312345678`.
    #[deserr(rename = "PHONE")]
    Phone,
    /// An address on the web, `https` or `http`, of up to 2,048 characters.
    #[deserr(rename = "URL")]
    Url,
    /// One of the field's options.
    #[deserr(rename = "SELECT")]
    Select,
    /// Some of the field's options.
    #[deserr(rename = "MULTISELECT")]
    Multiselect,
    /// `true` or `false`.
    #[deserr(rename = "BOOLEAN")]
    Boolean,
    /// One of the vendor's people, by e-mail: the tokens' issuer, not Vouchsafe, knows who they are.
    #[deserr(rename = "USER")]
    User,
}

impl FieldKind {
    /// Whether the values are chosen from options.
    pub fn has_options(self) -> bool {
        matches!(self, Self::Select | Self::Multiselect)
    }
}
