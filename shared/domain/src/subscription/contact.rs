//! The customers who manage a subscription.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::CustomerId;
use crate::text::{Email, Name};
use crate::time::Timestamp;

/// A customer who looks after a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionContact {
    /// Who.
    pub email: Email,
    /// What people call it.
    pub name: Name,
    /// Since when it is a contact.
    pub since: Timestamp,
    /// Its record, if there was one when it became a contact. It is a contact only as long as that lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
}

impl SubscriptionContact {
    /// Whether it is one still, by its record, as that is now, and by when somebody of its e-mail was removed last: of one who
    /// was on record when it became a contact, the record must last; another must not have been removed since.
    pub fn lasts(&self, record: Option<CustomerId>, removed_at: Option<Timestamp>) -> bool {
        match self.customer_id {
            Some(customer) => record == Some(customer),
            None => removed_at.is_none_or(|removed| removed < self.since),
        }
    }
}
