//! People, as what is stored refers to them: by the id of their record, so that name and e-mail are stored once and can be
//! erased.

use deserr::Deserr;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::Faults;
use crate::id::{CustomerId, MemberId};
use crate::time::Timestamp;

/// State of a customer or member who was not removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Deserr)]
#[serde(rename_all = "camelCase")]
#[deserr(error = Faults, rename_all = camelCase)]
pub enum PersonState {
    /// The record gives its rights.
    Active,
    /// The record gives no right until it is enabled.
    Disabled,
}

impl PersonState {
    /// Returns the state of a record that was disabled at this time, if it was.
    pub fn of(disabled_at: Option<Timestamp>) -> Self {
        match disabled_at {
            Some(_) => Self::Disabled,
            None => Self::Active,
        }
    }
}

/// Record of a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonRef {
    /// Record of a partner's member.
    Member(MemberId),
    /// Record of a customer.
    Customer(CustomerId),
    /// Record of an operator or agent, by the subject (`sub`) of the token.
    Staff(String),
}
