//! Pins the literal keys of all items: a stored item is found by these strings for as long as it exists.

use domain::deactivation::PartyId;
use domain::event::LogScope;
use domain::service_request::{Month, Person};
use domain::*;

use super::access::{access_key, access_of_partner_key, grantee_mention_key};
use super::access_request::{
    access_request_key, pending_requests_key, request_of_partner_key, request_to_key,
};
use super::contact_history::{contact_history_by_email_key, contact_history_key};
use super::customer::{
    count_of_managers_key, customer_email_key, customer_external_id_key, customer_key,
    customer_of_organization_key,
};
use super::deactivation::deactivation_key;
use super::detail_field::{count_of_fields_key, field_key};
use super::directory::{directory_entry_key, partner_of_organization_key, partner_organization_key};
use super::entitlement::{entitlement_key, entitlement_name_key, entitlement_of_product_key};
use super::erasure::{erasure_key, recent_erasure_key};
use super::event::{event_key, log_of_license_type};
use super::idempotency::{idempotency_key, message_key, refused_message_key, reused_message_id_key};
use super::import_run::import_key;
use super::key::due_key;
use super::license::{assignment_key, assignment_of_organization_key, license_type_key, pool_key};
use super::member::{count_of_removals_key, member_by_email_key, member_email_key, member_key};
use super::monthly_counts::monthly_counts_key;
use super::name_index::{NameScope, former_name_key, name_part_key, spellings_partition, unspelled_name_key};
use super::notification_preference::preference_key;
use super::order::{
    cancelled_among_all_key, order_by_parked_key, order_key, parked_among_all_key, parked_key,
};
use super::organization::{organization_among_all_key, organization_external_id_key, organization_key};
use super::partner::{partner_among_all_key, partner_external_id_key, partner_key};
use super::person::{person_by_email_key, record_by_email_key, staff_key};
use super::product::{product_code_key, product_key, product_name_key};
use super::service_request::{
    contact_key, service_request_key, service_request_of_key, service_request_ref_key,
    service_request_update_key, submitted_by_key, update_of_author_key, updates_of_author, updates_of_staff,
};
use super::site::{first_migration_key, site_key, site_url_key};
use super::store::{release_key, store_account_key, store_link_key};
use super::subscription::{renewal_key, subscription_key, subscription_name_key};
use super::unsolved_request::unsolved_request_key;
use super::webhook_source::{source_among_all_key, source_key};

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
fn every_key_keeps_its_stored_format() {
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
    let member = Person::Member { partner_id: p, member_id: m };
    let customer = Person::Customer { customer_id: c };
    let unrecorded = Person::Unrecorded { email: email.clone() };
    let expected = [
        (subscription_key(o, b), format!("ORG#{O}"), format!("SUBSCRIPTION#{B}")),
        (renewal_key(p, now, b), format!("PARTNER#{P}"), format!("RENEWAL#2026-01-05T09:00:00.000Z#{B}")),
        (
            subscription_name_key(s, &external),
            format!("UNIQUE#subscription-external-id#{S}#C-1"),
            "-".to_owned(),
        ),
        (contact_history_key(o, &email), format!("ORG#{O}"), "CONTACT_HISTORY#a@x.example".to_owned()),
        (site_key(o, w), format!("ORG#{O}"), format!("SITE#{W}")),
        (first_migration_key(o), format!("UNIQUE#first-migration#{O}"), "-".to_owned()),
        (site_url_key(o, &url), format!("UNIQUE#site-url#{O}#https://yamada.example"), "-".to_owned()),
        (license_type_key(&code), "CATALOG".to_owned(), "LICENSE_TYPE#edge-storage-1y".to_owned()),
        (product_key(d), "CATALOG".to_owned(), format!("PRODUCT#{D}")),
        (product_name_key(&name), "UNIQUE#product-name#i\u{307}stanbul a.ş.".to_owned(), "-".to_owned()),
        (product_code_key(&"C++".parse().unwrap()), "UNIQUE#product-code#C++".to_owned(), "-".to_owned()),
        (field_key(&"Ｒegion".parse().unwrap()), "CATALOG".to_owned(), "FIELD#region".to_owned()),
        (count_of_fields_key(), "CATALOG".to_owned(), "COUNT#FIELD".to_owned()),
        (source_key(s), format!("SOURCE#{S}"), "PROFILE".to_owned()),
        (source_among_all_key(s), "SOURCES".to_owned(), S.to_owned()),
        (order_key(s, &"SO-1".parse().unwrap()), format!("ORDER#{S}#SO-1"), "-".to_owned()),
        (parked_key(s, &account, r), format!("PARKED#{S}#ec-4711"), R.to_owned()),
        (order_by_parked_key(r), format!("PARKED_ORDER#{R}"), "-".to_owned()),
        (parked_among_all_key(r), "PARKED_ORDERS".to_owned(), R.to_owned()),
        (
            due_key(&release_key(p), now),
            "DUE#3".to_owned(),
            format!("2026-01-05T09:00:00.000Z#PARTNER#{P}#RELEASE"),
        ),
        (partner_key(p), format!("PARTNER#{P}"), "PROFILE".to_owned()),
        (store_link_key(p), format!("PARTNER#{P}"), "STORE".to_owned()),
        (release_key(p), format!("PARTNER#{P}"), "RELEASE".to_owned()),
        (access_request_key(q), format!("ACCESS_REQUEST#{Q}"), "-".to_owned()),
        (request_to_key(&email, q), "MANAGER#a@x.example".to_owned(), Q.to_owned()),
        (request_of_partner_key(p, q), format!("PARTNER#{P}"), format!("ACCESS_REQUEST#{Q}")),
        (pending_requests_key(p), format!("PARTNER#{P}"), "PENDING_REQUESTS".to_owned()),
        (access_key(o, p), format!("ORG#{O}"), format!("ACCESS#{P}")),
        (access_of_partner_key(p, o), format!("PARTNER#{P}"), format!("ACCESS#{O}")),
        (service_request_key(o, v), format!("ORG#{O}"), format!("SERVICE_REQUEST#{V}")),
        (service_request_of_key(&Month::of(now), v), "SERVICE_REQUEST#2026-01".to_owned(), V.to_owned()),
        (submitted_by_key(p, v), format!("PARTNER#{P}"), format!("SERVICE_REQUEST#{V}")),
        (
            service_request_ref_key(&unrecorded, v),
            "CONTACT#a@x.example".to_owned(),
            format!("SERVICE_REQUEST#{V}"),
        ),
        (service_request_ref_key(&member, v), format!("CONTACT#{M}"), format!("SERVICE_REQUEST#{V}")),
        (contact_key(v, &customer), format!("SERVICE_REQUEST#{V}"), format!("CONTACT#{C}")),
        (service_request_update_key(v, 7), format!("SERVICE_REQUEST#{V}"), "UPDATE#0000000007".to_owned()),
        (preference_key(o, &member), format!("ORG#{O}"), format!("PREFERENCE#{M}")),
        (preference_key(o, &unrecorded), format!("ORG#{O}"), "PREFERENCE#a@x.example".to_owned()),
        (unsolved_request_key(v), "UNSOLVED_SERVICE_REQUESTS".to_owned(), V.to_owned()),
        (monthly_counts_key(o, &Month::of(now)), format!("ORG#{O}"), "MONTHLY_COUNTS#2026-01".to_owned()),
        (count_of_managers_key(o), format!("ORG#{O}"), "COUNT#MANAGER".to_owned()),
        (count_of_removals_key(p, &email), format!("PARTNER#{P}"), "COUNT#REMOVAL#a@x.example".to_owned()),
        (member_key(m), format!("MEMBER#{M}"), "PROFILE".to_owned()),
        (staff_key("auth0|7"), "STAFF#auth0|7".to_owned(), "PROFILE".to_owned()),
        (member_by_email_key(p, &email), format!("PARTNER#{P}"), "MEMBER#a@x.example".to_owned()),
        (member_email_key(p, &email), format!("UNIQUE#member-email#{P}#a@x.example"), "-".to_owned()),
        (customer_key(c), format!("CUSTOMER#{C}"), "PROFILE".to_owned()),
        (customer_of_organization_key(o, &name, c), format!("ORG#{O}"), format!("CUSTOMER#istanbulas#{C}")),
        (person_by_email_key(&email, c), "EMAIL#a@x.example".to_owned(), C.to_owned()),
        (
            customer_email_key(Some(o), &email),
            format!("UNIQUE#customer-email#{O}#a@x.example"),
            "-".to_owned(),
        ),
        (
            customer_external_id_key(None, &external),
            "UNIQUE#customer-external-id#VENDOR#C-1".to_owned(),
            "-".to_owned(),
        ),
        (entitlement_key(Owner::Customer(c), t), format!("CUSTOMER#{C}"), format!("ENTITLEMENT#{T}")),
        (entitlement_key(Owner::Organization(o), t), format!("ORG#{O}"), format!("ENTITLEMENT#{T}")),
        (entitlement_of_product_key(d, t), format!("PRODUCT#{D}"), T.to_owned()),
        (
            entitlement_name_key(&EntitlementName::Id(t)),
            format!("UNIQUE#entitlement-number#{}", EntitlementNumber::of(t)),
            "-".to_owned(),
        ),
        (
            entitlement_name_key(&"CRM-1".parse().unwrap()),
            "UNIQUE#entitlement-external-id#VENDOR#CRM-1".to_owned(),
            "-".to_owned(),
        ),
        (import_key(None, "JKJaXmPLvHcESHA="), "IMPORT#JKJaXmPLvHcESHA=".to_owned(), "-".to_owned()),
        (
            import_key(Some(&idempotency_key("olivia", "night")), "JKJaXmPLvHcESHA="),
            "IDEMPOTENCY#olivia#night".to_owned(),
            "IMPORT".to_owned(),
        ),
        (partner_organization_key(p, o), format!("PARTNER#{P}"), format!("CUSTOMER#{O}")),
        (directory_entry_key(p, o), format!("PARTNER#{P}"), format!("NAME#{O}")),
        (partner_among_all_key(false, &name, p), "PARTNERS".to_owned(), format!("istanbulas#{P}")),
        (partner_among_all_key(true, &name, p), "DEACTIVATED_PARTNERS".to_owned(), format!("istanbulas#{P}")),
        (organization_among_all_key(false, &name, o), "ORGANIZATIONS".to_owned(), format!("istanbulas#{O}")),
        (
            organization_among_all_key(true, &name, o),
            "DEACTIVATED_ORGANIZATIONS".to_owned(),
            format!("istanbulas#{O}"),
        ),
        (deactivation_key(PartyId::Partner(p)), format!("PARTNER#{P}"), "DEACTIVATION".to_owned()),
        (deactivation_key(PartyId::Organization(o)), format!("ORG#{O}"), "DEACTIVATION".to_owned()),
        (
            name_part_key(NameScope::Organizations, "istanbul", o),
            "NAMES#ORGANIZATIONS".to_owned(),
            format!("istanbul#{O}"),
        ),
        (
            name_part_key(NameScope::Partners, "istanbul", p),
            "NAMES#PARTNERS".to_owned(),
            format!("istanbul#{P}"),
        ),
        (name_part_key(NameScope::People, "istanbul", c), "NAMES#PEOPLE".to_owned(), format!("istanbul#{C}")),
        (
            name_part_key(NameScope::Customers(o), "istanbul", c),
            format!("NAMES#{O}"),
            format!("istanbul#{C}"),
        ),
        (unspelled_name_key(NameScope::Directory(p), o), format!("UNSPELLED#{P}"), O.to_owned()),
        (
            former_name_key(NameScope::People, O, Timestamp::from_unix_millis(0)),
            "FORMER_NAME#PEOPLE".to_owned(),
            format!("{O}#1970-01-01T00:00:00.000Z"),
        ),
        (pool_key(p, &code), format!("PARTNER#{P}"), "POOL#edge-storage-1y".to_owned()),
        (assignment_key(p, a), format!("PARTNER#{P}"), format!("ASSIGNMENT#{A}")),
        (organization_key(o), format!("ORG#{O}"), "PROFILE".to_owned()),
        (assignment_of_organization_key(o, a), format!("ORG#{O}"), format!("ASSIGNMENT#{A}")),
        (partner_of_organization_key(o, p), format!("ORG#{O}"), format!("PARTNER#{P}")),
        (partner_external_id_key(&external), "UNIQUE#partner-external-id#C-1".to_owned(), "-".to_owned()),
        (
            organization_external_id_key(None, &external),
            "UNIQUE#organization-external-id#VENDOR#C-1".to_owned(),
            "-".to_owned(),
        ),
        (
            organization_external_id_key(Some(p), &external),
            format!("UNIQUE#organization-external-id#{P}#C-1"),
            "-".to_owned(),
        ),
        (store_account_key(s, &account), format!("UNIQUE#store-account#{S}#ec-4711"), "-".to_owned()),
        (event_key(LogScope::Partner(p), e), format!("LOG#{P}"), E.to_owned()),
        (event_key(LogScope::Vendor, e), "LOG#VENDOR".to_owned(), E.to_owned()),
        (idempotency_key("auth0|7", "k-1"), "IDEMPOTENCY#auth0|7#k-1".to_owned(), "-".to_owned()),
        (message_key(S, "msg_1"), format!("MESSAGE#{S}#msg_1"), "-".to_owned()),
        (refused_message_key(s, "msg_1"), format!("REFUSED#{S}#msg_1"), "-".to_owned()),
        (contact_history_by_email_key(o, &email), "EMAIL#a@x.example".to_owned(), format!("contact#{O}")),
        (
            record_by_email_key(&email, m, Some(now), None).unwrap(),
            "EMAIL#a@x.example".to_owned(),
            format!("removed#{M}"),
        ),
        (grantee_mention_key(o, p, &email), format!("ORG#{O}"), format!("GRANTEE#{P}#a@x.example")),
        (cancelled_among_all_key(r), "CANCELLED_PARKED_ORDERS".to_owned(), R.to_owned()),
        (
            update_of_author_key(updates_of_author(&customer), v, 7),
            format!("AUTHOR#{C}"),
            format!("{V}#0000000007"),
        ),
        (
            update_of_author_key(updates_of_staff("amir"), v, 7),
            "AUTHOR#STAFF#amir".to_owned(),
            format!("{V}#0000000007"),
        ),
        (
            erasure_key(&email),
            "ERASURE#y_rIZkazVkare7pBwMHcmOhzJun21Jnn0gbStECXBMo".to_owned(),
            "-".to_owned(),
        ),
        (
            recent_erasure_key(&email),
            "ERASED#y_rIZkazVkare7pBwMHcmOhzJun21Jnn0gbStECXBMo".to_owned(),
            "-".to_owned(),
        ),
        (reused_message_id_key(s, "msg_1"), format!("REFUSED#{S}#msg_1"), "REUSED".to_owned()),
    ];
    for (key, pk, sk) in expected {
        assert_eq!((key.pk, key.sk), (pk, sk));
    }
    assert_eq!(spellings_partition(NameScope::Directory(p)), format!("SPELLINGS#{P}"));
    assert_eq!(log_of_license_type(LogScope::Partner(p), &code), format!("LOG#{P}#edge-storage-1y"));
}

#[test]
fn separator_in_key_parts_causes_no_collision() {
    assert_ne!(idempotency_key("a#b", "c"), idempotency_key("a", "b#c"));
}
