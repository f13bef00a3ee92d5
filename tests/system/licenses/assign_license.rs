//! `assign-license`

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World, strength};

#[test]
fn canonical_call_is_published() {
    let body = json!({
        "organizationId": "{yamada}",
        "lines": [{"licenseType": "edge-storage-1y", "quantity": 10}],
    });
    Payload::of("assign-license", "/v1/partners/{partner}/license-assignments")
        .by("partnerAdmin")
        .json(&body)
        .publish();
}

fn assign<'a>(world: &'a World, who: &str, organization: &str, lines: Value) -> Call<'a> {
    let body = json!({"organizationId": organization, "lines": lines});
    world.post("/v1/partners/{partner}/license-assignments").by(who).json(body)
}

fn line(license_type: &str, quantity: u64) -> Value {
    json!({"licenseType": license_type, "quantity": quantity})
}

#[tokio::test(flavor = "multi_thread")]
async fn licenses_move_from_pool_to_customer_with_one_event_per_line() {
    let world = World::demo().await;
    let lines = json!([line("edge-storage-1y", 95), line("camera-direct-1y", 1)]);
    let made = assign(&world, "partnerMember", "{sol}", lines.clone()).key("k").send().await;
    assert_eq!((made.status, made.header("etag")), (201, Some("\"1\"")));
    let id = made.body["id"].as_str().unwrap();
    let location = world.fill(&format!("/v1/partners/{{partner}}/license-assignments/{id}"));
    assert_eq!(made.header("location"), Some(location.as_str()));
    assert_eq!(made.body["lines"], lines);
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, (100, 0, 100));
    assert_eq!(world.pool("partnerMember", "partner", "camera-direct-1y").await, (40, 39, 1));

    let history =
        world.get("/v1/partners/{partner}/history?type=license.assigned&pageSize=2").by("partnerMember");
    let items = history.send().await.ok()["items"].clone();
    let data: Vec<_> = items.as_array().unwrap().iter().rev().map(|event| event["data"].clone()).collect();
    let event =
        |kind: &str, quantity: u64| json!({"assignmentId": id, "licenseType": kind, "quantity": quantity});
    assert_eq!(data, [event("edge-storage-1y", 95), event("camera-direct-1y", 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn exhausted_pool_is_refused() {
    let world = World::demo().await;
    let lines = json!([
        line("camera-direct-1y", 1),
        line("edge-storage-1y", 96),
        line("edge-storage-5y", 1),
        line("camera-direct-5y", 7),
    ]);
    for query in ["", "?validateOnly=true"] {
        let body = json!({"organizationId": "{yamada}", "lines": lines});
        let call =
            world.post(&format!("/v1/partners/{{partner}}/license-assignments{query}")).by("partnerMember");
        let reply = call.json(body).key("k").assert_rejected(409, "license-pool-exhausted").await;
        let errors = reply.body["errors"].as_array().unwrap();
        let told: Vec<_> =
            errors.iter().map(|e| (e["pointer"].clone(), e["limit"].clone(), e["used"].clone())).collect();
        let expected =
            [("/lines/1/quantity", 100, 5), ("/lines/2/quantity", 0, 0), ("/lines/3/quantity", 0, 0)];
        assert_eq!(told, expected.map(|(at, limit, used)| (json!(at), json!(limit), json!(used))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_idempotency_key_is_refused() {
    let world = World::demo().await;
    let call = assign(&world, "partnerMember", "{yamada}", json!([line("edge-storage-1y", 1)]));
    let reply = call.assert_rejected(400, "idempotency-key-missing").await;
    assert_eq!(reply.faults(), [("Idempotency-Key".to_owned(), "idempotency-key-missing".to_owned())]);
    let call = assign(&world, "partnerMember", "{yamada}", json!([line("edge-storage-1y", 0)]));
    assert_eq!(
        call.assert_rejected(400, "invalid-request").await.faults().len(),
        2,
        "it hides no other fault"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn out_of_range_quantities_and_invalid_lines_are_refused() {
    let world = World::demo().await;
    let refused = async |lines: Value, at: &str, code: &str| {
        let reply = assign(&world, "partnerMember", "{yamada}", lines).key("k").send().await;
        assert_eq!((reply.status, reply.faults()), (400, vec![(at.to_owned(), code.to_owned())]));
    };
    for quantity in [json!(0), json!(-1), json!(100_001), json!(u64::MAX)] {
        refused(
            json!([{"licenseType": "edge-storage-1y", "quantity": quantity}]),
            "/lines/0/quantity",
            "out-of-range",
        )
        .await;
    }
    for quantity in [json!(1.5), json!("1"), json!(null), json!(1e30)] {
        refused(
            json!([{"licenseType": "edge-storage-1y", "quantity": quantity}]),
            "/lines/0/quantity",
            "wrong-type",
        )
        .await;
    }
    let mixed = json!([line("aa", 0), line("aa", 1)]);
    let reply = assign(&world, "partnerMember", "{yamada}", mixed).key("k").send().await;
    let fault = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    let both = [fault("/lines/0/quantity", "out-of-range"), fault("/lines/1/licenseType", "duplicate")];
    assert_eq!(reply.faults(), both, "a fault in one line hides none between lines");
    let twice = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember").key("k");
    let body = world
        .fill(r#"{"organizationId":"{yamada}","lines":[{"licenseType":"aa","quantity":1,"quantity":2}]}"#);
    let twice = twice.header("content-type", "application/json").bytes(body.as_bytes());
    let reply = twice.assert_rejected(400, "invalid-request").await;
    assert_eq!(reply.faults(), [fault("/lines/0/quantity", "duplicate")]);
    refused(json!([]), "/lines", "too-few").await;
    refused(json!([line("aa", 1), line("aa", 1)]), "/lines/1/licenseType", "duplicate").await;
    let many: Vec<_> = (0..21).map(|n| line(&format!("type-{n}"), 1)).collect();
    refused(json!(many), "/lines", "too-many").await;
}

/// JSON Schema takes every number without a fraction for an integer.
#[tokio::test(flavor = "multi_thread")]
async fn quantity_without_a_fraction_is_assigned_however_it_is_written() {
    let world = World::demo().await;
    let assign = |key: &str, quantity: &str| {
        let body = format!(
            r#"{{"organizationId":"{}","lines":[{{"licenseType":"edge-storage-1y","quantity":{quantity}}}]}}"#,
            world.id("yamada")
        );
        let call = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember").key(key);
        call.header("content-type", "application/json").bytes(body.as_bytes())
    };
    for (assigned, quantity) in [(6, "1.0"), (7, "1e0"), (17, "1E+1"), (18, "10e-1")] {
        let made = assign(quantity, quantity).send().await.ok();
        let written: u64 = made["lines"][0]["quantity"].as_u64().unwrap();
        let pool = world.pool("partnerMember", "partner", "edge-storage-1y").await;
        assert_eq!((written, pool), (if assigned == 17 { 10 } else { 1 }, (100, 100 - assigned, assigned)));
    }
    for quantity in ["1.5", "1e-1", "-0.5"] {
        let refused = assign("k", quantity).assert_rejected(400, "invalid-request").await;
        assert_eq!(
            refused.faults(),
            [("/lines/0/quantity".to_owned(), "wrong-type".to_owned())],
            "{quantity}"
        );
    }
    for quantity in ["0.0", "1e5000", "1e6"] {
        let refused = assign("k", quantity).assert_rejected(400, "invalid-request").await;
        let fault = match quantity {
            "1e5000" => (String::new(), "invalid-json".to_owned()),
            _ => ("/lines/0/quantity".to_owned(), "out-of-range".to_owned()),
        };
        assert_eq!(refused.faults(), [fault], "{quantity}");
    }
    // A repeat may write the number in another way.
    let repeated = assign("1.0", "1").send().await;
    assert_eq!(repeated.header("idempotent-replayed"), Some("true"));
    assign("1.0", "2").assert_rejected(422, "idempotency-key-reused").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_all_20_lines_are_reported() {
    let world = World::demo().await;
    let many: Vec<_> = (0..20).map(|n| line(&format!("type-{n:02}"), 100_000)).collect();
    let reply = assign(&world, "partnerMember", "{yamada}", json!(many))
        .key("k")
        .assert_rejected(422, "unknown-license-type");
    assert_eq!(reply.await.faults().len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_pool_and_non_customer_are_refused() {
    let world = World::demo().await;
    let lines = || json!([line("edge-storage-1y", 1)]);
    let absent = world.id("yamada").replace("0001", "0009");
    for organization in ["{bogazici}", "{nakano}", absent.as_str()] {
        assign(&world, "partnerMember", organization, lines())
            .key("k")
            .assert_rejected(404, "not-found")
            .await;
    }
    for who in ["otherPartnerMember", "otherPartnerAdmin"] {
        assign(&world, who, "{yamada}", lines()).key("k").assert_rejected(404, "not-found").await;
    }
    for who in ["operator", "agent", "contactManager", "customer"] {
        assign(&world, who, "{yamada}", lines()).key("k").assert_rejected(403, "role-not-allowed").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replay_after_the_customer_was_removed_from_the_directory_is_refused() {
    let world = World::demo().await;
    let call = || assign(&world, "partnerMember", "{yamada}", json!([line("edge-storage-1y", 1)])).key("k");
    call().send().await.ok();
    let path = "/v1/partners/{partner}/organizations/{yamada}";
    world.delete(path).by("contactManager").send().await.ok();
    call().assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_changes_or_removes_an_assignment() {
    let world = World::demo().await;
    let path = "/v1/partners/{partner}/license-assignments/{assignment}";
    for method in ["PUT", "PATCH", "DELETE", "POST"] {
        let reply = world.call(method, path).by("operator").send().await;
        assert_eq!(reply.status, 404, "{method}");
    }
}

/// 64 callers assign 3 of 95 licenses each, while one in three transactions meets an injected failure: exactly
/// 31 calls succeed, 2 licenses remain, and the history adds up.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_assignments_never_oversell() {
    for seed in strength::seeds(3, 75) {
        let world = World::demo().await;
        world.chaos(3, seed);
        let calls = (0..64).map(|n| {
            let world = &world;
            async move {
                loop {
                    let call =
                        assign(world, "partnerMember", "{yamada}", json!([line("edge-storage-1y", 3)]));
                    let reply = call.key(&format!("k-{n}")).send().await;
                    match reply.status {
                        // A client retries after 503.
                        503 => continue,
                        201 => return true,
                        status => {
                            assert_eq!((status, reply.code()), (409, "license-pool-exhausted"));
                            return false;
                        }
                    }
                }
            }
        });
        let assigned = join_all(calls).await.into_iter().filter(|assigned| *assigned).count();
        world.chaos(0, 0);
        assert_eq!(assigned, 31);
        assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, (100, 2, 98));
        let path = "/v1/partners/{partner}/history?licenseType=edge-storage-1y&pageSize=100";
        let history = world.get(path).by("partnerMember").send().await.ok();
        let sum = |kind: &str| -> u64 {
            let items = history["items"].as_array().unwrap().iter().filter(|event| event["type"] == kind);
            items.map(|event| event["data"]["quantity"].as_u64().unwrap()).sum()
        };
        assert_eq!((sum("license.credited"), sum("license.assigned")), (100, 98));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_license_type_is_named_instead_of_an_empty_pool() {
    let world = World::demo().await;
    let line = |code: &str, quantity: u64| json!({"licenseType": code, "quantity": quantity});
    let assign = |lines: Value| {
        let call =
            world.post("/v1/partners/{partner}/license-assignments").by("partnerMember").key("unknown");
        call.json(json!({"organizationId": "{yamada}", "lines": lines}))
    };
    let at = |place: &str, code: &str| (place.to_owned(), code.to_owned());
    let unknown =
        assign(json!([line("edge-storage-9y", 1)])).assert_rejected(422, "unknown-license-type").await;
    assert_eq!(unknown.faults(), [at("/lines/0/licenseType", "unknown-license-type")]);
    // A type that exists, of which nothing was ever purchased.
    let empty =
        assign(json!([line("camera-direct-5y", 1)])).assert_rejected(409, "license-pool-exhausted").await;
    assert_eq!(empty.faults(), [at("/lines/0/quantity", "license-pool-exhausted")]);
    let both =
        json!([line("edge-storage-9y", 1), line("edge-storage-1y", 1000), line("camera-direct-5y", 1)]);
    let both = assign(both).assert_rejected(409, "license-pool-exhausted").await;
    assert_eq!(
        both.faults(),
        [
            at("/lines/0/licenseType", "unknown-license-type"),
            at("/lines/1/quantity", "license-pool-exhausted"),
            at("/lines/2/quantity", "license-pool-exhausted"),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn organization_that_is_not_found_is_named_by_its_pointer() {
    let world = World::demo().await;
    let call = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember").key("foreign");
    let lines = json!([{"licenseType": "edge-storage-1y", "quantity": 1}]);
    let refused = call.json(json!({"organizationId": "{bogazici}", "lines": lines}));
    let refused = refused.assert_rejected(404, "not-found").await;
    assert_eq!(refused.faults(), [("/organizationId".to_owned(), "not-found".to_owned())]);
}
