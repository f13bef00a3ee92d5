//! What each operation's canonical call costs.

use system::{World, canonical, golden};

/// Calls that do at the store what no canonical call does.
pub const FURTHER: &[(&str, &str)] = &[
    ("query-history-of-partner", "licenseType=edge-storage-1y"),
    ("query-history-of-partner", "type=license.assigned"),
];

fn units(units: f64) -> String {
    format!("{units}")
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(deployed, ignore = "counts costs in the local stack")]
async fn every_canonical_call_costs_exactly_this() {
    let mut rows = Vec::new();
    for call in canonical::all() {
        let world = World::demo().await;
        call.call(&world, "").send().await.ok();
        let cost = world.seam().take_costs()[call.operation].clone();
        rows.push(vec![
            format!("`{}`", call.id),
            cost.round_trips.to_string(),
            cost.requests.to_string(),
            units(cost.write_units),
            units(cost.read_units),
        ]);
    }
    let head = ["call", "round trips", "requests", "write units", "read units"];
    for (id, query) in FURTHER {
        let world = World::demo().await;
        let call = canonical::one(id);
        call.call(&world, query).send().await.ok();
        let cost = world.seam().take_costs()[call.operation].clone();
        rows.push(vec![
            format!("`{id}` with `{query}`"),
            cost.round_trips.to_string(),
            cost.requests.to_string(),
            units(cost.write_units),
            units(cost.read_units),
        ]);
    }
    golden::check_part("README.md", "budgets", &golden::table(&head, &rows));
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(deployed, ignore = "counts costs in the local stack")]
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

    let body = serde_json::json!({
        "organizationId": "{yamada}", "lines": [{"licenseType": "edge-storage-1y", "quantity": 1000}],
    });
    let exhausted = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember");
    let exhausted = exhausted.key("too-many").json(body).send().await;
    assert_eq!(exhausted.code(), "license-pool-exhausted");
    assert_eq!(world.seam().take_costs()["assign-license"].round_trips, 1, "an exhausted pool");

    canonical::one("receive-partner-order").call(&world, "").send().await.ok();
    assert!(world.seam().take_costs()["receive-partner-order"].round_trips <= 3);
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
