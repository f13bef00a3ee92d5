//! `list-entitlements`

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{OF_ORGANIZATION, create, field, update};

#[test]
fn canonical_call_is_published() {
    Payload::of("list-entitlements", "/v1/entitlements?productId={product}&field=Support%20level&value=Gold")
        .by("agent")
        .publish();
}

async fn found(world: &World, query: &str) -> Vec<String> {
    let page = world.get(&format!("/v1/entitlements?{query}")).by("agent").send().await.ok();
    // Entitlements from subscriptions are left out; they have tests of their own.
    let items = page["items"].as_array().unwrap().iter().filter(|one| one["subscriptionId"].is_null());
    items.map(|one| one["externalId"].as_str().unwrap_or("none").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn product_and_organization_select_the_listed_entitlements() {
    let world = World::demo().await;
    let body = json!({"productId": "{videoWall}", "externalId": "CRM-2"});
    create(&world, "organizations/{yamada}", body).send().await.ok();
    world.post(&format!("{OF_ORGANIZATION}/end")).by("operator").send().await.ok();
    assert_eq!(found(&world, "organizationId={yamada}").await, ["CRM-1001", "CRM-2"], "also the ended ones");
    assert_eq!(found(&world, "productId={videoWall}").await, ["CRM-1003", "CRM-2"], "in the order of making");
    assert_eq!(found(&world, "productId={videoWall}&organizationId={yamada}").await, ["CRM-2"]);
    assert_eq!(found(&world, "organizationId={sol}").await, [""; 0]);
    let page = world.get("/v1/entitlements?productId={videoWall}").by("agent").send().await.ok();
    let row = &page["items"][0];
    assert_eq!(row["product"], json!({"name": "Video Wall", "code": "VW-1"}));
    assert!(row["ownerName"].is_string(), "{row}");
    let page = world.get("/v1/entitlements?organizationId={yamada}&pageSize=5").by("agent").send().await.ok();
    let next =
        format!("organizationId={{yamada}}&pageSize=5&pageToken={}", page["nextPageToken"].as_str().unwrap());
    assert_eq!(found(&world, &next).await, ["CRM-2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn field_and_value_filter_the_list() {
    let world = World::demo().await;
    let colours = json!({"name": "Colours", "type": {"name": "MULTISELECT", "options": ["red", "blue"]}});
    field(&world, colours, json!({})).await;
    update(&world, OF_ORGANIZATION, json!({"Colours": {"values": ["blue", "red"]}})).send().await.ok();
    for filter in [
        "field=Region&value=EU",
        "field={field}&value=EU",
        "field=Seats&value=25.0",
        "field=Colours&value=blue",
        "field=Internal%20note&value=Renewed%20by%20phone",
    ] {
        for by in ["productId={product}", "organizationId={yamada}"] {
            assert_eq!(found(&world, &format!("{by}&{filter}")).await, ["CRM-1001"], "{filter}");
        }
        assert_eq!(found(&world, &format!("productId={{videoWall}}&{filter}")).await, [""; 0]);
    }
    assert_eq!(found(&world, "productId={product}&field=Region&value=US").await, [""; 0]);
    let retire = json!({"options": [{"id": 2, "retired": true}]});
    world.patch("/v1/detail-fields/{field}").by("operator").json(retire).send().await.ok();
    assert_eq!(found(&world, "productId={product}&field=Region&value=EU").await, ["CRM-1001"], "retired");
}

/// A function's answer is limited to 6 MB, but options are stored by ids that are much shorter than their
/// labels: the size of the stored entitlements does not bound the size of the answer.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_large_entitlements_are_size_limited_and_complete() {
    let world = World::demo().await;
    let labels: Vec<_> = (1..=50).map(|n| n.to_string()).collect();
    let one = |n: usize| json!({"name": format!("F{n}"), "type": {"name": "MULTISELECT", "options": labels}});
    let fields = json!({"detailFields": (0..12).map(one).collect::<Vec<_>>()});
    let fields = world.post("/v1/detail-fields").by("operator").json(fields).send().await.ok();
    let all: BTreeMap<_, _> = (0..12).map(|n| (format!("F{n}"), json!({"values": labels}))).collect();
    for batch in 0..2 {
        let mut rows = Vec::new();
        for _ in 0..15 {
            let body = json!({"productId": "{product}"});
            let made = create(&world, "organizations/{harbour}", body).send().await.ok();
            rows.push(json!({"entitlement": made["id"], "details": all}));
        }
        let import = world.post("/v1/entitlement-details/import").by("operator").json(json!({"rows": rows}));
        assert_eq!(import.send().await.ok()["applied"], 15, "{batch}");
    }
    let long = |n: u64| json!({"id": n, "label": format!("{n:02}{}", "\u{20000}".repeat(98))});
    let rename = json!({"options": (1..=50).map(long).collect::<Vec<_>>()});
    for field in fields["detailFields"].as_array().unwrap() {
        let path = format!("/v1/detail-fields/{}", field["id"].as_str().unwrap());
        world.patch(&path).by("operator").json(rename.clone()).send().await.ok();
    }
    for (path, name) in [
        ("/v1/entitlements?organizationId={harbour}", "items"),
        ("/v1/entitlements?productId={product}", "items"),
        ("/v1/organizations/{harbour}/profile?ended=false", "entitlements"),
    ] {
        let (mut found, mut pages, mut token) = (BTreeSet::new(), 0, String::new());
        loop {
            let page = world.get(&format!("{path}&pageSize=100{token}")).by("agent").send().await;
            assert!(page.bytes.len() < 2_000_000, "{path}: {}", page.bytes.len());
            let page = page.ok();
            let large = page[name].as_array().unwrap().iter().filter(|one| !one["details"]["F0"].is_null());
            found.extend(large.map(|one| one["id"].as_str().unwrap().to_owned()));
            pages += 1;
            match page["nextPageToken"].as_str() {
                Some(next) => token = format!("&pageToken={next}"),
                None => break,
            }
        }
        assert_eq!(found.len(), 30, "{path}, in {pages} pages");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_query_or_role_is_refused() {
    let world = World::demo().await;
    field(&world, json!({"name": "Secret", "type": {"name": "TEXT"}}), json!({"viewers": ["operator"]}))
        .await;
    let ask = |query: &str| world.get(&format!("/v1/entitlements?{query}")).by("agent");
    for (query, parameter, code) in [
        ("field=Secret&value=x", "field", "unknown-field"),
        ("field=region&value=EU", "field", "unknown-field"),
        ("field=Region&value=eu", "value", "unknown-option"),
        ("field=Seats&value=many", "value", "invalid-value"),
    ] {
        let refused = ask(&format!("productId={{product}}&{query}")).assert_rejected(422, code).await;
        assert_eq!(refused.faults()[0].0, parameter, "{query}");
    }
    for (query, faults) in [
        ("", json!([["productId", "missing"]])),
        ("productId={product}&field=Region", json!([["value", "missing"]])),
        (
            "value=EU&colour=red",
            json!([["colour", "unknown-field"], ["field", "missing"], ["productId", "missing"]]),
        ),
    ] {
        let refused = ask(query).assert_rejected(400, "invalid-request").await;
        assert_eq!(serde_json::to_value(refused.faults()).unwrap(), faults, "{query}");
    }
    let absent = world.id("sol").replace("0002", "0009");
    assert_eq!(found(&world, &format!("organizationId={absent}")).await, [""; 0]);
    let unowned = world.id("product").replace("0001", "0009");
    assert_eq!(found(&world, &format!("productId={unowned}")).await, [""; 0]);
    world
        .get("/v1/entitlements?productId={product}")
        .by("customer")
        .assert_rejected(403, "role-not-allowed")
        .await;
}
