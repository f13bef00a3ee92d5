//! Every way in which items are found, to be read or to be a condition of a change. README lists them.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::event::{EventType, Home};
use domain::service_request::{Month, NotificationPreference, Selection, ServiceRequestUpdate};
use domain::{
    Access, AccessRequest, AccessRequestId, Assignment, AssignmentId, Customer, CustomerId, CustomerLink,
    DetailField, Email, Entitlement, EntitlementId, EntitlementName, Event, EventId, ExternalId, Id,
    LicenseType, LicenseTypeCode, Member, MemberId, Order, OrderId, Organization, OrganizationId, Owner,
    ParkedOrderId, Partner, PartnerId, Pool, Product, ProductCode, ProductId, ServiceRequest,
    ServiceRequestId, Site, SiteId, SiteUrl, Source, SourceId, StoreAccount, StoreLink, Subscription,
    SubscriptionId, Timestamp,
};

use super::entity::{
    Concern, Count, DirectoryEntry, Due, EntitlementReservation, Entity, Parked, PendingRequests,
    Reservation, SubscriptionName, SubscriptionPlace, Tally, Welcome,
};
use super::key::{self, Key};

/// The table itself, or one of its indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// The table.
    Table,
    /// The other way in: from a customer to what others hold about it.
    ByKey,
    /// By product, license type or month.
    ByFacet,
    /// By when something must happen next.
    Due,
}

impl Index {
    /// The index's name; the table has none.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Table => None,
            Self::ByKey => Some("by-key"),
            Self::ByFacet => Some("by-facet"),
            Self::Due => Some("due"),
        }
    }

    /// The attributes that are its partition and sort key.
    pub fn attributes(self) -> (&'static str, &'static str) {
        match self {
            Self::Table => ("pk", "sk"),
            Self::ByKey => ("keyPk", "keySk"),
            Self::ByFacet => ("facetPk", "facetSk"),
            Self::Due => ("duePk", "dueSk"),
        }
    }
}

/// Finds one item by its key.
pub trait Lookup {
    /// What it finds.
    type Entity: Entity;

    /// Where it is.
    fn key(&self) -> Key;
}

/// Finds the items of one partition in the order of their sort keys.
pub trait Listing: Sync {
    /// What it finds.
    type Entity: Entity;
    /// Its line in the table of access patterns.
    const DESCRIBED: Described;

    /// In the table, or in which index.
    fn index(&self) -> Index;

    /// In which partition.
    fn partition(&self) -> String;

    /// From which sort key to which, both included.
    fn range(&self) -> (String, String);

    /// Keeps only the items whose attribute, at this path, has this value.
    fn filter(&self) -> Vec<(&'static [&'static str], AttributeValue)> {
        Vec::new()
    }
}

/// All sort keys that begin with `prefix`. DynamoDB takes no empty text for a key, though all are after it.
fn starting_with(prefix: &str) -> (String, String) {
    let low = if prefix.is_empty() { "\u{1}" } else { prefix };
    (low.to_owned(), format!("{prefix}{}", char::MAX))
}

/// A line of the table of access patterns.
#[derive(Debug, Clone, Copy)]
pub struct Described {
    /// The type's name.
    pub name: &'static str,
    /// What it finds, in a line.
    pub about: &'static str,
    /// Where it finds it: partition and sort key.
    pub place: &'static str,
}

macro_rules! lookups {
    ($(
        #[doc = $about:literal]
        $name:ident($($field:ident: $type:ty),*) -> $entity:ty = $key:expr, $place:literal;
    )*) => {
        $(
            #[doc = concat!("Finds", $about, ".")]
            #[derive(Debug, Clone)]
            pub struct $name($(pub $type),*);

            impl Lookup for $name {
                type Entity = $entity;

                fn key(&self) -> Key {
                    let Self($($field),*) = self;
                    $key
                }
            }
        )*

        const LOOKUPS: &[Described] =
            &[$(Described { name: stringify!($name), about: $about, place: $place }),*];
    };
}

lookups! {
    /// a webhook source
    SourceById(source: SourceId) -> Source = key::source(*source), "`SOURCE#<source>` · `PROFILE`";
    /// which partner an account at a store is of
    OwnerOfStoreAccount(source: SourceId, account: StoreAccount) -> Reservation =
        key::store_account(*source, account), "`UNIQUE#store-account#<source>#<account>` · `-`";
    /// an order of a store
    OrderOfSource(source: SourceId, order: OrderId) -> Order =
        key::order(*source, order), "`ORDER#<source>#<order id>` · `-`";
    /// a product
    ProductById(product: ProductId) -> Product = key::product(*product), "`CATALOG` · `PRODUCT#<product>`";
    /// how many detail fields there are that are not archived
    CountOfFields() -> Count = key::count_of_fields(), "`CATALOG` · `COUNT#FIELD`";
    /// a license type
    LicenseTypeByCode(code: LicenseTypeCode) -> LicenseType =
        key::license_type(code), "`CATALOG` · `LICENSE_TYPE#<code>`";
    /// a partner
    PartnerById(partner: PartnerId) -> Partner = key::partner(*partner), "`PARTNER#<partner>` · `PROFILE`";
    /// a service request
    ServiceRequestOf(organization: OrganizationId, request: ServiceRequestId) -> ServiceRequest =
        key::service_request(*organization, *request), "`ORG#<organization>` · `SERVICE_REQUEST#<service request>`";
    /// what a partner's member, or a customer, wants to be told of an organization's service requests
    PreferenceOf(organization: OrganizationId, partner: Option<PartnerId>, email: Email) -> NotificationPreference =
        key::preference(*organization, *partner, email), "`ORG#<organization>` · `PREFERENCE#<partner or CUSTOMER>#<e-mail>`";
    /// how many contact managers an organization has
    CountOfManagers(organization: OrganizationId) -> Count =
        key::count_of_managers(*organization), "`ORG#<organization>` · `COUNT#MANAGER`";
    /// how many members with an e-mail a partner has removed
    CountOfRemovals(partner: PartnerId, email: Email) -> Count =
        key::count_of_removals(*partner, email), "`PARTNER#<partner>` · `COUNT#REMOVAL#<e-mail>`";
    /// a request for access
    RequestById(request: AccessRequestId) -> AccessRequest =
        key::access_request(*request), "`ACCESS_REQUEST#<request>` · `-`";
    /// which requests of a partner are pending
    PendingOfPartner(partner: PartnerId) -> PendingRequests =
        key::pending_requests(*partner), "`PARTNER#<partner>` · `PENDING_REQUESTS`";
    /// all access of a partner in an organization
    AccessIn(organization: OrganizationId, partner: PartnerId) -> Access =
        key::access(*organization, *partner), "`ORG#<organization>` · `ACCESS#<partner>`";
    /// a partner's member
    MemberOfPartner(partner: PartnerId, member: MemberId) -> Member =
        key::member(*partner, *member), "`PARTNER#<partner>` · `MEMBER#<member>`";
    /// which member of a partner has an e-mail
    EmailInPartner(partner: PartnerId, email: Email) -> Reservation =
        key::member_email(*partner, email), "`UNIQUE#member-email#<partner>#<e-mail>` · `-`";
    /// a person who is a customer
    CustomerById(customer: CustomerId) -> Customer = key::customer(*customer), "`CUSTOMER#<customer>` · `PROFILE`";
    /// which customer of an organization, or of none, has an e-mail
    EmailInOrganization(organization: Option<OrganizationId>, email: Email) -> Reservation =
        key::customer_email(*organization, email), "`UNIQUE#customer-email#<organization or NONE>#<e-mail>` · `-`";
    /// an entitlement of a person or an organization
    EntitlementOf(owner: Owner, entitlement: EntitlementId) -> Entitlement =
        key::entitlement(*owner, *entitlement), "`ORG#<organization>` or `CUSTOMER#<customer>` · `ENTITLEMENT#<entitlement>`";
    /// where the entitlement is that has an id, a number or an external id
    EntitlementByName(name: EntitlementName) -> EntitlementReservation = key::entitlement_name(name),
        "`UNIQUE#entitlement-number#<number>` or `UNIQUE#entitlement-external-id#VENDOR#<external id>` · `-`";
    /// an organization in a partner's directory
    CustomerLinkOfPartner(partner: PartnerId, organization: OrganizationId) -> CustomerLink =
        key::customer_link(*partner, *organization), "`PARTNER#<partner>` · `CUSTOMER#<organization>`";
    /// a partner's pool of one license type
    PoolOfPartner(partner: PartnerId, license_type: LicenseTypeCode) -> Pool =
        key::pool(*partner, license_type), "`PARTNER#<partner>` · `POOL#<type>`";
    /// a partner's link to a store
    StoreOfPartner(partner: PartnerId) -> StoreLink =
        key::store_link(*partner), "`PARTNER#<partner>` · `STORE`";
    /// a license assignment
    AssignmentOfPartner(partner: PartnerId, assignment: AssignmentId) -> Assignment =
        key::assignment(*partner, *assignment), "`PARTNER#<partner>` · `ASSIGNMENT#<assignment>`";
    /// a subscription
    SubscriptionOf(organization: OrganizationId, subscription: SubscriptionId) -> Subscription =
        key::subscription(*organization, *subscription), "`ORG#<organization>` · `SUBSCRIPTION#<subscription>`";
    /// what a source calls by an external id: a subscription, or what was said of one that is not there yet
    SubscriptionNamed(source: SourceId, external_id: ExternalId) -> SubscriptionName =
        key::subscription_name(*source, external_id), "`UNIQUE#subscription-external-id#<source>#<external id>` · `-`";
    /// whether somebody was a contact of an organization's subscriptions before, and when it was removed as a customer last
    WelcomeOf(organization: OrganizationId, email: Email) -> Welcome =
        key::welcome(*organization, email), "`ORG#<organization>` · `WELCOME#<e-mail>`";
    /// a site of an organization
    SiteOf(organization: OrganizationId, site: SiteId) -> Site =
        key::site(*organization, *site), "`ORG#<organization>` · `SITE#<site>`";
    /// which site of an organization has an address
    SiteByUrl(organization: OrganizationId, url: SiteUrl) -> Reservation =
        key::site_url(*organization, url), "`UNIQUE#site-url#<organization>#<address>` · `-`";
    /// which site of an organization was the first on the new platform
    FirstMigration(organization: OrganizationId) -> Reservation =
        key::first_migration(*organization), "`UNIQUE#first-migration#<organization>` · `-`";
    /// which product has a code
    ProductByCode(code: ProductCode) -> Reservation = key::product_code(code), "`UNIQUE#product-code#<code>` · `-`";
    /// which organization has an external id that the vendor, or a partner, gave
    OrganizationByExternalId(giver: Option<PartnerId>, external_id: ExternalId) -> Reservation =
        key::organization_external_id(*giver, external_id), "`UNIQUE#organization-external-id#<VENDOR or partner>#<external id>` · `-`";
    /// an organization
    OrganizationById(organization: OrganizationId) -> Organization =
        key::organization(*organization), "`ORG#<organization>` · `PROFILE`";
}

macro_rules! listings {
    ($(
        #[doc = $about:literal]
        $name:ident($($field:ident: $type:ty),*) -> $entity:ty = $index:expr, $partition:expr, $prefix:expr, $place:literal;
    )*) => {
        $(
            #[doc = concat!("Finds", $about, ".")]
            #[derive(Debug, Clone)]
            pub struct $name($(pub $type),*);

            impl Listing for $name {
                type Entity = $entity;
                const DESCRIBED: Described = Described { name: stringify!($name), about: $about, place: $place };

                fn index(&self) -> Index {
                    $index
                }

                fn partition(&self) -> String {
                    let Self($($field),*) = self;
                    $partition
                }

                fn range(&self) -> (String, String) {
                    starting_with($prefix)
                }
            }
        )*

        const LISTINGS: &[Described] = &[$($name::DESCRIBED,)* ServiceRequests::DESCRIBED, Concerns::DESCRIBED, Tallies::DESCRIBED, Renewals::DESCRIBED, DueBy::DESCRIBED, History::DESCRIBED];
    };
}

listings! {
    /// all products
    Products() -> Product = Index::Table, key::CATALOG.to_owned(), key::PRODUCTS, "`CATALOG` · `PRODUCT#…`";
    /// all detail fields
    DetailFields() -> DetailField = Index::Table, key::CATALOG.to_owned(), key::FIELDS, "`CATALOG` · `FIELD#<name>`";
    /// all license types
    LicenseTypes() -> LicenseType =
        Index::Table, key::CATALOG.to_owned(), key::LICENSE_TYPES, "`CATALOG` · `LICENSE_TYPE#…`";
    /// all webhook sources
    Sources() -> Source = Index::ByFacet, key::SOURCES.to_owned(), "", "in `by-facet` `SOURCES` · `<source>`";
    /// the orders that are parked for an account at a store, in the order of their coming
    ParkedForAccount(source: SourceId, account: StoreAccount) -> Parked =
        Index::Table, key::parked_for(*source, account), "", "`PARKED#<source>#<account>` · `<parked order>`";
    /// all parked orders, in the order of their coming
    ParkedOrders() -> Order =
        Index::ByFacet, key::PARKED_ORDERS.to_owned(), "", "in `by-facet` `PARKED_ORDERS` · `<parked order>`";
    /// the order that is, or was, parked under an id
    OrderByParkedId(parked: ParkedOrderId) -> Order =
        Index::ByKey, key::parked_order(*parked), "", "in `by-key` `PARKED_ORDER#<parked order>` · `-`";
    /// the customers with an e-mail
    CustomersByEmail(email: Email) -> Customer =
        Index::ByFacet, key::customers_with(email), "", "in `by-facet` `EMAIL#<e-mail>` · `<customer>`";
    /// the entitlements of a person or an organization
    EntitlementsOf(owner: Owner) -> Entitlement =
        Index::Table, key::owner_partition(*owner), key::ENTITLEMENTS, "`ORG#<organization>` or `CUSTOMER#<customer>` · `ENTITLEMENT#…`";
    /// the entitlements to a product
    EntitlementsOfProduct(product: ProductId) -> Entitlement =
        Index::ByFacet, key::entitlements_of_product(*product), "", "in `by-facet` `PRODUCT#<product>` · `<entitlement>`";
    /// all partners, by name
    Partners() -> Partner = Index::ByFacet, key::PARTNERS.to_owned(), "", "in `by-facet` `PARTNERS` · `<name>#<partner>`";
    /// all organizations, by name
    Organizations() -> Organization =
        Index::ByFacet, key::ORGANIZATIONS.to_owned(), "", "in `by-facet` `ORGANIZATIONS` · `<name>#<organization>`";
    /// the members of a partner, by e-mail
    MembersOfPartner(partner: PartnerId) -> Member =
        Index::ByKey, key::partner_partition(*partner), key::MEMBERS, "in `by-key` `PARTNER#<partner>` · `MEMBER#<e-mail>`";
    /// the updates of a service request
    UpdatesOf(request: ServiceRequestId) -> ServiceRequestUpdate =
        Index::Table, key::service_request_partition(*request), key::UPDATES, "`SERVICE_REQUEST#<service request>` · `UPDATE#<number>`";
    /// the requests for access that are addressed to an e-mail
    RequestsTo(email: Email) -> AccessRequest =
        Index::ByKey, key::asked_of(email), "", "in `by-key` `MANAGER#<e-mail>` · `<request>`";
    /// the requests for access of a partner
    RequestsOfPartner(partner: PartnerId) -> AccessRequest =
        Index::ByFacet, key::partner_partition(*partner), key::ACCESS_REQUESTS, "in `by-facet` `PARTNER#<partner>` · `ACCESS_REQUEST#…`";
    /// the access of all partners in an organization
    AccessInOrganization(organization: OrganizationId) -> Access =
        Index::Table, key::organization_partition(*organization), key::ACCESS, "`ORG#<organization>` · `ACCESS#…`";
    /// the access of a partner in all organizations
    AccessOfPartner(partner: PartnerId) -> Access =
        Index::ByKey, key::partner_partition(*partner), key::ACCESS, "in `by-key` `PARTNER#<partner>` · `ACCESS#…`";
    /// the names in a partner's directory
    Directory(partner: PartnerId) -> DirectoryEntry =
        Index::Table, key::partner_partition(*partner), key::NAMES, "`PARTNER#<partner>` · `NAME#<organization>`";
    /// the pools of a partner
    PoolsOfPartner(partner: PartnerId) -> Pool =
        Index::Table, key::partner_partition(*partner), key::POOLS, "`PARTNER#<partner>` · `POOL#…`";
    /// the subscriptions of an organization
    SubscriptionsOf(organization: OrganizationId) -> Subscription =
        Index::Table, key::organization_partition(*organization), key::SUBSCRIPTIONS, "`ORG#<organization>` · `SUBSCRIPTION#…`";
    /// the sites of an organization
    SitesOf(organization: OrganizationId) -> Site =
        Index::Table, key::organization_partition(*organization), key::SITES, "`ORG#<organization>` · `SITE#…`";
    /// the license assignments to an organization
    AssignmentsOfOrganization(organization: OrganizationId) -> Assignment =
        Index::ByKey, key::organization_partition(*organization), key::ASSIGNMENTS, "in `by-key` `ORG#<organization>` · `ASSIGNMENT#…`";
}

/// Finds a partner's subscriptions that are not deactivated, by their renewal.
#[derive(Debug, Clone)]
pub struct Renewals(
    /// Whose.
    pub PartnerId,
    /// Only those that renew before this instant.
    pub Option<Timestamp>,
);

impl Listing for Renewals {
    type Entity = SubscriptionPlace;
    const DESCRIBED: Described = Described {
        name: "Renewals",
        about: "a partner's subscriptions that are not deactivated, by their renewal",
        place: "in `by-key` `PARTNER#<partner>` · `RENEWAL#<time>#<subscription>`",
    };

    fn index(&self) -> Index {
        Index::ByKey
    }

    fn partition(&self) -> String {
        key::partner_partition(self.0)
    }

    fn range(&self) -> (String, String) {
        let (low, high) = starting_with(key::RENEWALS);
        // What renews at the very instant has its id behind that, and so is after it.
        (low, self.1.map_or(high, |before| format!("{}{before}", key::RENEWALS)))
    }
}

/// Finds what is due by an instant, what is due longest first.
#[derive(Debug, Clone)]
pub struct DueBy(
    /// In which of the partitions.
    pub u8,
    /// Until when, included.
    pub Timestamp,
);

impl Listing for DueBy {
    type Entity = Due;
    const DESCRIBED: Described = Described {
        name: "DueBy",
        about: "what is due by an instant",
        place: "in `due` `DUE#<shard>` · `<time>#<pk>#<sk>`",
    };

    fn index(&self) -> Index {
        Index::Due
    }

    fn partition(&self) -> String {
        key::due_shard(self.0)
    }

    fn range(&self) -> (String, String) {
        (Timestamp::from_unix_millis(0).to_string(), format!("{}{}", self.1, char::MAX))
    }
}

/// Finds what is counted of an organization's service requests, from one month to another, both included.
#[derive(Debug, Clone)]
pub struct Tallies(
    /// Of which organization.
    pub OrganizationId,
    /// The first month.
    pub Month,
    /// The last month.
    pub Month,
);

impl Listing for Tallies {
    type Entity = Tally;
    const DESCRIBED: Described = Described {
        name: "Tallies",
        about: "what is counted of an organization's service requests, by the months of their submission",
        place: "`ORG#<organization>` · `TALLY#<month>`",
    };

    fn index(&self) -> Index {
        Index::Table
    }

    fn partition(&self) -> String {
        key::organization_partition(self.0)
    }

    fn range(&self) -> (String, String) {
        let Self(organization, from, to) = self;
        (key::tally(*organization, from).sk, key::tally(*organization, to).sk)
    }
}

/// The sort keys of what was given its id in a time, each after `prefix`.
fn given<I: Id + std::fmt::Display>(
    prefix: &str,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> (String, String) {
    let all = format!("{prefix}{}_", I::PREFIX);
    let low = from.map_or_else(|| all.clone(), |from| format!("{prefix}{}", I::first_at(from)));
    let high = to.map(|to| format!("{prefix}{}", I::last_before(to)));
    (low, high.unwrap_or_else(|| format!("{all}{}", char::MAX)))
}

/// Among which service requests some are found.
#[derive(Debug, Clone)]
pub enum Among {
    /// Those of an organization.
    Organization(OrganizationId),
    /// All that were submitted in a month.
    Month(Month),
}

/// Finds service requests.
#[derive(Debug, Clone)]
pub struct ServiceRequests {
    /// Among which.
    pub among: Among,
    /// Which of them.
    pub selection: Selection,
}

impl Listing for ServiceRequests {
    type Entity = ServiceRequest;
    const DESCRIBED: Described = Described {
        name: "ServiceRequests",
        about: "the service requests of an organization, or of a month, by time, kind and status",
        place: "`ORG#<organization>` · `SERVICE_REQUEST#<service request>`; \
                in `by-facet` `SERVICE_REQUEST#<month>` · `<service request>`",
    };

    fn index(&self) -> Index {
        match self.among {
            Among::Organization(_) => Index::Table,
            Among::Month(_) => Index::ByFacet,
        }
    }

    fn partition(&self) -> String {
        match &self.among {
            Among::Organization(organization) => key::organization_partition(*organization),
            Among::Month(month) => key::service_requests_of(month),
        }
    }

    fn range(&self) -> (String, String) {
        let prefix = match self.among {
            Among::Organization(_) => key::SERVICE_REQUESTS,
            Among::Month(_) => "",
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
pub enum Whom {
    /// A partner: its members submitted them.
    Partner(PartnerId),
    /// A person: a customer that submitted them, or whoever is a contact.
    Person(Email),
}

/// Finds which service requests concern somebody.
#[derive(Debug, Clone)]
pub struct Concerns {
    /// Whom.
    pub whom: Whom,
    /// Only those of this organization.
    pub organization: Option<OrganizationId>,
    /// From this instant on.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
}

impl Listing for Concerns {
    type Entity = Concern;
    const DESCRIBED: Described = Described {
        name: "Concerns",
        about: "the service requests that a partner's members submitted, or that a customer submitted or a contact was added to, by time and organization",
        place: "in `by-key` `PARTNER#<partner>` or `CONTACT#<e-mail>` · `SERVICE_REQUEST#<service request>`",
    };

    fn index(&self) -> Index {
        Index::ByKey
    }

    fn partition(&self) -> String {
        match &self.whom {
            Whom::Partner(partner) => key::partner_partition(*partner),
            Whom::Person(email) => key::concerns_of(email),
        }
    }

    fn range(&self) -> (String, String) {
        given::<ServiceRequestId>(key::SERVICE_REQUESTS, self.from, self.to)
    }

    fn filter(&self) -> Vec<(&'static [&'static str], AttributeValue)> {
        let mut filter: Vec<(&'static [&'static str], _)> = Vec::new();
        let organization = self.organization.map(|organization| AttributeValue::S(organization.to_string()));
        filter.extend(organization.map(|organization| (&["organizationId"][..], organization)));
        filter
    }
}

/// Finds the events of a party's or the vendor's log, of a time, a type, a license type.
#[derive(Debug, Clone)]
pub struct History {
    /// Whose log. An organization's holds every event that concerns it, wherever that is at home.
    pub of: Home,
    /// Only what concerns this partner.
    pub partner: Option<PartnerId>,
    /// From this instant on.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// Only of this type.
    pub event_type: Option<EventType>,
    /// Only about this license type.
    pub license_type: Option<LicenseTypeCode>,
}

impl Listing for History {
    type Entity = Event;
    const DESCRIBED: Described = Described {
        name: "History",
        about: "the events of a log, by time, type and license type",
        place: "`LOG#<partner>` or `LOG#VENDOR` · `<event>`; in `by-key` `LOG#<organization>` · `<event>`; \
                in `by-facet` `LOG#<partner>#<type>` or `LOG#VENDOR#<type>` · `<event>`",
    };

    fn index(&self) -> Index {
        match (self.of, &self.license_type) {
            (Home::Organization(_), _) => Index::ByKey,
            (_, Some(_)) => Index::ByFacet,
            (_, None) => Index::Table,
        }
    }

    fn partition(&self) -> String {
        match (self.index(), &self.license_type) {
            (Index::ByFacet, Some(license_type)) => key::log_of_license_type(self.of, license_type),
            _ => key::log(self.of),
        }
    }

    fn range(&self) -> (String, String) {
        given::<EventId>("", self.from, self.to)
    }

    fn filter(&self) -> Vec<(&'static [&'static str], AttributeValue)> {
        let equals = |text: String| AttributeValue::S(text);
        let mut filter: Vec<(&'static [&'static str], _)> = Vec::new();
        if let Some(partner) = self.partner {
            filter.push((&["partnerId"], equals(partner.to_string())));
        }
        if let Some(event_type) = &self.event_type {
            filter.push((&["type"], equals(event_type.to_string())));
        }
        if let (Some(license_type), Index::ByKey) = (&self.license_type, self.index()) {
            filter.push((&["data", "licenseType"], equals(license_type.to_string())));
        }
        filter
    }
}

/// Every access pattern, for README.
pub fn all() -> impl Iterator<Item = Described> {
    LOOKUPS.iter().chain(LISTINGS).copied()
}
