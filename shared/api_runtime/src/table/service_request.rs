//! Service requests, their contacts and updates.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::service_request::{Month, Person, ServiceRequestFilter, ServiceRequestUpdate};
use domain::{OrganizationId, PartnerId, ServiceRequest, ServiceRequestId, Timestamp};
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::item::Entity;
use super::key::{Key, segment};
use super::organization::organization_partition;
use super::partner::partner_partition;
use super::pattern::{AccessPattern, Described, Index, ListPattern, given, patterns};

/// Prefix of the keys of service requests.
pub(super) const SERVICE_REQUESTS: &str = "SERVICE_REQUEST#";

/// Prefix of the sort keys of a service request's updates.
pub(super) const UPDATES: &str = "UPDATE#";

impl Entity for ServiceRequest {
    const NAME: &'static str = "service-request";

    fn key(&self) -> Key {
        service_request_key(self.organization_id, self.id)
    }

    fn by_key(&self) -> Option<Key> {
        Some(match self.submitted_by.partner_id() {
            Some(partner_id) => submitted_by_key(partner_id, self.id),
            None => service_request_ref_key(&self.submitted_by, self.id),
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

    fn by_facet(&self) -> Option<Key> {
        let author = match (&self.by.person, &self.by.subject) {
            (Some(person), _) => updates_of_author(person),
            (None, subject) => updates_of_staff(subject.as_ref()?),
        };
        Some(update_of_author_key(author, self.service_request_id, self.number))
    }
}

/// Entry by which a contact finds a service request. Its submitter finds it without an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContactEntry {
    /// Id of the service request.
    pub service_request_id: ServiceRequestId,
    /// Organization that the service request belongs to.
    pub organization_id: OrganizationId,
    /// Person who is the contact.
    #[serde(flatten)]
    pub contact: Person,
}

impl ContactEntry {
    /// Returns the entry of a contact; `None` if the contact submitted the service request as a customer, because then
    /// the index has the service request itself at this key.
    pub fn of(request: &ServiceRequest, contact: &Person) -> Option<Self> {
        let entry = Self {
            service_request_id: request.id,
            organization_id: request.organization_id,
            contact: contact.clone(),
        };
        let submitter = &request.submitted_by;
        (submitter.partner_id().is_some() || submitter != contact).then_some(entry)
    }
}

impl Entity for ContactEntry {
    const NAME: &'static str = "contact";

    fn key(&self) -> Key {
        contact_key(self.service_request_id, &self.contact)
    }

    fn by_key(&self) -> Option<Key> {
        Some(service_request_ref_key(&self.contact, self.service_request_id))
    }
}

/// Index entry of a service request that concerns a person or was submitted by a partner's member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRequestRef {
    /// Organization that the service request belongs to.
    pub organization_id: OrganizationId,
    /// Submitter of the service request; absent in the entry of a contact.
    #[serde(default)]
    pub submitted_by: Option<Person>,
    key_pk: String,
    key_sk: String,
}

impl ServiceRequestRef {
    /// Returns the sort key, which is the same in all entries of a service request.
    pub fn place(&self) -> &str {
        &self.key_sk
    }

    /// Returns the id of the service request.
    ///
    /// # Errors
    ///
    /// Fails only if the key contains no service request's id.
    pub fn service_request(&self) -> Result<ServiceRequestId, Error> {
        let id = self.key_sk.strip_prefix(SERVICE_REQUESTS).and_then(|id| id.parse().ok());
        id.ok_or_else(|| Error::Internal("a service request entry has no service request".to_owned()))
    }
}

/// This entity is only read, from the index entry of an item; it is never written.
impl Entity for ServiceRequestRef {
    const NAME: &'static str = "service-request-ref";

    fn key(&self) -> Key {
        Key { pk: self.key_pk.clone(), sk: self.key_sk.clone() }
    }
}

/// Set of service requests in which some are searched.
#[derive(Debug, Clone)]
pub enum ServiceRequestScope {
    /// Service requests of an organization.
    Organization(OrganizationId),
    /// All service requests that were submitted in a month.
    Month(Month),
}

/// Finds service requests of an organization or of a month.
#[derive(Debug, Clone)]
pub struct ServiceRequests {
    /// Set of service requests that is searched.
    pub among: ServiceRequestScope,
    /// Time, kind and status of the service requests to find.
    pub selection: ServiceRequestFilter,
}

impl ServiceRequests {
    fn prefix(&self) -> &'static str {
        match self.among {
            ServiceRequestScope::Organization(_) => SERVICE_REQUESTS,
            ServiceRequestScope::Month(_) => "",
        }
    }

    /// Returns the sort key of a service request in this list, which is its position for paging.
    pub fn place(&self, request: ServiceRequestId) -> String {
        format!("{}{request}", self.prefix())
    }
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
        given::<ServiceRequestId>(self.prefix(), self.selection.from, self.selection.to)
    }

    fn filter(&self) -> Vec<(&'static [&'static str], Vec<AttributeValue>)> {
        let ServiceRequestFilter { kind, status, .. } = &self.selection;
        let mut filter: Vec<(&'static [&'static str], _)> = Vec::new();
        filter.extend(kind.map(|kind| (&["kind"][..], vec![AttributeValue::S(kind.name().to_owned())])));
        filter.extend(
            status.map(|status| (&["status"][..], vec![AttributeValue::S(status.name().to_owned())])),
        );
        filter
    }
}

/// Party that service requests concern.
#[derive(Debug, Clone)]
pub enum ConcernedParty {
    /// Partner whose members submitted them.
    Partner(PartnerId),
    /// Person who submitted them as a customer, or is a contact.
    Person(Person),
}

/// Finds the service requests that concern a party.
#[derive(Debug, Clone)]
pub struct ServiceRequestsOf {
    /// Party that they concern.
    pub party: ConcernedParty,
    /// If set, only service requests of this organization.
    pub organization: Option<OrganizationId>,
    /// If set, only those submitted at or after this time.
    pub from: Option<Timestamp>,
    /// If set, only those submitted before this time.
    pub to: Option<Timestamp>,
}

impl AccessPattern for ServiceRequestsOf {
    type Entity = ServiceRequestRef;
    const DESCRIBED: Described = Described {
        name: "ServiceRequestsOf",
        about: "the service requests that a partner's members submitted, or that a customer submitted or a contact was added to, by time and organization",
        place: "in `by-key` `PARTNER#<partner>` or `CONTACT#<member, customer or e-mail>` · `SERVICE_REQUEST#<service request>`",
    };
}

impl ListPattern for ServiceRequestsOf {
    fn index(&self) -> Index {
        Index::ByKey
    }

    fn partition(&self) -> String {
        match &self.party {
            ConcernedParty::Partner(partner) => partner_partition(*partner),
            ConcernedParty::Person(person) => service_requests_of_partition(person),
        }
    }

    fn range(&self) -> (String, String) {
        given::<ServiceRequestId>(SERVICE_REQUESTS, self.from, self.to)
    }

    fn filter(&self) -> Vec<(&'static [&'static str], Vec<AttributeValue>)> {
        let mut filter: Vec<(&'static [&'static str], _)> = Vec::new();
        let organization =
            self.organization.map(|organization| vec![AttributeValue::S(organization.to_string())]);
        filter.extend(organization.map(|organization| (&["organizationId"][..], organization)));
        filter
    }
}

patterns! {
    /// a service request of an organization
    lookup ServiceRequestOf(organization: OrganizationId, request: ServiceRequestId) -> ServiceRequest {
        service_request_key(*organization, *request),
        "`ORG#<organization>` · `SERVICE_REQUEST#<service request>`"
    }
    /// an update of a service request
    lookup UpdateOf(request: ServiceRequestId, number: u64) -> ServiceRequestUpdate {
        service_request_update_key(*request, *number),
        "`SERVICE_REQUEST#<service request>` · `UPDATE#<number>`"
    }
    /// the updates of a service request
    list UpdatesOf(request: ServiceRequestId) -> ServiceRequestUpdate {
        Index::Table, service_request_partition(*request), UPDATES,
        "`SERVICE_REQUEST#<service request>` · `UPDATE#<number>`"
    }
    /// the updates that a customer or a partner's member wrote
    list UpdatesBy(author: Person) -> ServiceRequestUpdate {
        Index::ByFacet, updates_of_author(author), "",
        "in `by-facet` `AUTHOR#<member, customer or e-mail>` · `<service request>#<number>`"
    }
    /// the updates that an operator or agent wrote
    list UpdatesByStaff(subject: String) -> ServiceRequestUpdate {
        Index::ByFacet, updates_of_staff(subject), "",
        "in `by-facet` `AUTHOR#STAFF#<subject>` · `<service request>#<number>`"
    }
    custom ServiceRequests {}
    custom ServiceRequestsOf {}
}

/// Returns a person as a segment of a key: the id of the record or, without one, the e-mail.
pub(super) fn person_segment(person: &Person) -> String {
    match person {
        Person::Member { member_id, .. } => member_id.to_string(),
        Person::Customer { customer_id } => customer_id.to_string(),
        Person::Unrecorded { email } => segment(email.folded()),
    }
}

/// Returns the key of a service request.
pub(super) fn service_request_key(organization: OrganizationId, request: ServiceRequestId) -> Key {
    Key::new(organization_partition(organization), format!("{SERVICE_REQUESTS}{request}"))
}

/// Returns the partition, in `by-facet`, of all service requests that were submitted in a month.
pub(super) fn service_requests_of(month: &Month) -> String {
    format!("{SERVICE_REQUESTS}{month}")
}

/// Returns the key of a service request among those of its month, in `by-facet`.
pub(super) fn service_request_of_key(month: &Month, request: ServiceRequestId) -> Key {
    Key::new(service_requests_of(month), request.to_string())
}

/// Returns the key of a service request among those that a partner's members submitted, in `by-key`.
pub(super) fn submitted_by_key(partner: PartnerId, request: ServiceRequestId) -> Key {
    Key::new(partner_partition(partner), format!("{SERVICE_REQUESTS}{request}"))
}

/// Returns the partition, in `by-key`, of the service requests that concern a person.
pub(super) fn service_requests_of_partition(person: &Person) -> String {
    format!("CONTACT#{}", person_segment(person))
}

/// Returns the key of a service request among those that concern a person, in `by-key`.
pub(super) fn service_request_ref_key(person: &Person, request: ServiceRequestId) -> Key {
    Key::new(service_requests_of_partition(person), format!("{SERVICE_REQUESTS}{request}"))
}

/// Returns the partition of everything that belongs to a service request.
pub(super) fn service_request_partition(request: ServiceRequestId) -> String {
    format!("{SERVICE_REQUESTS}{request}")
}

/// Returns the key of a service request's contact.
pub(super) fn contact_key(request: ServiceRequestId, contact: &Person) -> Key {
    Key::new(service_request_partition(request), format!("CONTACT#{}", person_segment(contact)))
}

/// Returns the key of a service request's update, by its number.
pub(super) fn service_request_update_key(request: ServiceRequestId, number: u64) -> Key {
    Key::new(service_request_partition(request), format!("{UPDATES}{number:010}"))
}

/// Returns the partition, in `by-facet`, of the updates that a person wrote.
pub(super) fn updates_of_author(author: &Person) -> String {
    format!("AUTHOR#{}", person_segment(author))
}

/// Returns the partition, in `by-facet`, of the updates that an operator or agent wrote.
pub(super) fn updates_of_staff(subject: &str) -> String {
    format!("AUTHOR#STAFF#{}", segment(subject))
}

/// Returns the key of an update among those of its author, whose partition is given, in `by-facet`.
pub(super) fn update_of_author_key(author: String, request: ServiceRequestId, number: u64) -> Key {
    Key::new(author, format!("{request}#{number:010}"))
}
