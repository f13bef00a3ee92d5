//! Contacts of subscriptions: the customers who manage them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::CustomerId;
use crate::text::{Email, Name};
use crate::time::Timestamp;

/// Customer who manages a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionContact {
    /// E-mail of the contact; at most 254 bytes.
    pub email: Email,
    /// Display name of the contact; 1 to 200 characters.
    pub name: Name,
    /// Time from which the person is a contact; RFC 3339, UTC.
    pub since: Timestamp,
    /// Customer record that the contact had when it was added; without that record it is a contact no longer. Absent if
    /// there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
}

impl SubscriptionContact {
    /// Returns whether the person is still a contact, given the customer record that the e-mail has now and the time at
    /// which a customer with this e-mail was last removed. A contact that was added with a record must still have it;
    /// any other contact must not have been removed since it was added.
    pub fn lasts(&self, record: Option<CustomerId>, removed_at: Option<Timestamp>) -> bool {
        match self.customer_id {
            Some(customer) => record == Some(customer),
            None => removed_at.is_none_or(|removed| removed < self.since),
        }
    }
}
