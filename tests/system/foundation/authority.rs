//! Authority of each write: whether it requires the caller's own record or only a token, which still
//! works after the person is removed.

use std::collections::BTreeMap;

use domain::Role;
use serde_json::json;
use system::canonical::{Canonical, one};
use system::{World, golden};

use super::recording::{Recorded, canonical_calls, further_calls, record};

/// The two parties whose people have a record.
const PARTNER: &str = "partner";
const CUSTOMER: &str = "customer";

const LEAD: &str = "# By whose record, or by what token, each write is done

*record*: the caller's own record (the member, the customer) is a condition of the write's transaction, so a token of a removed
person does nothing. A subscription's contact whom only an order named has no other record than that of the subscription. *token*:
a valid token with the role is enough. The vendor's staff write by token everywhere: the vendor's issuer answers for them, and they
have no record here. A store writes by its signature.

";

fn party_of(role: Role) -> Option<&'static str> {
    match role {
        Role::Operator | Role::Agent => None,
        Role::PartnerAdmin | Role::PartnerMember => Some(PARTNER),
        Role::ContactManager | Role::Customer => Some(CUSTOMER),
    }
}

/// Returns the caller's party and the key of the caller's own record; none for the
/// vendor's staff and for stores.
fn own_record(call: &Canonical) -> Option<(&'static str, String)> {
    let person = call.person();
    let text = |name: &str| person[name].as_str().unwrap_or_default().to_owned();
    match text("role").as_str() {
        "partner" => Some((PARTNER, format!("UNIQUE#member-email#{}#{}", text("org"), text("email")))),
        "customer" => Some((CUSTOMER, format!("UNIQUE#customer-email#{}#{}", text("org"), text("email")))),
        _ => None,
    }
}

/// Returns the writes of parties that no other recorded call covers.
fn others() -> Vec<Canonical> {
    let of_yamada =
        |id: &str, who: &str, rest: &str| one(id).by(who).at(&format!("/v1/organizations/{{yamada}}/{rest}"));
    let nothing = json!({"details": {}});
    let request = "service-requests/{serviceRequest}";
    let asks = json!({"subject": "Cameras", "description": "Are silent.", "kind": "question"});
    vec![
        one("create-organization").by("partnerAdmin"),
        one("update-me").by("partnerMember"),
        one("update-me").by("customer"),
        one("disable-customer").by("otherPartnerAdmin").at("/v1/customers/{can}/disable"),
        one("enable-customer").by("otherPartnerAdmin").at("/v1/customers/{can}/enable"),
        of_yamada("open-service-request", "customer", "service-requests").with(&asks),
        of_yamada("update-service-request", "customer", &format!("{request}/updates")),
        of_yamada(
            "set-service-request-contact",
            "customer",
            &format!("{request}/contacts/haruto@yamada.example"),
        ),
        of_yamada(
            "update-entitlement-details-of-organization",
            "customer",
            "entitlements/{entitlement}/details",
        )
        .with(&nothing),
        one("update-entitlement-details-of-customer").by("customer").with(&nothing),
        of_yamada("add-subscription-contact", "partnerMember", "subscriptions/{collection}/contacts/{sora}"),
        of_yamada(
            "remove-subscription-contact",
            "partnerMember",
            "subscriptions/{subscription}/contacts/{sora}",
        ),
    ]
}

/// Every write by a partner's or an organization's people requires the caller's own record, or states
/// why a token is enough. The loop over calls proves for each route and party that the record is a
/// condition of the transaction, so that a concurrent removal counts, and that without the record the
/// call is refused and changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn every_write_requires_the_callers_record_or_states_an_exception() {
    let mut recorded: BTreeMap<(String, &str), &Recorded> = BTreeMap::new();
    let mut more = Vec::new();
    for call in others() {
        more.push(record(format!("`{}`", call.id), call, "").await);
    }
    for known in canonical_calls().await.iter().chain(further_calls().await).chain(&more) {
        if let Some((party, _)) = own_record(&known.call).filter(|_| !known.call.reads()) {
            recorded.entry((known.call.id.clone(), party)).or_insert(known);
        }
    }
    let (mut rows, mut missing) = (Vec::new(), Vec::new());
    for entry in functions::operations() {
        let described = entry.description;
        for route in described.routes.iter().filter(|route| route.method != api_runtime::Method::Get) {
            let id = described.operation_id(route);
            let api_runtime::RouteAuth::Roles(roles) = route.access else {
                rows.push(vec![format!("`{id}`"), "a webhook source: signature".to_owned(), String::new()]);
                continue;
            };
            let staff = roles.iter().any(|role| party_of(*role).is_none());
            let mut by = if staff { vec!["vendor: token".to_owned()] } else { Vec::new() };
            let mut reasons = Vec::new();
            for party in [PARTNER, CUSTOMER] {
                if !roles.iter().any(|role| party_of(*role) == Some(party)) {
                    continue;
                }
                let token = described.by_token.iter().find(|(role, _)| party_of(*role) == Some(party));
                by.push(format!("{party}: {}", if token.is_some() { "token" } else { "record" }));
                reasons.extend(token.map(|(_, why)| (*why).to_owned()));
                match recorded.get(&(id.clone(), party)) {
                    Some(known) => check_record(known, token.is_none()).await,
                    None => missing.push(format!("`{id}` by a {party}")),
                }
            }
            rows.push(vec![format!("`{id}`"), by.join(", "), reasons.join("; ")]);
        }
    }
    assert!(missing.is_empty(), "no recorded call shows {missing:#?}");
    let table = golden::table(&["write", "authority", "why by token"], &rows);
    golden::check("tests/system/golden/authority.md", &format!("{LEAD}{table}"));
}

async fn check_record(Recorded { name, call, conditions, .. }: &Recorded, by_record: bool) {
    let (_, record) = own_record(call).unwrap();
    let asked = conditions.iter().any(|(pk, _)| *pk == record);
    assert_eq!(asked, by_record, "{name}: whether {record} is a condition");

    let world = World::demo().await;
    let key = |name: &str, value: &str| {
        (name.to_owned(), aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned()))
    };
    let (pk, sk) = (key("pk", &record), key("sk", "-"));
    let deleted = world.client.delete_item().table_name(&world.table).key(pk.0, pk.1).key(sk.0, sk.1);
    deleted.send().await.unwrap();
    let before = world.contents().await;
    let reply = call.call(&world, "").send().await;
    match by_record {
        false => drop(reply.ok()),
        true => {
            // The answer may reveal to a removed contact that it is no longer one (403).
            assert!(
                [403, 404].contains(&reply.status),
                "{name} by a removed person: {} {}",
                reply.status,
                reply.body
            );
            world.assert_unchanged(&before).await;
        }
    }
}
