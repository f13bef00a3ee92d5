//! Contacts of subscriptions: the customers who manage them.

use serde::{Deserialize, Serialize};

use crate::id::CustomerId;
use crate::text::{Email, Name};
use crate::time::Timestamp;

/// Customer who manages a subscription, as the subscription stores it: without name and e-mail where a customer record
/// has them, so that a change or an erasure of the record shows everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionContact {
    /// Person who is the contact.
    #[serde(flatten)]
    pub person: ContactPerson,
    /// Time from which the person is a contact; RFC 3339, UTC.
    pub since: Timestamp,
}

/// Person who is a contact of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum ContactPerson {
    /// A customer of the organization. Without this record the person is a contact no longer.
    Customer {
        /// Record of the customer.
        customer_id: CustomerId,
    },
    /// A person whom an order named, and who had no customer record when the order was fulfilled.
    NamedByOrder {
        /// E-mail that the order named; at most 254 bytes.
        email: Email,
        /// Name that the order gave; 1 to 200 characters.
        name: Name,
    },
}

impl SubscriptionContact {
    /// Returns the customer record of the contact; `None` if an order named the contact, and it had no record then.
    pub fn customer_id(&self) -> Option<CustomerId> {
        match self.person {
            ContactPerson::Customer { customer_id } => Some(customer_id),
            ContactPerson::NamedByOrder { .. } => None,
        }
    }

    /// Returns the e-mail that an order named; `None` if the contact has a customer record, which has the e-mail.
    pub fn email_in_order(&self) -> Option<&Email> {
        match &self.person {
            ContactPerson::Customer { .. } => None,
            ContactPerson::NamedByOrder { email, .. } => Some(email),
        }
    }

    /// Returns whether the contact is the person with this e-mail or this customer record, whether or not it still is
    /// a contact.
    pub fn is_of(&self, email: Option<&Email>, record: Option<CustomerId>) -> bool {
        match &self.person {
            ContactPerson::Customer { customer_id } => record == Some(*customer_id),
            ContactPerson::NamedByOrder { email: named, .. } => email == Some(named),
        }
    }

    /// Returns whether the person is still a contact, given its customer record if that was not removed, and the time at
    /// which a customer with its e-mail was last removed from the organization, or moved out of it. The person must not have
    /// been removed since it became a contact, and a contact with a record must still have it.
    pub fn lasts(&self, record: Option<CustomerId>, removed_at: Option<Timestamp>) -> bool {
        match self.person {
            ContactPerson::Customer { customer_id } if record != Some(customer_id) => false,
            _ => removed_at.is_none_or(|removed| removed < self.since),
        }
    }
}
