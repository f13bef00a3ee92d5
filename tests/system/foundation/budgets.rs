//! What each operation's canonical call costs.

use local::seam::Cost;
use serde_json::{Value, json};
use system::canonical::Canonical;
use system::{World, canonical, golden};

use super::recording;

/// Calls that do at the store what no canonical call does: what they are called, and what is added to their query.
pub fn further() -> Vec<(Canonical, String, &'static str)> {
    let history = |query| {
        (
            canonical::one("query-history-of-partner"),
            format!("`query-history-of-partner` with `{query}`"),
            query,
        )
    };
    let message = |name: &str, kind: &str, data: Value| {
        let body = json!({"type": kind, "timestamp": "2026-01-05T09:59:59Z", "data": data});
        (
            canonical::one("receive-partner-order").with(&body),
            format!("`receive-partner-order` of {name}"),
            "",
        )
    };
    let listed =
        |query| (canonical::one("list-entitlements"), format!("`list-entitlements` with `{query}`"), query);
    let by_partner = |id: &str, path: &str| {
        let name = format!("`{id}` by a partner");
        let call = canonical::one(id).by("otherPartnerAdmin").at(path);
        let renames = id == "update-customer";
        (if renames { call.with(&json!({"name": "Can A."})) } else { call }, name, "")
    };
    let requests = |who: &str, of: &str| {
        let call = canonical::one("list-service-requests").by(who).at("/v1/service-requests");
        (call, format!("`list-service-requests` {of}"), "")
    };
    let on_request = |id: &str, rest: &str| {
        let path = format!("/v1/organizations/{{yamada}}/service-requests/{{serviceRequest}}{rest}");
        (canonical::one(id).by("partnerAdmin").at(&path), format!("`{id}` by a partner"), "")
    };
    let for_haruto = json!({"subject": "Cameras", "description": "Are silent.", "kind": "question", "primaryContact": "haruto@yamada.example"});
    let manager = json!({"email": "m@yamada.example", "name": "M", "manager": true});
    let manager = canonical::one("create-customer-of-organization").with(&manager);
    let lines = |quantity: u64| json!([{"kind": "license", "sku": "edge-storage-1y", "quantity": quantity}]);
    let world_subscription = local::demo::ids()["subscription"].clone();
    let sold = |name: &str, linked_to: usize| {
        let links = if name == "N-1" { json!([]) } else { json!([linked_to, world_subscription]) };
        json!({"kind": "subscription", "sku": "ER-1", "quantity": 1, "startsAt": "2026-01-05T09:00:00Z", "term": "P1Y",
            "organization": {"externalId": "C-1"}, "externalId": name, "linkedTo": links,
            "contacts": [{"email": "new@yamada.example", "name": "New"}]})
    };
    vec![
        history("licenseType=edge-storage-1y"),
        history("type=license.assigned"),
        history("customer=%E3%82%84%E3%81%BE%E3%81%A0"),
        listed("organizationId={yamada}"),
        (manager, "`create-customer-of-organization` of a contact manager".to_owned(), ""),
        by_partner("create-customer-of-organization", "/v1/organizations/{bogazici}/customers"),
        by_partner("update-customer", "/v1/customers/{can}"),
        by_partner("remove-customer", "/v1/customers/{can}"),
        requests("partnerAdmin", "of a partner's person"),
        requests("agent", "of a month"),
        (
            canonical::one("list-submit-options").by("customer"),
            "`list-submit-options` of a customer".to_owned(),
            "",
        ),
        on_request("update-service-request", "/updates"),
        (
            canonical::one("get-support-dashboard").by("partnerAdmin"),
            "`get-support-dashboard` by a partner".to_owned(),
            "",
        ),
        (
            canonical::one("set-notification-preference").by("customer"),
            "`set-notification-preference` of a customer".to_owned(),
            "",
        ),
        (
            canonical::one("get-notification-preference").by("partnerMember"),
            "`get-notification-preference` of a partner's member".to_owned(),
            "",
        ),
        on_request("set-service-request-contact", "/contacts/haruto@yamada.example"),
        on_request("remove-service-request-contact", "/contacts/ren@miyako.example"),
        (
            canonical::one("open-service-request").with(&for_haruto),
            "`open-service-request` for somebody else".to_owned(),
            "",
        ),
        on_request("list-service-request-updates", "/updates"),
        message(
            "an order that is parked",
            "order.placed",
            json!({"orderId": "SO-9", "storeAccount": "ec-9", "lines": lines(1)}),
        ),
        message(
            "an `order.changed` that raises",
            "order.changed",
            json!({"orderId": "SO-2000", "sequence": 1, "lines": lines(11)}),
        ),
        message(
            "an `order.changed` that lowers",
            "order.changed",
            json!({"orderId": "SO-2000", "sequence": 1, "lines": lines(9)}),
        ),
        (canonical::one("list-sites").by("partnerMember"), "`list-sites` by a partner".to_owned(), ""),
        message(
            "four subscriptions",
            "order.placed",
            json!({"orderId": "SO-9", "storeAccount": "ec-4711", "lines": [sold("N-1", 0), sold("N-2", 0), sold("N-3", 1), sold("N-4", 2)]}),
        ),
        message(
            "an `order.changed` of a subscription",
            "order.changed",
            json!({"orderId": "SO-4001", "sequence": 1, "lines": [{"kind": "subscription", "sku": "ER-1", "quantity": 11,
                "startsAt": "2026-01-05T09:00:00Z", "term": "P5Y", "organization": {"externalId": "C-4"}, "externalId": "S-5"}]}),
        ),
        message(
            "an `order.cancelled` of four subscriptions",
            "order.cancelled",
            json!({"orderId": "SO-4000"}),
        ),
        message(
            "a `subscription.renewed`",
            "subscription.renewed",
            json!({"subscription": {"externalId": "S-1"}, "endsAt": "2032-01-01T00:00:00Z"}),
        ),
        message(
            "a `subscription.renewed` before its order",
            "subscription.renewed",
            json!({"subscription": {"externalId": "N-9"}, "endsAt": "2032-01-01T00:00:00Z"}),
        ),
        message(
            "a `subscription.transferred`",
            "subscription.transferred",
            json!({"subscription": {"externalId": "S-1"}, "storeAccount": "ec-4712"}),
        ),
        message(
            "a `subscription.usage`",
            "subscription.usage",
            json!({"subscription": {"externalId": "S-1"}, "sequence": 1, "activeUsers": 7}),
        ),
        message(
            "a `site.migrated` to a new site",
            "site.migrated",
            json!({"subscription": {"externalId": "S-1"}, "url": "https://new.yamada.example"}),
        ),
        message("an `order.cancelled`", "order.cancelled", json!({"orderId": "SO-2000"})),
        message("an `order.cancelled` of a parked order", "order.cancelled", json!({"orderId": "SO-3000"})),
    ]
}

/// What a million calls cost in US dollars, without what they log and what leaves the region: list prices of
/// us-east-1, on arm64, with 256 MB for 10 ms.
fn dollars(cost: &Cost, api: f64) -> f64 {
    const INVOCATION: f64 = 0.20;
    const GIGABYTE_SECOND: f64 = 13.3334;
    const WRITE_UNIT: f64 = 0.625;
    const READ_UNIT: f64 = 0.125;
    let time = 0.25 * 0.010 * GIGABYTE_SECOND;
    api + INVOCATION + time + cost.write_units * WRITE_UNIT + cost.read_units * READ_UNIT
}

/// What the API charges for a million calls.
const API: f64 = 1.00;

fn row(name: String, cost: &Cost, api: f64) -> Vec<String> {
    vec![
        name,
        cost.round_trips.to_string(),
        cost.requests.to_string(),
        cost.write_units.to_string(),
        cost.read_units.to_string(),
        format!("{:.2}", dollars(cost, api)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_canonical_call_costs_exactly_this() {
    let calls = recording::canonical_calls().await.iter().chain(recording::further_calls().await);
    let mut rows: Vec<_> = calls.map(|recorded| row(recorded.name.clone(), &recorded.cost, API)).collect();
    let world = World::demo().await;
    world.post("/_local/tick").send().await.ok();
    let name = functions::SCHEDULE.name;
    rows.push(row(format!("`{name}` after two links"), &world.seam().take_costs()[name], 0.0));
    world.post("/_local/tick").send().await.ok();
    rows.push(row(format!("`{name}` when nothing is due"), &world.seam().take_costs()[name], 0.0));
    let head = ["call", "round trips", "requests", "write units", "read units", "$ per million"];
    golden::check_part("README.md", "budgets", &golden::table(&head, &rows));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_budgets_hold() {
    let world = World::demo().await;
    let assign = canonical::one("assign-license");
    assign.call(&world, "").send().await.ok();
    let cost = world.seam().take_costs()["assign-license"].clone();
    assert_eq!(cost.round_trips, 1);
    assert!(cost.write_units <= 14.0 && cost.read_units == 0.0, "{cost:?}");

    let replayed = assign.call(&world, "").send().await;
    assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
    assert_eq!(world.seam().take_costs()["assign-license"].round_trips, 1, "a replay");

    let body = json!({
        "organizationId": "{yamada}", "lines": [{"licenseType": "edge-storage-1y", "quantity": 1000}],
    });
    let exhausted = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember");
    let exhausted = exhausted.key("too-many").json(body).send().await;
    assert_eq!(exhausted.code(), "license-pool-exhausted");
    assert_eq!(world.seam().take_costs()["assign-license"].round_trips, 1, "an exhausted pool");

    canonical::one("receive-partner-order").call(&world, "").send().await.ok();
    assert!(world.seam().take_costs()["receive-partner-order"].round_trips <= 3);
    canonical::one("list-subscriptions").call(&world, "").send().await.ok();
    assert_eq!(world.seam().take_costs()["list-subscriptions"].round_trips, 1);
    let down = canonical::one("deactivate-subscription").call(&world, "").send().await.ok();
    assert_eq!(down["deactivated"].as_array().unwrap().len(), 4, "with three that are linked to it");
    assert!(world.seam().take_costs()["deactivate-subscription"].round_trips <= 2);
    canonical::one("list-license-pools").call(&world, "").send().await.ok();
    assert_eq!(world.seam().take_costs()["list-license-pools"].round_trips, 1);
    canonical::one("query-history-of-partner").call(&world, "").send().await.ok();
    assert!(world.seam().take_costs()["query-history"].round_trips <= 2);
}

#[test]
fn every_access_pattern_is_in_readme() {
    let row = |pattern: aws::table::pattern::Described| {
        vec![format!("`{}`", pattern.name), pattern.about.trim().to_owned(), pattern.place.to_owned()]
    };
    let rows: Vec<_> = aws::table::pattern::all().map(row).collect();
    let table = golden::table(&["pattern", "finds", "partition · sort key"], &rows);
    golden::check_part("README.md", "access patterns", &table);
}
