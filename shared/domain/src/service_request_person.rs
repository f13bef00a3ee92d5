//! People of service requests: who submitted one, who is a contact, and who wrote an update.

use serde::{Deserialize, Serialize};

use crate::id::{CustomerId, MemberId, PartnerId};
use crate::text::Email;

/// Person of an organization, or member of a partner that acts for it, by the record. Names and e-mails are looked up when
/// they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Person {
    /// Member of a partner. A person who is removed and added again has a new record, and so is another person.
    Member {
        /// Partner whose member the person is.
        partner_id: PartnerId,
        /// Id of the partner's member.
        member_id: MemberId,
    },
    /// Customer on record.
    Customer {
        /// Id of the customer.
        customer_id: CustomerId,
    },
    /// Customer who had no record and acted by its token.
    Unrecorded {
        /// Verified e-mail of the person.
        email: Email,
    },
}

impl Person {
    /// Returns the person with this e-mail that a customer's token names, by its record if it has one.
    pub fn of_customer(email: Email, record: Option<CustomerId>) -> Self {
        record.map_or(Self::Unrecorded { email }, |customer_id| Self::Customer { customer_id })
    }

    /// Returns the partner whose member the person is.
    pub fn partner_id(&self) -> Option<PartnerId> {
        match self {
            Self::Member { partner_id, .. } => Some(*partner_id),
            Self::Customer { .. } | Self::Unrecorded { .. } => None,
        }
    }

    /// Returns the id of the member record.
    pub fn member_id(&self) -> Option<MemberId> {
        match self {
            Self::Member { member_id, .. } => Some(*member_id),
            Self::Customer { .. } | Self::Unrecorded { .. } => None,
        }
    }

    /// Returns the id of the customer record.
    pub fn customer_id(&self) -> Option<CustomerId> {
        match self {
            Self::Customer { customer_id } => Some(*customer_id),
            Self::Member { .. } | Self::Unrecorded { .. } => None,
        }
    }
}

/// A partner's member who looks for its own service requests of an organization: the member record and, if the person is
/// also a customer of the organization, that record with its e-mail.
#[derive(Debug, Clone)]
pub struct SeekingMember<'a> {
    /// The member.
    pub member: Person,
    /// E-mail of the member.
    pub email: &'a Email,
    /// Customer record that the e-mail has in the organization.
    pub record: Option<CustomerId>,
}

impl SeekingMember<'_> {
    /// Returns whether this person is the seeking one. Service requests from before the customer had a record count as its
    /// own once it has one.
    pub fn is(&self, person: &Person) -> bool {
        match person {
            Person::Member { .. } => *person == self.member,
            Person::Customer { customer_id } => self.record == Some(*customer_id),
            Person::Unrecorded { email } => self.record.is_some() && email == self.email,
        }
    }
}
