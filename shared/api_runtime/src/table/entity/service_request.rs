//! Service requests: whom they concern, and how many there are.

use domain::dashboard::Counts;
use domain::service_request::{Membership, Month, NotificationPreference, Person, ServiceRequestUpdate};
use domain::{Email, OrganizationId, ServiceRequest, ServiceRequestId};
use serde::{Deserialize, Serialize};

use super::Entity;
use crate::table::error::Error;
use crate::table::key::{self, Key};

impl Entity for ServiceRequest {
    const NAME: &'static str = "service-request";

    fn key(&self) -> Key {
        key::service_request(self.organization_id, self.id)
    }

    fn by_key(&self) -> Option<Key> {
        Some(match self.submitted_by.membership {
            Some(Membership { partner_id, .. }) => key::submitted_by(partner_id, self.id),
            None => key::concern(&self.submitted_by.email, self.id),
        })
    }

    fn by_facet(&self) -> Option<Key> {
        Some(key::service_request_of(&Month::of(self.stamp.created_at), self.id))
    }
}

impl Entity for ServiceRequestUpdate {
    const NAME: &'static str = "service-request-update";

    fn key(&self) -> Key {
        key::service_request_update(self.service_request_id, self.number)
    }
}

impl Entity for NotificationPreference {
    const NAME: &'static str = "notification-preference";

    fn key(&self) -> Key {
        let partner = self.person.membership.map(|of| of.partner_id);
        key::preference(self.organization_id, partner, &self.person.email)
    }
}

/// That somebody is a contact of a service request, so that the person finds it. Who submitted it finds it without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContactEntry {
    /// The service request.
    pub service_request_id: ServiceRequestId,
    /// Whose that is.
    pub organization_id: OrganizationId,
    /// Who.
    pub email: Email,
}

impl ContactEntry {
    /// A contact's, unless it submitted the service request as a customer: then that is in its place.
    pub fn of(request: &ServiceRequest, email: &Email) -> Option<Self> {
        let entry = Self {
            service_request_id: request.id,
            organization_id: request.organization_id,
            email: email.clone(),
        };
        let submitter = &request.submitted_by;
        (submitter.membership.is_some() || submitter.email != *email).then_some(entry)
    }
}

impl Entity for ContactEntry {
    const NAME: &'static str = "contact";

    fn key(&self) -> Key {
        key::contact(self.service_request_id, &self.email)
    }

    fn by_key(&self) -> Option<Key> {
        Some(key::concern(&self.email, self.service_request_id))
    }
}

/// That a service request concerns a person, or was submitted by a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Concern {
    /// Whose service request.
    pub organization_id: OrganizationId,
    /// Who submitted it; absent of an entry for a contact.
    #[serde(default)]
    pub submitted_by: Option<Person>,
    key_pk: String,
    key_sk: String,
}

impl Concern {
    /// Its place among the others: of one service request it is the same everywhere.
    pub fn place(&self) -> &str {
        &self.key_sk
    }

    /// Which service request.
    ///
    /// # Errors
    ///
    /// Never for what is in the table.
    pub fn service_request(&self) -> Result<ServiceRequestId, Error> {
        let id = self.key_sk.strip_prefix(key::SERVICE_REQUESTS).and_then(|id| id.parse().ok());
        id.ok_or_else(|| Error::Internal("what concerns somebody is no service request".to_owned()))
    }
}

/// Only its index entry is read as this.
impl Entity for Concern {
    const NAME: &'static str = "concern";

    fn key(&self) -> Key {
        Key { pk: self.key_pk.clone(), sk: self.key_sk.clone() }
    }
}

/// What is counted of the service requests that were submitted to an organization in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Whose, and of which month.
    #[serde(flatten)]
    pub at: Key,
    /// Its word: all other attributes are counts.
    pub entity: String,
    /// How many of them are counted in what.
    #[serde(flatten)]
    pub counts: Counts,
}

impl Tally {
    /// The month.
    ///
    /// # Errors
    ///
    /// Never for what is in the table.
    pub fn month(&self) -> Result<Month, Error> {
        let month = self.at.sk.strip_prefix(key::TALLIES).and_then(|month| month.parse().ok());
        month.ok_or_else(|| Error::Internal("what is counted is of no month".to_owned()))
    }
}

impl Entity for Tally {
    const NAME: &'static str = "tally";

    fn key(&self) -> Key {
        self.at.clone()
    }
}
