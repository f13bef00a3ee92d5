//! The keys of the single table. They are built here, from typed ids, and nowhere else.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::customer::Creator;
use domain::event::Home;
use domain::search::{Folded, unique_form};
use domain::service_request::Month;
use domain::{
    AccessRequestId, AssignmentId, CustomerId, Email, EntitlementId, EntitlementName, EntitlementNumber,
    EventId, ExternalId, FieldName, LicenseTypeCode, MemberId, Name, OrderId, OrganizationId, Owner,
    ParkedOrderId, PartnerId, ProductCode, ProductId, ServiceRequestId, SiteId, SiteUrl, SourceId,
    StoreAccount, SubscriptionId, Timestamp,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Where an item is, in the table or in an index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The partition.
    pub pk: String,
    /// The place in it; unique there, also in an index, so that it serves as a position for paging.
    pub sk: String,
}

impl Key {
    fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// It as attributes of the table.
    pub(super) fn attributes(&self) -> HashMap<String, AttributeValue> {
        let text = |text: &String| AttributeValue::S(text.clone());
        HashMap::from([("pk".to_owned(), text(&self.pk)), ("sk".to_owned(), text(&self.sk))])
    }
}

const PROFILE: &str = "PROFILE";
/// The sort key of items that are alone in their partition.
const ALONE: &str = "-";
/// The partition of what is sold.
pub const CATALOG: &str = "CATALOG";
/// What the sort keys of license types begin with.
pub const LICENSE_TYPES: &str = "LICENSE_TYPE#";
/// What the sort keys of products begin with.
pub const PRODUCTS: &str = "PRODUCT#";
/// What the sort keys of detail fields begin with.
pub const FIELDS: &str = "FIELD#";
/// What the sort keys of a directory's names begin with.
pub const NAMES: &str = "NAME#";
/// What the sort keys of license assignments begin with.
pub const ASSIGNMENTS: &str = "ASSIGNMENT#";
/// What the sort keys of entitlements begin with.
pub const ENTITLEMENTS: &str = "ENTITLEMENT#";
/// What the sort keys of access begin with.
pub const ACCESS: &str = "ACCESS#";
/// What the keys of requests for access begin with.
pub const ACCESS_REQUESTS: &str = "ACCESS_REQUEST#";
/// What the keys of service requests begin with.
pub const SERVICE_REQUESTS: &str = "SERVICE_REQUEST#";
/// What the sort keys of members begin with.
pub const MEMBERS: &str = "MEMBER#";
/// What the sort keys of pools begin with.
pub const POOLS: &str = "POOL#";

/// A free text as one segment of a key: long ones, and those that could be taken for more than one
/// segment, stand there as their hash.
fn segment(text: &str) -> String {
    const LONGEST: usize = 100;
    // The last character of all ends ranges.
    let plain = !text.contains(['#', char::MAX]) && !text.starts_with('~');
    if text.len() <= LONGEST && plain {
        text.to_owned()
    } else {
        format!("~{}", URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes())))
    }
}

/// A license type.
pub fn license_type(code: &LicenseTypeCode) -> Key {
    Key::new(CATALOG, format!("{LICENSE_TYPES}{code}"))
}

/// A product.
pub fn product(product: ProductId) -> Key {
    Key::new(CATALOG, format!("{PRODUCTS}{product}"))
}

/// A detail field. Its name is its place, so that no two have one name.
pub fn field(name: &FieldName) -> Key {
    Key::new(CATALOG, format!("{FIELDS}{}", segment(&unique_form(name.as_str()))))
}

/// How many detail fields there are that are not archived.
pub fn count_of_fields() -> Key {
    Key::new(CATALOG, "COUNT#FIELD")
}

/// A webhook source.
pub fn source(source: SourceId) -> Key {
    Key::new(format!("SOURCE#{source}"), PROFILE)
}

/// The partition, in `by-facet`, of all webhook sources.
pub const SOURCES: &str = "SOURCES";

/// A webhook source among all.
pub fn source_among_all(source: SourceId) -> Key {
    Key::new(SOURCES, source.to_string())
}

/// The partition, in `by-facet`, of all partners.
pub const PARTNERS: &str = "PARTNERS";

/// A partner among all, by name.
pub fn partner_among_all(name: &Name, partner: PartnerId) -> Key {
    Key::new(PARTNERS, format!("{}#{partner}", Folded::of(name.as_str()).sort_key()))
}

/// The partition, in `by-facet`, of all organizations.
pub const ORGANIZATIONS: &str = "ORGANIZATIONS";

/// An organization among all, by name.
pub fn organization_among_all(name: &Name, organization: OrganizationId) -> Key {
    Key::new(ORGANIZATIONS, format!("{}#{organization}", Folded::of(name.as_str()).sort_key()))
}

/// An order of a source.
pub fn order(source: SourceId, order: &OrderId) -> Key {
    Key::new(format!("ORDER#{source}#{}", segment(order.as_str())), ALONE)
}

/// The partition of the orders that are parked for an account.
pub fn parked_for(source: SourceId, account: &StoreAccount) -> String {
    format!("PARKED#{source}#{}", segment(account.as_str()))
}

/// A parked order among those of its account, in the order of their coming.
pub fn parked(source: SourceId, account: &StoreAccount, parked: ParkedOrderId) -> Key {
    Key::new(parked_for(source, account), parked.to_string())
}

/// The partition, in `by-key`, of an order that is, or was, parked under this id.
pub fn parked_order(parked: ParkedOrderId) -> String {
    format!("PARKED_ORDER#{parked}")
}

/// An order by the id under which it is, or was, parked.
pub fn order_by_parked(parked: ParkedOrderId) -> Key {
    Key::new(parked_order(parked), ALONE)
}

/// The partition, in `by-facet`, of all parked orders.
pub const PARKED_ORDERS: &str = "PARKED_ORDERS";

/// A parked order among all.
pub fn parked_among_all(parked: ParkedOrderId) -> Key {
    Key::new(PARKED_ORDERS, parked.to_string())
}

/// As many partitions hold what is due, so that no one of them has to take all writes.
pub const DUE_SHARDS: u8 = 4;

/// A partition, in `due`, of what is due.
pub fn due_shard(shard: u8) -> String {
    format!("DUE#{shard}")
}

/// An item in `due`: when something must happen to it.
pub fn due(item: &Key, at: Timestamp) -> Key {
    let shard = Sha256::digest(item.pk.as_bytes()).first().copied().unwrap_or_default() % DUE_SHARDS;
    Key::new(due_shard(shard), format!("{at}#{}#{}", item.pk, item.sk))
}

/// A partner.
pub fn partner(partner: PartnerId) -> Key {
    Key::new(partner_partition(partner), PROFILE)
}

/// The partition of a partner and what it has.
pub fn partner_partition(partner: PartnerId) -> String {
    format!("PARTNER#{partner}")
}

/// A partner's store link.
pub fn store_link(partner: PartnerId) -> Key {
    Key::new(partner_partition(partner), "STORE")
}

/// What is left to do after a partner was linked to a store.
pub fn drain(partner: PartnerId) -> Key {
    Key::new(partner_partition(partner), "DRAIN")
}

/// A request for access. Partner and addressee find it in the indexes.
pub fn access_request(request: AccessRequestId) -> Key {
    Key::new(format!("{ACCESS_REQUESTS}{request}"), ALONE)
}

/// The partition, in `by-key`, of the requests that are addressed to an e-mail.
pub fn asked_of(email: &Email) -> String {
    format!("MANAGER#{}", segment(email.folded()))
}

/// A request among those addressed to an e-mail.
pub fn request_to(email: &Email, request: AccessRequestId) -> Key {
    Key::new(asked_of(email), request.to_string())
}

/// A request among those of its partner, in `by-facet`.
pub fn request_of_partner(partner: PartnerId, request: AccessRequestId) -> Key {
    Key::new(partner_partition(partner), format!("{ACCESS_REQUESTS}{request}"))
}

/// A partner's requests that are pending.
pub fn pending_requests(partner: PartnerId) -> Key {
    Key::new(partner_partition(partner), "PENDING_REQUESTS")
}

/// A service request of an organization.
pub fn service_request(organization: OrganizationId, request: ServiceRequestId) -> Key {
    Key::new(organization_partition(organization), format!("{SERVICE_REQUESTS}{request}"))
}

/// The partition, in `by-facet`, of all service requests that were submitted in a month.
pub fn service_requests_of(month: &Month) -> String {
    format!("{SERVICE_REQUESTS}{month}")
}

/// A service request among those of its month, in `by-facet`.
pub fn service_request_of(month: &Month, request: ServiceRequestId) -> Key {
    Key::new(service_requests_of(month), request.to_string())
}

/// A service request among those that a partner's members submitted, in `by-key`.
pub fn submitted_by(partner: PartnerId, request: ServiceRequestId) -> Key {
    Key::new(partner_partition(partner), format!("{SERVICE_REQUESTS}{request}"))
}

/// The partition, in `by-key`, of the service requests that concern a person.
pub fn concerns_of(email: &Email) -> String {
    format!("CONTACT#{}", segment(email.folded()))
}

/// A service request among those that concern a person, in `by-key`.
pub fn concern(email: &Email, request: ServiceRequestId) -> Key {
    Key::new(concerns_of(email), format!("{SERVICE_REQUESTS}{request}"))
}

/// The partition of what belongs to a service request.
pub fn service_request_partition(request: ServiceRequestId) -> String {
    format!("{SERVICE_REQUESTS}{request}")
}

/// A contact of a service request.
pub fn contact(request: ServiceRequestId, email: &Email) -> Key {
    Key::new(service_request_partition(request), format!("CONTACT#{}", segment(email.folded())))
}

/// The updates of a service request begin with this.
pub const UPDATES: &str = "UPDATE#";

/// An update of a service request, by its number.
pub fn service_request_update(request: ServiceRequestId, number: u64) -> Key {
    Key::new(service_request_partition(request), format!("{UPDATES}{number:010}"))
}

/// What a person wants to be told of an organization's service requests: a partner's member, or a customer of its.
pub fn preference(organization: OrganizationId, partner: Option<PartnerId>, email: &Email) -> Key {
    let of = partner.map_or_else(|| "CUSTOMER".to_owned(), |partner| partner.to_string());
    Key::new(organization_partition(organization), format!("PREFERENCE#{of}#{}", segment(email.folded())))
}

/// What the sort keys of what is counted of service requests begin with.
pub const TALLIES: &str = "TALLY#";

/// What is counted of the service requests that were submitted to an organization in a month.
pub fn tally(organization: OrganizationId, month: &Month) -> Key {
    Key::new(organization_partition(organization), format!("{TALLIES}{month}"))
}

/// How many contact managers an organization has.
pub fn count_of_managers(organization: OrganizationId) -> Key {
    Key::new(organization_partition(organization), "COUNT#MANAGER")
}

/// How many members with an e-mail a partner has removed.
pub fn count_of_removals(partner: PartnerId, email: &Email) -> Key {
    Key::new(partner_partition(partner), format!("COUNT#REMOVAL#{}", segment(email.folded())))
}

/// All access of a partner in an organization.
pub fn access(organization: OrganizationId, partner: PartnerId) -> Key {
    Key::new(organization_partition(organization), format!("{ACCESS}{partner}"))
}

/// The same among all access of the partner, in `by-key`.
pub fn access_of_partner(partner: PartnerId, organization: OrganizationId) -> Key {
    Key::new(partner_partition(partner), format!("{ACCESS}{organization}"))
}

/// A partner's member.
pub fn member(partner: PartnerId, member: MemberId) -> Key {
    Key::new(partner_partition(partner), format!("{MEMBERS}{member}"))
}

/// A member among those of its partner, in `by-key`, by its e-mail.
pub fn member_by_email(partner: PartnerId, email: &Email) -> Key {
    Key::new(partner_partition(partner), format!("{MEMBERS}{}", segment(email.folded())))
}

/// The reservation of a member's e-mail in its partner.
pub fn member_email(partner: PartnerId, email: &Email) -> Key {
    unique("member-email", format!("{partner}#{}", segment(email.folded())))
}

/// A person who is a customer.
pub fn customer(customer: CustomerId) -> Key {
    Key::new(owner_partition(Owner::Customer(customer)), PROFILE)
}

/// The partition of who owns entitlements: a person, or an organization.
pub fn owner_partition(owner: Owner) -> String {
    match owner {
        Owner::Organization(organization) => organization_partition(organization),
        Owner::Customer(customer) => format!("CUSTOMER#{customer}"),
    }
}

/// An entitlement.
pub fn entitlement(owner: Owner, entitlement: EntitlementId) -> Key {
    Key::new(owner_partition(owner), format!("{ENTITLEMENTS}{entitlement}"))
}

/// The partition, in `by-facet`, of the entitlements of a product.
pub fn entitlements_of_product(product: ProductId) -> String {
    format!("{PRODUCTS}{product}")
}

/// An entitlement among those of its product.
pub fn entitlement_of_product(product: ProductId, entitlement: EntitlementId) -> Key {
    Key::new(entitlements_of_product(product), entitlement.to_string())
}

/// The reservation of one of an entitlement's names. The number follows from the id, and so one serves both; external
/// ids are the vendor's.
pub fn entitlement_name(name: &EntitlementName) -> Key {
    match name {
        EntitlementName::Id(id) => unique("entitlement-number", EntitlementNumber::of(*id).to_string()),
        EntitlementName::Number(number) => unique("entitlement-number", number.to_string()),
        EntitlementName::ExternalId(external_id) => {
            let value = segment(external_id.get().as_str());
            unique("entitlement-external-id", format!("VENDOR#{value}"))
        }
    }
}

/// An import that was begun, of a call whose answer is to be kept here, or of this call, which has no key.
pub fn import(kept: Option<&Key>, call: &str) -> Key {
    match kept {
        Some(kept) => Key::new(kept.pk.clone(), "IMPORT"),
        None => Key::new(format!("IMPORT#{}", segment(call)), ALONE),
    }
}

/// A customer among those of its organization, in `by-key`.
pub fn customer_of_organization(organization: OrganizationId, customer: CustomerId) -> Key {
    Key::new(organization_partition(organization), format!("CUSTOMER#{customer}"))
}

/// The partition, in `by-facet`, of the customers with an e-mail.
pub fn customers_with(email: &Email) -> String {
    format!("EMAIL#{}", segment(email.folded()))
}

/// A customer among those with its e-mail.
pub fn customer_by_email(email: &Email, customer: CustomerId) -> Key {
    Key::new(customers_with(email), customer.to_string())
}

/// An organization in a partner's directory.
pub fn customer_link(partner: PartnerId, organization: OrganizationId) -> Key {
    Key::new(partner_partition(partner), format!("CUSTOMER#{organization}"))
}

/// The name of an organization in a partner's directory.
pub fn directory_entry(partner: PartnerId, organization: OrganizationId) -> Key {
    Key::new(partner_partition(partner), format!("{NAMES}{organization}"))
}

/// A partner's pool of one license type.
pub fn pool(partner: PartnerId, license_type: &LicenseTypeCode) -> Key {
    Key::new(partner_partition(partner), format!("{POOLS}{license_type}"))
}

/// A license assignment.
pub fn assignment(partner: PartnerId, assignment: AssignmentId) -> Key {
    Key::new(partner_partition(partner), format!("{ASSIGNMENTS}{assignment}"))
}

/// An organization.
pub fn organization(organization: OrganizationId) -> Key {
    Key::new(organization_partition(organization), PROFILE)
}

/// The partition of an organization and what it has.
pub fn organization_partition(organization: OrganizationId) -> String {
    format!("ORG#{organization}")
}

/// What makes an organization's license assignments findable from the organization.
pub fn assignment_of_organization(organization: OrganizationId, assignment: AssignmentId) -> Key {
    Key::new(organization_partition(organization), format!("{ASSIGNMENTS}{assignment}"))
}

/// What makes the partners of an organization findable from the organization.
pub fn partner_of_organization(organization: OrganizationId, partner: PartnerId) -> Key {
    Key::new(organization_partition(organization), format!("PARTNER#{partner}"))
}

/// What the sort keys of subscriptions begin with.
pub const SUBSCRIPTIONS: &str = "SUBSCRIPTION#";
/// What the sort keys of sites begin with.
pub const SITES: &str = "SITE#";
/// What the sort keys, in `by-key`, of subscriptions by their renewal begin with.
pub const RENEWALS: &str = "RENEWAL#";

/// A subscription of an organization.
pub fn subscription(organization: OrganizationId, subscription: SubscriptionId) -> Key {
    Key::new(organization_partition(organization), format!("{SUBSCRIPTIONS}{subscription}"))
}

/// A subscription among those of its partner, in `by-key`, by its renewal.
pub fn renewal(partner: PartnerId, ends_at: Timestamp, subscription: SubscriptionId) -> Key {
    Key::new(partner_partition(partner), format!("{RENEWALS}{ends_at}#{subscription}"))
}

/// What a source calls a subscription.
pub fn subscription_name(source: SourceId, external_id: &ExternalId) -> Key {
    unique("subscription-external-id", format!("{source}#{}", segment(external_id.as_str())))
}

/// That somebody is, or was, a contact of an organization's subscriptions.
pub fn welcome(organization: OrganizationId, email: &Email) -> Key {
    Key::new(organization_partition(organization), format!("WELCOME#{}", segment(email.folded())))
}

/// A site of an organization.
pub fn site(organization: OrganizationId, site: SiteId) -> Key {
    Key::new(organization_partition(organization), format!("{SITES}{site}"))
}

/// The reservation of being an organization's first site on the new platform.
pub fn first_migration(organization: OrganizationId) -> Key {
    unique("first-migration", organization.to_string())
}

/// The reservation of a site's address in its organization.
pub fn site_url(organization: OrganizationId, url: &SiteUrl) -> Key {
    unique("site-url", format!("{organization}#{}", segment(url.as_str())))
}

/// The reservation of a product's name.
pub fn product_name(name: &Name) -> Key {
    unique("product-name", segment(&unique_form(name.as_str())))
}

/// The reservation of a product's code.
pub fn product_code(code: &ProductCode) -> Key {
    unique("product-code", segment(code.as_str()))
}

/// The reservation of a partner's external id, which the vendor gave.
pub fn partner_external_id(external_id: &ExternalId) -> Key {
    unique("partner-external-id", segment(external_id.as_str()))
}

/// Where something is unique: in an organization, or among those who are in none.
fn within(organization: Option<OrganizationId>) -> String {
    organization.map_or_else(|| "NONE".to_owned(), |organization| organization.to_string())
}

/// The reservation of a customer's e-mail in its organization.
pub fn customer_email(organization: Option<OrganizationId>, email: &Email) -> Key {
    unique("customer-email", format!("{}#{}", within(organization), segment(email.folded())))
}

/// Who gave an external id: each giver has its own.
fn giver(party: Option<impl std::fmt::Display>) -> String {
    party.map_or_else(|| "VENDOR".to_owned(), |party| party.to_string())
}

/// The reservation of a customer's external id, which an organization or a partner gave, or the vendor.
pub fn customer_external_id(by: Option<Creator>, external_id: &ExternalId) -> Key {
    unique("customer-external-id", format!("{}#{}", giver(by), segment(external_id.as_str())))
}

/// The reservation of an organization's external id, which a partner gave, or the vendor.
pub fn organization_external_id(by: Option<PartnerId>, external_id: &ExternalId) -> Key {
    unique("organization-external-id", format!("{}#{}", giver(by), segment(external_id.as_str())))
}

/// The reservation of an account at a store.
pub fn store_account(source: SourceId, account: &StoreAccount) -> Key {
    unique("store-account", format!("{source}#{}", segment(account.as_str())))
}

fn unique(kind: &str, value: String) -> Key {
    Key::new(format!("UNIQUE#{kind}#{value}"), ALONE)
}

/// An event in the log it is at home in.
pub fn event(home: Home, event: EventId) -> Key {
    Key::new(log(home), event.to_string())
}

/// A party's log, or the vendor's.
pub fn log(home: Home) -> String {
    match home {
        Home::Partner(partner) => format!("LOG#{partner}"),
        Home::Organization(organization) => format!("LOG#{organization}"),
        Home::Vendor => "LOG#VENDOR".to_owned(),
    }
}

/// The part of a log that is about one license type.
pub fn log_of_license_type(home: Home, license_type: &LicenseTypeCode) -> String {
    format!("{}#{license_type}", log(home))
}

/// What is remembered of a call under a caller's idempotency key.
pub fn idempotency(caller: &str, key: &str) -> Key {
    Key::new(format!("IDEMPOTENCY#{}#{}", segment(caller), segment(key)), ALONE)
}

/// What is kept of a store's message that took effect.
pub fn message(source: &str, message: &str) -> Key {
    Key::new(format!("MESSAGE#{}#{}", segment(source), segment(message)), ALONE)
}

/// The mark that a message's refusal is in the log already.
pub fn refused_message(source: SourceId, message: &str) -> Key {
    Key::new(format!("REFUSED#{source}#{}", segment(message)), ALONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: &str = "prt_019b8c3e-5c00-7000-8000-000000000001";
    const O: &str = "org_019b8c3e-5c00-7000-8000-000000000002";
    const S: &str = "src_019b8c3e-5c00-7000-8000-000000000003";
    const A: &str = "asg_019b8c3e-5c00-7000-8000-000000000004";
    const E: &str = "evt_019b8c3e-5c00-7000-8000-000000000005";
    const C: &str = "cus_019b8c3e-5c00-7000-8000-000000000008";
    const D: &str = "prd_019b8c3e-5c00-7000-8000-000000000007";
    const T: &str = "ent_019b8c3e-5c00-7000-8000-000000000009";
    const Q: &str = "arq_019b8c3e-5c00-7000-8000-00000000000b";
    const V: &str = "srq_019b8c3e-5c00-7000-8000-00000000000c";
    const M: &str = "mem_019b8c3e-5c00-7000-8000-00000000000a";
    const B: &str = "sub_019b8c3e-5c00-7000-8000-00000000000d";
    const W: &str = "sit_019b8c3e-5c00-7000-8000-00000000000e";
    const R: &str = "ord_019b8c3e-5c00-7000-8000-000000000006";

    #[test]
    fn keys_are_these_strings() {
        let (p, o, s): (PartnerId, OrganizationId, SourceId) =
            (P.parse().unwrap(), O.parse().unwrap(), S.parse().unwrap());
        let (a, e): (AssignmentId, EventId) = (A.parse().unwrap(), E.parse().unwrap());
        let (c, email): (CustomerId, Email) = (C.parse().unwrap(), "A@x.example".parse().unwrap());
        let (q, v): (AccessRequestId, ServiceRequestId) = (Q.parse().unwrap(), V.parse().unwrap());
        let (t, m): (EntitlementId, MemberId) = (T.parse().unwrap(), M.parse().unwrap());
        let (r, d): (ParkedOrderId, ProductId) = (R.parse().unwrap(), D.parse().unwrap());
        let account: StoreAccount = "ec-4711".parse().unwrap();
        let now: Timestamp = "2026-01-05T09:00:00Z".parse().unwrap();
        let code: LicenseTypeCode = "edge-storage-1y".parse().unwrap();
        let external: ExternalId = "C-1".parse().unwrap();
        let name: Name = "İstanbul A.Ş.".parse().unwrap();
        let (b, w): (SubscriptionId, SiteId) = (B.parse().unwrap(), W.parse().unwrap());
        let url: SiteUrl = "https://yamada.example/".parse().unwrap();
        let expected = [
            (subscription(o, b), format!("ORG#{O}"), format!("SUBSCRIPTION#{B}")),
            (renewal(p, now, b), format!("PARTNER#{P}"), format!("RENEWAL#2026-01-05T09:00:00.000Z#{B}")),
            (
                subscription_name(s, &external),
                format!("UNIQUE#subscription-external-id#{S}#C-1"),
                "-".to_owned(),
            ),
            (welcome(o, &email), format!("ORG#{O}"), "WELCOME#a@x.example".to_owned()),
            (site(o, w), format!("ORG#{O}"), format!("SITE#{W}")),
            (first_migration(o), format!("UNIQUE#first-migration#{O}"), "-".to_owned()),
            (site_url(o, &url), format!("UNIQUE#site-url#{O}#https://yamada.example"), "-".to_owned()),
            (license_type(&code), "CATALOG".to_owned(), "LICENSE_TYPE#edge-storage-1y".to_owned()),
            (product(d), "CATALOG".to_owned(), format!("PRODUCT#{D}")),
            (product_name(&name), "UNIQUE#product-name#i\u{307}stanbul a.ş.".to_owned(), "-".to_owned()),
            (product_code(&"C++".parse().unwrap()), "UNIQUE#product-code#C++".to_owned(), "-".to_owned()),
            (field(&"Ｒegion".parse().unwrap()), "CATALOG".to_owned(), "FIELD#region".to_owned()),
            (count_of_fields(), "CATALOG".to_owned(), "COUNT#FIELD".to_owned()),
            (source(s), format!("SOURCE#{S}"), "PROFILE".to_owned()),
            (source_among_all(s), "SOURCES".to_owned(), S.to_owned()),
            (order(s, &"SO-1".parse().unwrap()), format!("ORDER#{S}#SO-1"), "-".to_owned()),
            (parked(s, &account, r), format!("PARKED#{S}#ec-4711"), R.to_owned()),
            (order_by_parked(r), format!("PARKED_ORDER#{R}"), "-".to_owned()),
            (parked_among_all(r), "PARKED_ORDERS".to_owned(), R.to_owned()),
            (due(&drain(p), now), "DUE#3".to_owned(), format!("2026-01-05T09:00:00.000Z#PARTNER#{P}#DRAIN")),
            (partner(p), format!("PARTNER#{P}"), "PROFILE".to_owned()),
            (store_link(p), format!("PARTNER#{P}"), "STORE".to_owned()),
            (drain(p), format!("PARTNER#{P}"), "DRAIN".to_owned()),
            (access_request(q), format!("ACCESS_REQUEST#{Q}"), "-".to_owned()),
            (request_to(&email, q), "MANAGER#a@x.example".to_owned(), Q.to_owned()),
            (request_of_partner(p, q), format!("PARTNER#{P}"), format!("ACCESS_REQUEST#{Q}")),
            (pending_requests(p), format!("PARTNER#{P}"), "PENDING_REQUESTS".to_owned()),
            (access(o, p), format!("ORG#{O}"), format!("ACCESS#{P}")),
            (access_of_partner(p, o), format!("PARTNER#{P}"), format!("ACCESS#{O}")),
            (service_request(o, v), format!("ORG#{O}"), format!("SERVICE_REQUEST#{V}")),
            (service_request_of(&Month::of(now), v), "SERVICE_REQUEST#2026-01".to_owned(), V.to_owned()),
            (submitted_by(p, v), format!("PARTNER#{P}"), format!("SERVICE_REQUEST#{V}")),
            (concern(&email, v), "CONTACT#a@x.example".to_owned(), format!("SERVICE_REQUEST#{V}")),
            (contact(v, &email), format!("SERVICE_REQUEST#{V}"), "CONTACT#a@x.example".to_owned()),
            (service_request_update(v, 7), format!("SERVICE_REQUEST#{V}"), "UPDATE#0000000007".to_owned()),
            (preference(o, Some(p), &email), format!("ORG#{O}"), format!("PREFERENCE#{P}#a@x.example")),
            (preference(o, None, &email), format!("ORG#{O}"), "PREFERENCE#CUSTOMER#a@x.example".to_owned()),
            (tally(o, &Month::of(now)), format!("ORG#{O}"), "TALLY#2026-01".to_owned()),
            (count_of_managers(o), format!("ORG#{O}"), "COUNT#MANAGER".to_owned()),
            (count_of_removals(p, &email), format!("PARTNER#{P}"), "COUNT#REMOVAL#a@x.example".to_owned()),
            (member(p, m), format!("PARTNER#{P}"), format!("MEMBER#{M}")),
            (member_by_email(p, &email), format!("PARTNER#{P}"), "MEMBER#a@x.example".to_owned()),
            (member_email(p, &email), format!("UNIQUE#member-email#{P}#a@x.example"), "-".to_owned()),
            (customer(c), format!("CUSTOMER#{C}"), "PROFILE".to_owned()),
            (customer_of_organization(o, c), format!("ORG#{O}"), format!("CUSTOMER#{C}")),
            (customer_by_email(&email, c), "EMAIL#a@x.example".to_owned(), C.to_owned()),
            (
                customer_email(Some(o), &email),
                format!("UNIQUE#customer-email#{O}#a@x.example"),
                "-".to_owned(),
            ),
            (
                customer_external_id(None, &external),
                "UNIQUE#customer-external-id#VENDOR#C-1".to_owned(),
                "-".to_owned(),
            ),
            (entitlement(Owner::Customer(c), t), format!("CUSTOMER#{C}"), format!("ENTITLEMENT#{T}")),
            (entitlement(Owner::Organization(o), t), format!("ORG#{O}"), format!("ENTITLEMENT#{T}")),
            (entitlement_of_product(d, t), format!("PRODUCT#{D}"), T.to_owned()),
            (
                entitlement_name(&EntitlementName::Id(t)),
                format!("UNIQUE#entitlement-number#{}", EntitlementNumber::of(t)),
                "-".to_owned(),
            ),
            (
                entitlement_name(&"CRM-1".parse().unwrap()),
                "UNIQUE#entitlement-external-id#VENDOR#CRM-1".to_owned(),
                "-".to_owned(),
            ),
            (import(None, "JKJaXmPLvHcESHA="), "IMPORT#JKJaXmPLvHcESHA=".to_owned(), "-".to_owned()),
            (
                import(Some(&idempotency("olivia", "night")), "JKJaXmPLvHcESHA="),
                "IDEMPOTENCY#olivia#night".to_owned(),
                "IMPORT".to_owned(),
            ),
            (customer_link(p, o), format!("PARTNER#{P}"), format!("CUSTOMER#{O}")),
            (directory_entry(p, o), format!("PARTNER#{P}"), format!("NAME#{O}")),
            (partner_among_all(&name, p), "PARTNERS".to_owned(), format!("istanbulas#{P}")),
            (organization_among_all(&name, o), "ORGANIZATIONS".to_owned(), format!("istanbulas#{O}")),
            (pool(p, &code), format!("PARTNER#{P}"), "POOL#edge-storage-1y".to_owned()),
            (assignment(p, a), format!("PARTNER#{P}"), format!("ASSIGNMENT#{A}")),
            (organization(o), format!("ORG#{O}"), "PROFILE".to_owned()),
            (assignment_of_organization(o, a), format!("ORG#{O}"), format!("ASSIGNMENT#{A}")),
            (partner_of_organization(o, p), format!("ORG#{O}"), format!("PARTNER#{P}")),
            (partner_external_id(&external), "UNIQUE#partner-external-id#C-1".to_owned(), "-".to_owned()),
            (
                organization_external_id(None, &external),
                "UNIQUE#organization-external-id#VENDOR#C-1".to_owned(),
                "-".to_owned(),
            ),
            (
                organization_external_id(Some(p), &external),
                format!("UNIQUE#organization-external-id#{P}#C-1"),
                "-".to_owned(),
            ),
            (store_account(s, &account), format!("UNIQUE#store-account#{S}#ec-4711"), "-".to_owned()),
            (event(Home::Partner(p), e), format!("LOG#{P}"), E.to_owned()),
            (event(Home::Vendor, e), "LOG#VENDOR".to_owned(), E.to_owned()),
            (idempotency("auth0|7", "k-1"), "IDEMPOTENCY#auth0|7#k-1".to_owned(), "-".to_owned()),
            (message(S, "msg_1"), format!("MESSAGE#{S}#msg_1"), "-".to_owned()),
            (refused_message(s, "msg_1"), format!("REFUSED#{S}#msg_1"), "-".to_owned()),
        ];
        for (key, pk, sk) in expected {
            assert_eq!((key.pk, key.sk), (pk, sk));
        }
        assert_eq!(log_of_license_type(Home::Partner(p), &code), format!("LOG#{P}#edge-storage-1y"));
    }

    #[test]
    fn no_free_text_reads_as_two_segments_or_as_a_hash() {
        let long = "x".repeat(101);
        for text in ["a#b", "~a", "\u{10ffff}a", long.as_str()] {
            let segment = segment(text);
            assert!(segment.starts_with('~') && segment.len() == 44 && !segment.contains('#'), "{segment}");
        }
        assert_ne!(idempotency("a#b", "c"), idempotency("a", "b#c"));
    }
}
