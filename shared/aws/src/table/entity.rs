//! What the table holds, and how each is found: all keys of an entity, those of the indexes too, are derived
//! here from the whole entity, so that no write leaves a stale one behind.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::dashboard::Counts;
use domain::event::Author;
use domain::service_request::{Membership, Month, NotificationPreference, ServiceRequestUpdate};
use domain::{
    Access, AccessRequest, AccessRequestId, Assignment, Customer, CustomerId, CustomerLink, DetailField,
    Email, Entitlement, EntitlementId, EntitlementName, Event, ExternalId, ImportId, LicenseType, Member,
    MemberId, Name, Order, OrderId, Organization, OrganizationId, Owner, ParkedOrderId, Parking, Partner,
    PartnerId, Pool, Product, ProductCode, ProductId, Reason, RequestState, ServiceRequest, ServiceRequestId,
    Site, SiteId, Source, SourceId, Stamp, StoreAccount, StoreLink, Timestamp, Version,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Error;
use super::key::{self, Key};

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

/// Something the table holds.
pub trait Entity: Serialize + DeserializeOwned + Send {
    /// Its word, kept in each item as `entity` for those who read the stream.
    const NAME: &'static str;

    /// Where it is.
    fn key(&self) -> Key;

    /// Where it is in `by-key`, the other way in.
    fn by_key(&self) -> Option<Key> {
        None
    }

    /// Where it is in `by-facet`.
    fn by_facet(&self) -> Option<Key> {
        None
    }

    /// When something must happen to it next.
    fn due(&self) -> Option<Timestamp> {
        None
    }

    /// When DynamoDB may forget it.
    fn forget_at(&self) -> Option<Timestamp> {
        None
    }
}

/// The item of an entity, with all its keys.
///
/// # Errors
///
/// Never for our own types.
pub fn to_item<E: Entity>(entity: &E) -> Result<Item, Error> {
    let mut item: Item = serde_dynamo::to_item(entity)?;
    let mut put = |name: &str, value: String| {
        item.insert(name.to_owned(), AttributeValue::S(value));
    };
    let key = entity.key();
    if let Some(due) = entity.due().map(|at| key::due(&key, at)) {
        put("duePk", due.pk);
        put("dueSk", due.sk);
    }
    put("pk", key.pk);
    put("sk", key.sk);
    put("entity", E::NAME.to_owned());
    if let Some(key) = entity.by_key() {
        put("keyPk", key.pk);
        put("keySk", key.sk);
    }
    if let Some(key) = entity.by_facet() {
        put("facetPk", key.pk);
        put("facetSk", key.sk);
    }
    if let Some(time) = entity.forget_at() {
        item.insert("ttl".to_owned(), AttributeValue::N(time.unix_seconds().to_string()));
    }
    Ok(item)
}

/// The entity of an item.
///
/// # Errors
///
/// When the item is not one of this entity.
pub fn from_item<E: Entity>(item: Item) -> Result<E, Error> {
    Ok(serde_dynamo::from_item(item)?)
}

/// Makes a value unique: the item's key is the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// The value, as the reservation's key.
    #[serde(flatten)]
    pub at: Key,
    /// The id of what has the value.
    pub owner: String,
    /// Of a person's e-mail: whether a customer manages the organization's customers, a member the partner's members.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manager: bool,
}

impl Reservation {
    /// Gives a customer its e-mail in its organization.
    pub fn email(customer: &Customer) -> Self {
        let at = key::customer_email(customer.organization_id, &customer.email);
        Self { at, owner: customer.id.to_string(), manager: customer.manager }
    }

    /// Gives a member its e-mail in its partner.
    pub fn member_email(member: &Member) -> Self {
        let at = key::member_email(member.partner_id, &member.email);
        Self { at, owner: member.id.to_string(), manager: member.admin }
    }

    /// Gives a customer an external id of its creator's, if it has one: an organization's, a partner's, or the vendor's.
    pub fn customer_external_id(customer: &Customer) -> Option<Self> {
        let at = key::customer_external_id(customer.created_by, customer.external_id.as_ref()?);
        Some(Self { at, owner: customer.id.to_string(), manager: false })
    }

    /// Gives a product a name.
    pub fn product_name(name: &Name, owner: ProductId) -> Self {
        Self { at: key::product_name(name), owner: owner.to_string(), manager: false }
    }

    /// Gives a product a code.
    pub fn product_code(code: &ProductCode, owner: ProductId) -> Self {
        Self { at: key::product_code(code), owner: owner.to_string(), manager: false }
    }

    /// Gives a partner an external id of the vendor's.
    pub fn partner_external_id(external_id: &ExternalId, owner: PartnerId) -> Self {
        Self { at: key::partner_external_id(external_id), owner: owner.to_string(), manager: false }
    }

    /// Gives an organization an external id of its creator's: a partner's, or the vendor's.
    pub fn organization_external_id(
        giver: Option<PartnerId>,
        external_id: &ExternalId,
        owner: OrganizationId,
    ) -> Self {
        Self {
            at: key::organization_external_id(giver, external_id),
            owner: owner.to_string(),
            manager: false,
        }
    }

    /// The partner that has the value.
    ///
    /// # Errors
    ///
    /// When it is not a partner that has it.
    pub fn partner(&self) -> Result<PartnerId, Error> {
        self.owner.parse().map_err(|_| Error::Internal("what a partner has is not a partner's".to_owned()))
    }

    /// The member that has the value.
    ///
    /// # Errors
    ///
    /// When it is not a member that has it.
    pub fn member(&self) -> Result<MemberId, Error> {
        self.owner.parse().map_err(|_| Error::Internal("what a member has is not a member's".to_owned()))
    }

    /// The customer that has the value.
    ///
    /// # Errors
    ///
    /// When it is not a customer that has it.
    pub fn customer(&self) -> Result<CustomerId, Error> {
        self.owner.parse().map_err(|_| Error::Internal("what a customer has is not a customer's".to_owned()))
    }

    /// Gives a site its address in its organization.
    pub fn site_url(site: &Site) -> Self {
        let at = key::site_url(site.organization_id, &site.url);
        Self { at, owner: site.id.to_string(), manager: false }
    }

    /// Lets a site be its organization's first one on the new platform.
    pub fn first_migration(site: &Site) -> Self {
        Self { at: key::first_migration(site.organization_id), owner: site.id.to_string(), manager: false }
    }

    /// The site that has the value.
    ///
    /// # Errors
    ///
    /// When it is not a site that has it.
    pub fn site(&self) -> Result<SiteId, Error> {
        self.owner.parse().map_err(|_| Error::Internal("what a site has is not a site's".to_owned()))
    }

    /// The organization that has the value.
    ///
    /// # Errors
    ///
    /// When it is not an organization that has it.
    pub fn organization(&self) -> Result<OrganizationId, Error> {
        let owner = self.owner.parse();
        owner.map_err(|_| Error::Internal("what an organization has is not an organization's".to_owned()))
    }

    /// The product that has the value.
    ///
    /// # Errors
    ///
    /// When it is not a product that has it.
    pub fn product(&self) -> Result<ProductId, Error> {
        self.owner.parse().map_err(|_| Error::Internal("what a product has is not a product's".to_owned()))
    }

    /// Gives a partner an account at a store.
    pub fn store_account(source: SourceId, account: &StoreAccount, owner: PartnerId) -> Self {
        Self { at: key::store_account(source, account), owner: owner.to_string(), manager: false }
    }
}

impl Entity for Reservation {
    const NAME: &'static str = "reservation";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

/// The first answer to a call with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdempotencyRecord {
    /// Where it is kept.
    #[serde(flatten)]
    pub at: Key,
    /// A digest of method, path, query and body: under one key, only one request has an answer.
    pub request: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// Its `Location`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The version of the object it shows, for its `ETag`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Its body, without secrets.
    pub body: String,
    /// From then on the key is free again; a message's never is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl Entity for IdempotencyRecord {
    const NAME: &'static str = "idempotency";

    fn key(&self) -> Key {
        self.at.clone()
    }

    fn forget_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

/// Says that a message's refusal is in the log, so that it is not written there at every attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusalMark {
    /// Which message.
    #[serde(flatten)]
    pub at: Key,
    /// Senders have given up long before.
    pub expires_at: Timestamp,
}

impl Entity for RefusalMark {
    const NAME: &'static str = "refusal";

    fn key(&self) -> Key {
        self.at.clone()
    }

    fn forget_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

/// A customer as its partner's directory has it: just key and name, for thousands of them are read at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryEntry {
    /// Whose directory, and which organization.
    #[serde(flatten)]
    pub at: Key,
    /// The organization's name.
    pub name: Name,
}

impl DirectoryEntry {
    /// A customer's.
    pub fn of(customer: &CustomerLink) -> Self {
        let at = key::directory_entry(customer.partner_id, customer.organization_id);
        Self { at, name: customer.name.clone() }
    }

    /// The organization.
    ///
    /// # Errors
    ///
    /// Never for what is in the table.
    pub fn organization_id(&self) -> Result<OrganizationId, Error> {
        let id = self.at.sk.strip_prefix(key::NAMES).and_then(|id| id.parse().ok());
        id.ok_or_else(|| Error::Internal("a directory entry names no organization".to_owned()))
    }
}

impl Entity for DirectoryEntry {
    const NAME: &'static str = "name";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

/// A parked order in the queue of its account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parked {
    /// The store.
    pub source_id: SourceId,
    /// The account there.
    pub store_account: StoreAccount,
    /// Its place in the queue.
    pub id: ParkedOrderId,
    /// The store's number of it.
    pub order_id: OrderId,
}

impl Parked {
    /// An order's place in the queue, if it is parked.
    pub fn of(order: &Order) -> Option<Self> {
        let Parking { id, store_account, .. } = order.parked()?.clone();
        Some(Self { source_id: order.source_id, store_account, id, order_id: order.order_id.clone() })
    }
}

impl Entity for Parked {
    const NAME: &'static str = "parked-order";

    fn key(&self) -> Key {
        key::parked(self.source_id, &self.store_account, self.id)
    }
}

/// What is left to do after a partner was linked to a store: the orders that were parked for its account take
/// effect. It is there until somebody saw that none is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Drain {
    /// Whose account it is now.
    pub partner_id: PartnerId,
    /// The store.
    pub source_id: SourceId,
    /// The account there.
    pub account: StoreAccount,
    /// Since when.
    pub linked_at: Timestamp,
    /// When somebody looks whether any is left.
    pub due_at: Timestamp,
}

impl Entity for Drain {
    const NAME: &'static str = "drain";

    fn key(&self) -> Key {
        key::drain(self.partner_id)
    }

    fn due(&self) -> Option<Timestamp> {
        Some(self.due_at)
    }
}

/// Where the entitlement is that has a number or an external id. It makes that unique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntitlementReservation {
    /// The number or external id, as the reservation's key.
    #[serde(flatten)]
    pub at: Key,
    /// Whose it is.
    #[serde(flatten)]
    pub owner: Owner,
    /// The entitlement.
    pub entitlement_id: EntitlementId,
}

impl EntitlementReservation {
    /// Gives an entitlement one of its names.
    pub fn of(entitlement: &Entitlement, name: &EntitlementName) -> Self {
        let at = key::entitlement_name(name);
        Self { at, owner: entitlement.owner, entitlement_id: entitlement.id }
    }
}

impl Entity for EntitlementReservation {
    const NAME: &'static str = "entitlement-reservation";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

/// An import of details that was begun. It is there until the import has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportRun {
    /// Where it is kept.
    #[serde(flatten)]
    pub at: Key,
    /// What all it changes names.
    pub import_id: ImportId,
    /// A digest of the request, if it is to be done once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The call that is at it, as API Gateway names it.
    pub call: String,
    /// Until then nobody else is at it.
    pub lease_ends_at: Timestamp,
    /// Of an import that is all or nothing: whether its rows were judged, and some may have been written. Then it goes on,
    /// whatever is wrong meanwhile.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub writing: bool,
    /// Who wants it.
    pub author: Author,
    /// How many rows it has.
    pub rows: u64,
    /// When it is given up, if nobody has gone on with it.
    pub due_at: Timestamp,
    /// When it was begun, and which version.
    #[serde(flatten)]
    pub stamp: Stamp,
}

impl ImportRun {
    /// Another call is at it.
    pub const STILL_RUNNING: Reason = Reason::state(
        "still-running",
        "the import that was begun under this key is still running; ask again in a minute",
    );
}

impl Entity for ImportRun {
    const NAME: &'static str = "import";

    fn key(&self) -> Key {
        self.at.clone()
    }

    fn due(&self) -> Option<Timestamp> {
        Some(self.due_at)
    }
}

/// How many of something there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Of what.
    #[serde(flatten)]
    pub at: Key,
    /// How many.
    pub count: u64,
}

impl Entity for Count {
    const NAME: &'static str = "count";

    fn key(&self) -> Key {
        self.at.clone()
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

/// A partner's requests that are pending: it has not too many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRequests {
    /// Whose.
    #[serde(flatten)]
    pub at: Key,
    /// Which. DynamoDB keeps no empty set.
    #[serde(default)]
    pub requests: BTreeSet<AccessRequestId>,
}

impl Entity for PendingRequests {
    const NAME: &'static str = "pending-requests";

    fn key(&self) -> Key {
        self.at.clone()
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

/// Where something is that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// In the table.
    #[serde(flatten)]
    pub at: Key,
}

/// Only its index entry is read as this.
impl Entity for Due {
    const NAME: &'static str = "due";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

impl Entity for LicenseType {
    const NAME: &'static str = "license-type";

    fn key(&self) -> Key {
        key::license_type(&self.code)
    }
}

impl Entity for Product {
    const NAME: &'static str = "product";

    fn key(&self) -> Key {
        key::product(self.id)
    }
}

impl Entity for DetailField {
    const NAME: &'static str = "detail-field";

    fn key(&self) -> Key {
        key::field(&self.name)
    }
}

impl Entity for Source {
    const NAME: &'static str = "webhook-source";

    fn key(&self) -> Key {
        key::source(self.id)
    }

    fn by_facet(&self) -> Option<Key> {
        Some(key::source_among_all(self.id))
    }
}

impl Entity for Order {
    const NAME: &'static str = "order";

    fn key(&self) -> Key {
        key::order(self.source_id, &self.order_id)
    }

    fn by_key(&self) -> Option<Key> {
        self.parking.as_ref().map(|parking| key::order_by_parked(parking.id))
    }

    fn by_facet(&self) -> Option<Key> {
        self.parked().map(|parking| key::parked_among_all(parking.id))
    }

    fn due(&self) -> Option<Timestamp> {
        self.parked().map(|parking| parking.lapses_at).or(self.goes_on_at())
    }
}

impl Entity for Partner {
    const NAME: &'static str = "partner";

    fn key(&self) -> Key {
        key::partner(self.id)
    }

    fn by_facet(&self) -> Option<Key> {
        Some(key::partner_among_all(&self.name, self.id))
    }
}

impl Entity for StoreLink {
    const NAME: &'static str = "store-link";

    fn key(&self) -> Key {
        key::store_link(self.partner_id)
    }
}

impl Entity for Customer {
    const NAME: &'static str = "customer";

    fn key(&self) -> Key {
        key::customer(self.id)
    }

    fn by_key(&self) -> Option<Key> {
        let organization = self.organization_id.filter(|_| self.removed_at.is_none())?;
        Some(key::customer_of_organization(organization, self.id))
    }

    fn by_facet(&self) -> Option<Key> {
        self.removed_at.is_none().then(|| key::customer_by_email(&self.email, self.id))
    }
}

impl Entity for AccessRequest {
    const NAME: &'static str = "access-request";

    fn key(&self) -> Key {
        key::access_request(self.id)
    }

    fn by_key(&self) -> Option<Key> {
        Some(key::request_to(&self.contact_manager_email, self.id))
    }

    fn by_facet(&self) -> Option<Key> {
        Some(key::request_of_partner(self.partner_id, self.id))
    }

    fn due(&self) -> Option<Timestamp> {
        (self.state == RequestState::Pending).then_some(self.lapses_at)
    }
}

impl Entity for Access {
    const NAME: &'static str = "access";

    fn key(&self) -> Key {
        key::access(self.organization_id, self.partner_id)
    }

    fn by_key(&self) -> Option<Key> {
        Some(key::access_of_partner(self.partner_id, self.organization_id))
    }

    fn due(&self) -> Option<Timestamp> {
        Access::due(self)
    }
}

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

impl Entity for Member {
    const NAME: &'static str = "member";

    fn key(&self) -> Key {
        key::member(self.partner_id, self.id)
    }

    fn by_key(&self) -> Option<Key> {
        self.removed_at.is_none().then(|| key::member_by_email(self.partner_id, &self.email))
    }
}

impl Entity for Entitlement {
    const NAME: &'static str = "entitlement";

    fn key(&self) -> Key {
        key::entitlement(self.owner, self.id)
    }

    fn by_facet(&self) -> Option<Key> {
        Some(key::entitlement_of_product(self.product_id, self.id))
    }
}

impl Entity for CustomerLink {
    const NAME: &'static str = "customer-link";

    fn key(&self) -> Key {
        key::customer_link(self.partner_id, self.organization_id)
    }

    fn by_key(&self) -> Option<Key> {
        Some(key::partner_of_organization(self.organization_id, self.partner_id))
    }
}

impl Entity for Organization {
    const NAME: &'static str = "organization";

    fn key(&self) -> Key {
        key::organization(self.id)
    }

    fn by_facet(&self) -> Option<Key> {
        Some(key::organization_among_all(&self.name, self.id))
    }
}

impl Entity for Pool {
    const NAME: &'static str = "license-pool";

    fn key(&self) -> Key {
        key::pool(self.partner_id, &self.license_type)
    }
}

impl Entity for Assignment {
    const NAME: &'static str = "license-assignment";

    fn key(&self) -> Key {
        key::assignment(self.partner_id, self.id)
    }

    fn by_key(&self) -> Option<Key> {
        Some(key::assignment_of_organization(self.organization_id, self.id))
    }
}

impl Entity for Event {
    const NAME: &'static str = "event";

    fn key(&self) -> Key {
        key::event(self.home(), self.id)
    }

    fn by_key(&self) -> Option<Key> {
        let organization = self.happening.organization_id?;
        Some(key::event(domain::Home::Organization(organization), self.id))
    }

    fn by_facet(&self) -> Option<Key> {
        let license_type = self.happening.kind.license_type()?;
        Some(Key { pk: key::log_of_license_type(self.home(), license_type), sk: self.id.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Happening;
    use domain::event::{AuthorKind, EventKind};

    fn names(item: &Item) -> Vec<&str> {
        let mut names: Vec<&str> = item.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn an_item_holds_the_entity_and_every_key_it_is_found_by() {
        let event = Event {
            id: "evt_019b8c3e-5c00-7000-8000-000000000005".parse().unwrap(),
            time: Timestamp::from_unix_millis(1_767_603_600_000),
            actor: Author { kind: AuthorKind::Partner, id: "s".to_owned(), email: None },
            happening: Happening::of_both(
                EventKind::LicenseAssigned {
                    assignment_id: "asg_019b8c3e-5c00-7000-8000-000000000004".parse().unwrap(),
                    license_type: "edge-storage-1y".parse().unwrap(),
                    quantity: 3,
                },
                "prt_019b8c3e-5c00-7000-8000-000000000001".parse().unwrap(),
                "org_019b8c3e-5c00-7000-8000-000000000002".parse().unwrap(),
            ),
        };
        let item = to_item(&event).unwrap();
        assert_eq!(
            names(&item),
            [
                "actor",
                "data",
                "entity",
                "facetPk",
                "facetSk",
                "id",
                "keyPk",
                "keySk",
                "organizationId",
                "partnerId",
                "pk",
                "sk",
                "time",
                "type"
            ]
        );
        assert_eq!(from_item::<Event>(item).unwrap(), event);
    }

    #[test]
    fn what_flattens_reads_back() {
        let partner = Partner {
            id: "prt_019b8c3e-5c00-7000-8000-000000000001".parse().unwrap(),
            name: "宮古".parse().unwrap(),
            external_id: None,
            stamp: Stamp::new(Timestamp::from_unix_millis(1)),
        };
        let item = to_item(&partner).unwrap();
        assert_eq!(
            names(&item),
            ["createdAt", "entity", "facetPk", "facetSk", "id", "name", "pk", "sk", "updatedAt", "version"]
        );
        assert_eq!(from_item::<Partner>(item).unwrap(), partner);
    }
}
