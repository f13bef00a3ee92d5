//! Service requests, their contacts and updates.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::service_request::{Membership, Month, Person, Selection, ServiceRequestUpdate};
use domain::{Email, OrganizationId, PartnerId, ServiceRequest, ServiceRequestId, Timestamp};
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::item::Entity;
use super::key::{Key, segment};
use super::organization::organization_partition;
use super::partner::partner_partition;
use super::pattern::{AccessPattern, Described, Index, ListPattern, given, patterns};

/// What the keys of service requests begin with.
pub(super) const SERVICE_REQUESTS: &str = "SERVICE_REQUEST#";

/// The updates of a service request begin with this.
pub(super) const UPDATES: &str = "UPDATE#";

impl Entity for ServiceRequest {
    const NAME: &'static str = "service-request";

    fn key(&self) -> Key {
        service_request_key(self.organization_id, self.id)
    }

    fn by_key(&self) -> Option<Key> {
        Some(match self.submitted_by.membership {
            Some(Membership { partner_id, .. }) => submitted_by_key(partner_id, self.id),
            None => concern_key(&self.submitted_by.email, self.id),
        })
    }

    fn by_facet(&self) -> Option<Key> {
        Some(service_request_of_key(&Month::of(self.metadata.created_at), self.id))
    }
}

impl Entity for ServiceRequestUpdate {
    const NAME: &'static str = "service-request-update";

    fn key(&self) -> Key {
        service_request_update_key(self.service_request_id, self.number)
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
        contact_key(self.service_request_id, &self.email)
    }

    fn by_key(&self) -> Option<Key> {
        Some(concern_key(&self.email, self.service_request_id))
    }
}

/// That a service request concerns a person, or was submitted by a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRequestRef {
    /// Whose service request.
    pub organization_id: OrganizationId,
    /// Who submitted it; absent of an entry for a contact.
    #[serde(default)]
    pub submitted_by: Option<Person>,
    key_pk: String,
    key_sk: String,
}

impl ServiceRequestRef {
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
        let id = self.key_sk.strip_prefix(SERVICE_REQUESTS).and_then(|id| id.parse().ok());
        id.ok_or_else(|| Error::Internal("what concerns somebody is no service request".to_owned()))
    }
}

/// Only its index entry is read as this.
impl Entity for ServiceRequestRef {
    const NAME: &'static str = "service-request-ref";

    fn key(&self) -> Key {
        Key { pk: self.key_pk.clone(), sk: self.key_sk.clone() }
    }
}

/// Among which service requests some are found.
#[derive(Debug, Clone)]
pub enum ServiceRequestScope {
    /// Those of an organization.
    Organization(OrganizationId),
    /// All that were submitted in a month.
    Month(Month),
}

/// Finds service requests.
#[derive(Debug, Clone)]
pub struct ServiceRequests {
    /// Among which.
    pub among: ServiceRequestScope,
    /// Which of them.
    pub selection: Selection,
}

impl AccessPattern for ServiceRequests {
    type Entity = ServiceRequest;
    const DESCRIBED: Described = Described {
        name: "ServiceRequests",
        about: "the service requests of an organization, or of a month, by time, kind and status",
        place: "`ORG#<organization>` · `SERVICE_REQUEST#<service request>`; \
                in `by-facet` `SERVICE_REQUEST#<month>` · `<service request>`",
    };
}

impl ListPattern for ServiceRequests {
    fn index(&self) -> Index {
        match self.among {
            ServiceRequestScope::Organization(_) => Index::Table,
            ServiceRequestScope::Month(_) => Index::ByFacet,
        }
    }

    fn partition(&self) -> String {
        match &self.among {
            ServiceRequestScope::Organization(organization) => organization_partition(*organization),
            ServiceRequestScope::Month(month) => service_requests_of(month),
        }
    }

    fn range(&self) -> (String, String) {
        let prefix = match self.among {
            ServiceRequestScope::Organization(_) => SERVICE_REQUESTS,
            ServiceRequestScope::Month(_) => "",
        };
        given::<ServiceRequestId>(prefix, self.selection.from, self.selection.to)
    }

    fn filter(&self) -> Vec<(&'static [&'static str], AttributeValue)> {
        let Selection { kind, status, .. } = &self.selection;
        let mut filter: Vec<(&'static [&'static str], _)> = Vec::new();
        filter.extend(kind.map(|kind| (&["kind"][..], AttributeValue::S(kind.name().to_owned()))));
        filter.extend(status.map(|status| (&["status"][..], AttributeValue::S(status.name().to_owned()))));
        filter
    }
}

/// Whom service requests concern.
#[derive(Debug, Clone)]
pub enum ConcernedParty {
    /// A partner: its members submitted them.
    Partner(PartnerId),
    /// A person: a customer that submitted them, or whoever is a contact.
    Person(Email),
}

/// Finds which service requests concern somebody.
#[derive(Debug, Clone)]
pub struct Concerns {
    /// Whom.
    pub party: ConcernedParty,
    /// Only those of this organization.
    pub organization: Option<OrganizationId>,
    /// From this instant on.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
}

impl AccessPattern for Concerns {
    type Entity = ServiceRequestRef;
    const DESCRIBED: Described = Described {
        name: "Concerns",
        about: "the service requests that a partner's members submitted, or that a customer submitted or a contact was added to, by time and organization",
        place: "in `by-key` `PARTNER#<partner>` or `CONTACT#<e-mail>` · `SERVICE_REQUEST#<service request>`",
    };
}

impl ListPattern for Concerns {
    fn index(&self) -> Index {
        Index::ByKey
    }

    fn partition(&self) -> String {
        match &self.party {
            ConcernedParty::Partner(partner) => partner_partition(*partner),
            ConcernedParty::Person(email) => concerns_of(email),
        }
    }

    fn range(&self) -> (String, String) {
        given::<ServiceRequestId>(SERVICE_REQUESTS, self.from, self.to)
    }

    fn filter(&self) -> Vec<(&'static [&'static str], AttributeValue)> {
        let mut filter: Vec<(&'static [&'static str], _)> = Vec::new();
        let organization = self.organization.map(|organization| AttributeValue::S(organization.to_string()));
        filter.extend(organization.map(|organization| (&["organizationId"][..], organization)));
        filter
    }
}

patterns! {
    /// a service request
    lookup ServiceRequestOf(organization: OrganizationId, request: ServiceRequestId) -> ServiceRequest {
        service_request_key(*organization, *request),
        "`ORG#<organization>` · `SERVICE_REQUEST#<service request>`"
    }
    /// the updates of a service request
    list UpdatesOf(request: ServiceRequestId) -> ServiceRequestUpdate {
        Index::Table, service_request_partition(*request), UPDATES,
        "`SERVICE_REQUEST#<service request>` · `UPDATE#<number>`"
    }
    custom ServiceRequests {}
    custom Concerns {}
}

/// A service request of an organization.
pub(super) fn service_request_key(organization: OrganizationId, request: ServiceRequestId) -> Key {
    Key::new(organization_partition(organization), format!("{SERVICE_REQUESTS}{request}"))
}

/// The partition, in `by-facet`, of all service requests that were submitted in a month.
pub(super) fn service_requests_of(month: &Month) -> String {
    format!("{SERVICE_REQUESTS}{month}")
}

/// A service request among those of its month, in `by-facet`.
pub(super) fn service_request_of_key(month: &Month, request: ServiceRequestId) -> Key {
    Key::new(service_requests_of(month), request.to_string())
}

/// A service request among those that a partner's members submitted, in `by-key`.
pub(super) fn submitted_by_key(partner: PartnerId, request: ServiceRequestId) -> Key {
    Key::new(partner_partition(partner), format!("{SERVICE_REQUESTS}{request}"))
}

/// The partition, in `by-key`, of the service requests that concern a person.
pub(super) fn concerns_of(email: &Email) -> String {
    format!("CONTACT#{}", segment(email.folded()))
}

/// A service request among those that concern a person, in `by-key`.
pub(super) fn concern_key(email: &Email, request: ServiceRequestId) -> Key {
    Key::new(concerns_of(email), format!("{SERVICE_REQUESTS}{request}"))
}

/// The partition of what belongs to a service request.
pub(super) fn service_request_partition(request: ServiceRequestId) -> String {
    format!("{SERVICE_REQUESTS}{request}")
}

/// A contact of a service request.
pub(super) fn contact_key(request: ServiceRequestId, email: &Email) -> Key {
    Key::new(service_request_partition(request), format!("CONTACT#{}", segment(email.folded())))
}

/// An update of a service request, by its number.
pub(super) fn service_request_update_key(request: ServiceRequestId, number: u64) -> Key {
    Key::new(service_request_partition(request), format!("{UPDATES}{number:010}"))
}
