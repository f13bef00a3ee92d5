//! Authors of changes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::Email;

/// Kind of caller that made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuthorKind {
    /// Operator of the vendor.
    Operator,
    /// Agent of the vendor's support.
    Agent,
    /// Member of a partner.
    Partner,
    /// Customer.
    Customer,
    /// Webhook source.
    Source,
    /// Vouchsafe itself, in scheduled work.
    System,
}

impl AuthorKind {
    /// Returns the kind in one word, as events have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Agent => "agent",
            Self::Partner => "partner",
            Self::Customer => "customer",
            Self::Source => "source",
            Self::System => "system",
        }
    }
}

/// Author of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Author {
    /// Kind of caller.
    #[serde(rename = "type")]
    pub kind: AuthorKind,
    /// Subject (`sub`) of the token, id of the webhook source, or name of the scheduled operation.
    pub id: String,
    /// Verified e-mail of the person; at most 254 bytes. Absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_of_a_kind_is_the_word_in_events() {
        use AuthorKind::{Agent, Customer, Operator, Partner, Source, System};
        for kind in [Operator, Agent, Partner, Customer, Source, System] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
