//! Costs of each operation's canonical call.

use local_stack::fault_proxy::Cost;
use serde_json::json;
use system::{World, canonical, golden};

use super::recording;

/// Returns the price of a million calls in US dollars, without logs and data transfer out of the region: list
/// prices of us-east-1, on arm64, with 256 MB for 10 ms.
fn dollars(cost: &Cost, api: f64) -> f64 {
    const INVOCATION: f64 = 0.20;
    const GIGABYTE_SECOND: f64 = 13.3334;
    const WRITE_UNIT: f64 = 0.625;
    const READ_UNIT: f64 = 0.125;
    let time = 0.25 * 0.010 * GIGABYTE_SECOND;
    api + INVOCATION + time + cost.write_units * WRITE_UNIT + cost.read_units * READ_UNIT
}

/// Price of a million requests to the API, in US dollars.
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
async fn call_costs_match_the_published_table() {
    let calls = recording::canonical_calls().await.iter().chain(recording::further_calls().await);
    let mut rows: Vec<_> = calls.map(|recorded| row(recorded.name.clone(), &recorded.cost, API)).collect();
    let world = World::demo().await;
    world.post("/_local/tick").send().await.ok();
    let name = functions::SCHEDULE.name;
    rows.push(row(
        format!("`{name}` after two links, with the names of the demo world"),
        &world.fault_proxy().take_costs()[name],
        0.0,
    ));
    world.post("/_local/tick").send().await.ok();
    rows.push(row(format!("`{name}` when nothing is due"), &world.fault_proxy().take_costs()[name], 0.0));
    let head = ["call", "round trips", "requests", "write units", "read units", "$ per million"];
    golden::check_part("shared/README.md", "budgets", &golden::table(&head, &rows));
}

#[tokio::test(flavor = "multi_thread")]
async fn key_operations_meet_their_cost_budgets() {
    let world = World::demo().await;
    let assign = canonical::one("assign-license");
    assign.call(&world, "").send().await.ok();
    let cost = world.fault_proxy().take_costs()["assign-license"].clone();
    assert_eq!(cost.round_trips, 2, "the member's record, whose id the event names, and the transaction");
    assert!(cost.write_units <= 17.0 && cost.read_units == 1.0, "{cost:?}");

    let replayed = assign.call(&world, "").send().await;
    assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
    assert_eq!(world.fault_proxy().take_costs()["assign-license"].round_trips, 2, "a replay");

    let body = json!({
        "organizationId": "{yamada}", "lines": [{"licenseType": "edge-storage-1y", "quantity": 1000}],
    });
    let exhausted = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember");
    let exhausted = exhausted.key("too-many").json(body).send().await;
    assert_eq!(exhausted.code(), "license-pool-exhausted");
    assert_eq!(world.fault_proxy().take_costs()["assign-license"].round_trips, 2, "an exhausted pool");

    canonical::one("receive-store-message").call(&world, "").send().await.ok();
    assert!(world.fault_proxy().take_costs()["receive-store-message"].round_trips <= 3);
    canonical::one("list-subscriptions").call(&world, "").send().await.ok();
    assert_eq!(world.fault_proxy().take_costs()["list-subscriptions"].round_trips, 2, "with names");
    let down = canonical::one("deactivate-subscription").call(&world, "").send().await.ok();
    assert_eq!(down["deactivated"].as_array().unwrap().len(), 4, "with three that are linked to it");
    assert!(world.fault_proxy().take_costs()["deactivate-subscription"].round_trips <= 2);
    canonical::one("list-license-pools").call(&world, "").send().await.ok();
    assert_eq!(world.fault_proxy().take_costs()["list-license-pools"].round_trips, 1);
    canonical::one("query-history-of-partner").call(&world, "").send().await.ok();
    assert!(world.fault_proxy().take_costs()["query-history"].round_trips <= 2);
}

#[test]
fn every_access_pattern_is_documented() {
    let row = |pattern: api_runtime::table::pattern::Described| {
        vec![format!("`{}`", pattern.name), pattern.about.trim().to_owned(), pattern.place.to_owned()]
    };
    let rows: Vec<_> = api_runtime::table::access_patterns().into_iter().map(row).collect();
    let table = golden::table(&["pattern", "finds", "partition · sort key"], &rows);
    golden::check_part("shared/README.md", "access patterns", &table);
}
