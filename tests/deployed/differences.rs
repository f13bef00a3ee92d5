//! Points in which another DynamoDB or another gateway differs from the local stack, or could differ.

use serde_json::{Value, json};
use system::{World, canonical};

/// DynamoDB refuses a range that begins with an empty text, which the embedded one accepts, and ends a page
/// where it chooses. Each list, read in pages of one, must equal the list read at once.
#[tokio::test(flavor = "multi_thread")]
async fn every_list_is_complete_in_pages_of_one() {
    let world = World::deployed().await;
    let mut walked = 0;
    for call in canonical::all().into_iter().filter(canonical::Canonical::reads) {
        let whole = call.call(&world, "").send().await.ok();
        let (Some(items), true) = (whole["items"].as_array(), whole["nextPageToken"].is_null()) else {
            continue;
        };
        if call.call(&world, "pageSize=1").send().await.status != 200 {
            continue;
        }
        let (mut found, mut token) = (Vec::new(), String::new());
        loop {
            let page = call.call(&world, &format!("pageSize=1{token}")).send().await.ok();
            found.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["nextPageToken"].as_str() {
                Some(next) => token = format!("&pageToken={next}"),
                None => break,
            }
        }
        assert_eq!(&found, items, "{}", call.id);
        walked += 1;
    }
    assert!(walked > 15, "{walked} lists");
}

/// Refusals and replays are derived from a cancelled transaction: its reasons and the items that it returns.
#[tokio::test(flavor = "multi_thread")]
async fn cancelled_transactions_are_answered_as_replay_or_refusal() {
    let world = World::deployed().await;
    let create = |name: &str, id: &str| {
        let call = world.post("/v1/partners").by("operator").key(name);
        call.json(json!({"name": name, "externalId": id}))
    };
    let first = create("Nordlicht", "P-9").send().await;
    let again = create("Nordlicht", "P-9").send().await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, Some("true")));
    assert_eq!(again.bytes, first.bytes);
    create("Nordlicht", "P-8").assert_rejected(422, "idempotency-key-reused").await;
    create("Sydlicht", "P-9").assert_rejected(409, "external-id-taken").await;
    let stale = world.patch("/v1/organizations/{yamada}").by("operator").header("if-match", "\"7\"");
    stale.json(json!({"timeZone": "Asia/Tokyo"})).assert_rejected(412, "version-mismatch").await;
    let lines = json!([{"licenseType": "edge-storage-1y", "quantity": 96}]);
    let much = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember").key("much");
    let much = much.json(json!({"organizationId": "{yamada}", "lines": lines}));
    much.assert_rejected(409, "license-pool-exhausted").await;
}

/// A chain of 40 subscriptions exceeds one transaction, so several are sent one after another.
#[tokio::test(flavor = "multi_thread")]
async fn sequence_longer_than_a_transaction_completes() {
    let world = World::deployed().await;
    let chain = world.chain(40).await;
    let path = format!("/v1/organizations/{{harbour}}/subscriptions/{}/deactivate", chain[0]);
    let done = world.post(&path).by("operator").key("down").json(json!({})).decided().await;
    assert_eq!(done.status, 200, "{}", done.body);
    for id in [&chain[1], &chain[39]] {
        let path = format!("/v1/organizations/{{harbour}}/subscriptions/{id}");
        assert_eq!(world.get(&path).by("operator").send().await.ok()["status"], "inactive");
    }
}

/// Each row is one conditional update; the entitlements are looked up in batches of 100.
#[tokio::test(flavor = "multi_thread")]
async fn csv_of_150_rows_is_imported() {
    let world = World::deployed().await;
    world.stock(150).await;
    let call = world.post("/v1/entitlement-details/import").by("operator").key("import");
    let table = system::stock::sheet(150, 1);
    let report = call.header("content-type", "text/csv").bytes(table.as_bytes()).send().await.ok();
    assert_eq!((&report["rows"], &report["applied"]), (&json!(150), &json!(150)), "{report}");
}

/// API Gateway itself decodes paths and joins repeated parameters, and refuses some requests.
#[tokio::test(flavor = "multi_thread")]
async fn gateway_passes_paths_and_queries_like_the_local_stack() {
    let world = World::deployed().await;
    for path in [
        "/v1/history?from=%zz&to=%ff%fe",
        "/v1/history?a=%22%3C%20%3E",
        "/v1/history?=&&&==",
        "/v1/partners/%2e%2e/license-pools",
        "/v1/partners/%00/license-pools",
        "/v1/partners/prt_%F0%9F%92%A5/history",
    ] {
        let reply = world.get(path).by("operator").send().await;
        assert_eq!(reply.status, 400, "{path}: {}", reply.body);
    }
    let twice = world.get("/v1/history?order=asc&order=desc").by("operator").send().await;
    assert_eq!(twice.faults()[0].1, "duplicate");
    let named = |name: &str| {
        world.get(&format!("/v1/partners/{{partner}}/history?customer={name}")).by("operator").send()
    };
    let found = |page: Value| page["items"].as_array().unwrap().len();
    let by_name = found(named("%E3%82%84%E3%81%BE%E3%81%A0").await.ok());
    assert!(by_name > 0 && by_name == found(named("%E3%83%A4%E3%83%9E%E3%83%80").await.ok()));
    let contact =
        "/v1/organizations/{bogazici}/service-requests/{otherServiceRequest}/contacts/can%40bogazici.example";
    world.delete(contact).by("otherContactManager").send().await.ok();
    for (method, path) in [("GET", "/v1/nothing"), ("DELETE", "/v1/partners"), ("HEAD", "/v1/openapi.json")] {
        assert_eq!(world.call(method, path).by("operator").send().await.status, 404, "{method} {path}");
    }
}
