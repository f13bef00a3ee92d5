//! Authors of changes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::person::PersonRef;

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

/// Author of a change. It has no name and no e-mail: those of a person are looked up when they are shown, and can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Author {
    /// Kind of caller.
    #[serde(rename = "type")]
    pub kind: AuthorKind,
    /// Id of the member or customer; subject (`sub`) of the token of the vendor's staff, and of a person without a
    /// record; id of the webhook source; or name of the scheduled operation.
    pub id: String,
}

impl Author {
    /// Returns the record of the person; `None` if the author is no person, or had no record.
    pub fn person(&self) -> Option<PersonRef> {
        match self.kind {
            AuthorKind::Operator | AuthorKind::Agent => Some(PersonRef::Staff(self.id.clone())),
            AuthorKind::Partner => self.id.parse().ok().map(PersonRef::Member),
            AuthorKind::Customer => self.id.parse().ok().map(PersonRef::Customer),
            AuthorKind::Source | AuthorKind::System => None,
        }
    }
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
