//! Who made a change.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::Email;

/// What kind of caller made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuthorKind {
    /// The vendor's administrator.
    Operator,
    /// The vendor's support staff.
    Agent,
    /// A partner's member.
    Partner,
    /// A customer.
    Customer,
    /// A webhook source.
    Source,
    /// Vouchsafe itself, when something was due.
    System,
}

/// Who made a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Author {
    /// What kind of caller.
    #[serde(rename = "type")]
    pub kind: AuthorKind,
    /// The token's subject, or the source's id.
    pub id: String,
    /// The person's verified e-mail, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
}
