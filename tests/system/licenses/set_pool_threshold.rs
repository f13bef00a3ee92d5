//! `set-pool-threshold`

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, Reply, World, strength};

const TYPE: &str = "edge-storage-1y";

#[test]
fn canonical_call_is_published() {
    Payload::of("set-pool-threshold", "/v1/partners/{partner}/license-pools/edge-storage-1y/threshold")
        .by("partnerAdmin")
        .json(&json!({"threshold": 50}))
        .publish();
}

fn set<'a>(world: &'a World, who: &str, threshold: Value) -> Call<'a> {
    let path = format!("/v1/partners/{{partner}}/license-pools/{TYPE}/threshold");
    world.put(&path).by(who).json(json!({ "threshold": threshold }))
}

fn assign<'a>(world: &'a World, key: &str, quantity: u64) -> Call<'a> {
    let lines = json!([{"licenseType": TYPE, "quantity": quantity}]);
    let call = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember").key(key);
    call.json(json!({"organizationId": "{yamada}", "lines": lines}))
}

/// Sends a message of the store; `id` is also that of the order.
async fn send(world: &World, id: &str, kind: &str, data: Value) -> Reply {
    let body = json!({"type": kind, "timestamp": world.now(), "data": data});
    world.message(world.id("secret"), id, &body).decided().await
}

async fn buy(world: &World, order: &str, quantity: u64) {
    let lines = json!([{"kind": "license", "sku": TYPE, "quantity": quantity}]);
    let data = json!({"orderId": order, "storeAccount": "ec-4711", "lines": lines});
    send(world, order, "order.placed", data).await.ok();
}

/// Returns the data of a type's events in the partner's history, oldest first.
async fn events(world: &World, kind: &str) -> Vec<Value> {
    let path = format!("/v1/partners/{{partner}}/history?type={kind}&order=asc&pageSize=100");
    let page = world.get(&path).by("partnerMember").send().await.ok();
    assert!(page["nextPageToken"].is_null());
    page["items"].as_array().unwrap().iter().map(|event| event["data"].clone()).collect()
}

fn low(available: u64, threshold: u64) -> Value {
    json!({"licenseType": TYPE, "available": available, "threshold": threshold})
}

/// Returns the threshold of the pool and whether it is low, as the list shows it.
async fn shown(world: &World) -> (Value, Value) {
    let pools = world.get("/v1/partners/{partner}/license-pools").by("partnerMember").send().await.ok();
    let pool = pools["items"].as_array().unwrap().iter().find(|pool| pool["licenseType"] == TYPE).unwrap();
    (pool["threshold"].clone(), pool["low"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_and_admin_set_change_and_remove_a_threshold() {
    let world = World::demo().await;
    assert_eq!(shown(&world).await, (Value::Null, json!(false)));
    let made = set(&world, "partnerAdmin", json!(50)).send().await;
    assert_eq!((made.status, made.header("etag")), (200, Some("\"2\"")));
    let expected = json!({"licenseType": TYPE, "threshold": 50, "available": 95, "low": false, "version": 2});
    assert_eq!(made.body, expected);
    let contents = world.contents().await;
    for etag in ["\"2\"", "*"] {
        let same = set(&world, "operator", json!(50)).header("if-match", etag);
        assert_eq!(same.send().await.ok(), expected, "a repeated threshold changes nothing");
    }
    world.assert_unchanged(&contents).await;
    let raised = set(&world, "operator", json!(1_000_000)).header("if-match", "\"2\"").send().await.ok();
    assert_eq!((&raised["low"], &raised["version"]), (&json!(true), &json!(3)));
    assert_eq!(shown(&world).await, (json!(1_000_000), json!(true)));
    let removed = set(&world, "partnerAdmin", json!(null)).send().await.ok();
    assert_eq!(removed, json!({"licenseType": TYPE, "available": 95, "low": false, "version": 4}));
    assert_eq!(shown(&world).await, (Value::Null, json!(false)));
    assert_eq!(events(&world, "license.pool-low").await, Vec::<Value>::new());
    let of = |threshold: u64| json!({"licenseType": TYPE, "threshold": threshold});
    let told = events(&world, "license.pool-threshold-set").await;
    assert_eq!(told, [of(50), of(1_000_000), json!({ "licenseType": TYPE })]);
    let of_type =
        format!("/v1/partners/{{partner}}/history?licenseType={TYPE}&type=license.pool-threshold-set");
    let found = world.get(&of_type).by("partnerMember").send().await.ok();
    assert_eq!(found["items"].as_array().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn unauthorized_caller_absent_pool_and_invalid_threshold_are_refused() {
    let world = World::demo().await;
    for who in ["partnerMember", "agent", "contactManager", "customer"] {
        set(&world, who, json!(5)).assert_rejected(403, "role-not-allowed").await;
    }
    set(&world, "otherPartnerAdmin", json!(5)).assert_rejected(404, "not-found").await;
    set(&world, "partnerAdmin", json!(5))
        .header("if-match", "\"2\"")
        .assert_rejected(412, "version-mismatch")
        .await;
    for (threshold, code) in
        [(json!(0), "out-of-range"), (json!(1_000_001), "out-of-range"), (json!("5"), "wrong-type")]
    {
        let refused = set(&world, "partnerAdmin", threshold).assert_rejected(400, "invalid-request").await;
        assert_eq!(refused.faults(), [("/threshold".to_owned(), code.to_owned())]);
    }
    let path = format!("/v1/partners/{{partner}}/license-pools/{TYPE}/threshold");
    let empty = world.put(&path).by("partnerAdmin").json(json!({}));
    let refused = empty.assert_rejected(400, "invalid-request").await;
    assert_eq!(refused.faults(), [("/threshold".to_owned(), "missing".to_owned())]);
    // A type of which nothing was purchased, and a code that no type has.
    for license_type in ["camera-direct-5y", "edge-storage-9y"] {
        let path = format!("/v1/partners/{{partner}}/license-pools/{license_type}/threshold");
        let call = world.put(&path).by("operator").json(json!({"threshold": 5}));
        call.assert_rejected(404, "not-found").await;
    }
    let path = "/v1/partners/{partner}/license-pools/Edge/threshold";
    let call = world.put(path).by("operator").json(json!({"threshold": 5}));
    let refused = call.assert_rejected(400, "invalid-request").await;
    assert_eq!(refused.faults(), [("licenseType".to_owned(), "invalid-code".to_owned())]);
    let tried = format!("/v1/partners/{{partner}}/license-pools/{TYPE}/threshold?validateOnly=true");
    let contents = world.contents().await;
    let call = world.put(&tried).by("partnerAdmin").json(json!({"threshold": 96}));
    assert_eq!(call.send().await.ok()["low"], true);
    world.assert_unchanged(&contents).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn assignment_that_crosses_the_threshold_leaves_one_event_until_a_credit_arms_it_again() {
    let world = World::demo().await;
    set(&world, "partnerAdmin", json!(90)).send().await.ok();
    assign(&world, "a", 5).send().await.ok();
    assert_eq!(events(&world, "license.pool-low").await, Vec::<Value>::new(), "as many as the threshold");
    let contents = world.contents().await;
    let body = json!({"organizationId": "{yamada}", "lines": [{"licenseType": TYPE, "quantity": 3}]});
    let tried =
        world.post("/v1/partners/{partner}/license-assignments?validateOnly=true").by("partnerMember");
    assert_eq!(tried.json(body).send().await.status, 200);
    world.assert_unchanged(&contents).await;
    let crossing = assign(&world, "b", 3).send().await;
    assert_eq!(crossing.status, 201);
    let again = assign(&world, "b", 3).send().await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &crossing.body));
    assert_eq!(events(&world, "license.pool-low").await, [low(87, 90)]);
    assert_eq!(shown(&world).await, (json!(90), json!(true)));
    let history =
        world.get("/v1/partners/{partner}/history?pageSize=2").by("partnerMember").send().await.ok();
    let types: Vec<_> = history["items"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["license.pool-low", "license.assigned"]);
    assign(&world, "c", 7).send().await.ok();
    assert_eq!(events(&world, "license.pool-low").await.len(), 1, "it is low already");
    buy(&world, "SO-1", 9).await;
    assign(&world, "d", 1).send().await.ok();
    assert_eq!(events(&world, "license.pool-low").await.len(), 1, "89 of 90 do not arm it");
    buy(&world, "SO-2", 2).await;
    assign(&world, "e", 90).send().await.ok();
    assert_eq!(events(&world, "license.pool-low").await, [low(87, 90), low(0, 90)]);
    assert_eq!(world.pool("partnerMember", "partner", TYPE).await, (111, 0, 111));
}

#[tokio::test(flavor = "multi_thread")]
async fn threshold_above_what_is_available_leaves_no_event_and_a_removed_one_is_ignored() {
    let world = World::demo().await;
    set(&world, "partnerAdmin", json!(96)).send().await.ok();
    assign(&world, "a", 1).send().await.ok();
    set(&world, "partnerAdmin", json!(90)).send().await.ok();
    assert_eq!(events(&world, "license.pool-low").await, Vec::<Value>::new(), "it was low when it was set");
    set(&world, "partnerAdmin", json!(null)).send().await.ok();
    assign(&world, "b", 10).send().await.ok();
    buy(&world, "SO-1", 10).await;
    assert_eq!(events(&world, "license.pool-low").await, Vec::<Value>::new());
    set(&world, "partnerAdmin", json!(94)).send().await.ok();
    assign(&world, "c", 1).send().await.ok();
    assert_eq!(events(&world, "license.pool-low").await, [low(93, 94)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn withdrawal_by_a_changed_or_cancelled_order_leaves_the_event() {
    let world = World::demo().await;
    buy(&world, "SO-1", 20).await;
    set(&world, "operator", json!(100)).send().await.ok();
    let lines = json!([{"kind": "license", "sku": TYPE, "quantity": 4}]);
    let data = json!({"orderId": "SO-1", "sequence": 1, "lines": lines});
    send(&world, "m1", "order.changed", data).await.ok();
    assert_eq!(events(&world, "license.pool-low").await, [low(99, 100)]);
    send(&world, "m2", "order.cancelled", json!({"orderId": "SO-1"})).await.ok();
    assert_eq!(events(&world, "license.pool-low").await.len(), 1, "it is low already");
    buy(&world, "SO-2", 50).await;
    assign(&world, "k", 45).send().await.ok();
    send(&world, "m3", "order.cancelled", json!({"orderId": "SO-2"})).await.ok();
    assert_eq!(events(&world, "license.pool-low").await, [low(99, 100), low(50, 100)]);
    assert_eq!(world.pool("partnerMember", "partner", TYPE).await, (100, 50, 50));
}

/// The withdrawals of the largest order fit one transaction, also if all of its pools become low.
#[tokio::test(flavor = "multi_thread")]
async fn cancelled_order_may_make_all_of_its_30_pools_low() {
    let world = World::demo().await;
    let mut lines = Vec::new();
    for n in 0..30 {
        let code = format!("type-{n:02}");
        let body = json!({"code": code, "name": "x", "term": "P1Y"});
        world.post("/v1/license-types").by("operator").json(body).send().await.ok();
        lines.push(json!({"kind": "license", "sku": code, "quantity": 2}));
    }
    let data = json!({"orderId": "SO-1", "storeAccount": "ec-4711", "lines": lines});
    send(&world, "m0", "order.placed", data).await.ok();
    for n in 0..30 {
        let path = format!("/v1/partners/{{partner}}/license-pools/type-{n:02}/threshold");
        world.put(&path).by("operator").json(json!({"threshold": 1})).send().await.ok();
    }
    send(&world, "m1", "order.cancelled", json!({"orderId": "SO-1"})).await.ok();
    assert_eq!(events(&world, "license.pool-low").await.len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_lines_cross_in_one_assignment_and_an_exhausted_one_refuses_all() {
    let world = World::demo().await;
    set(&world, "partnerAdmin", json!(90)).send().await.ok();
    let path = "/v1/partners/{partner}/license-pools/camera-direct-1y/threshold";
    world.put(path).by("partnerAdmin").json(json!({"threshold": 40})).send().await.ok();
    let assign = |edge: u64, camera: u64| {
        let lines = json!([{"licenseType": TYPE, "quantity": edge}, {"licenseType": "camera-direct-1y", "quantity": camera}]);
        let call = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember");
        call.key(&camera.to_string()).json(json!({"organizationId": "{yamada}", "lines": lines}))
    };
    let refused = assign(10, 41).assert_rejected(409, "license-pool-exhausted").await;
    assert_eq!(refused.faults(), [("/lines/1/quantity".to_owned(), "license-pool-exhausted".to_owned())]);
    assign(10, 1).send().await.ok();
    let camera = json!({"licenseType": "camera-direct-1y", "available": 39, "threshold": 40});
    assert_eq!(events(&world, "license.pool-low").await, [low(85, 90), camera]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_assignment_that_crosses_takes_a_second_transaction() {
    let world = World::demo().await;
    let mut trips = Vec::new();
    set(&world, "partnerAdmin", json!(90)).send().await.ok();
    for (key, quantity) in [("a", 5), ("b", 1), ("c", 1)] {
        world.fault_proxy().take_costs();
        assign(&world, key, quantity).send().await.ok();
        trips.push(world.fault_proxy().take_costs()["assign-license"].round_trips);
    }
    assert_eq!(trips, [2, 3, 2], "above the threshold, across it, below it");
}

/// 64 callers assign a license each across the threshold, while one in four writes meets some failure: exactly one of them
/// leaves the event, which states the first number below the threshold.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_assignments_across_the_threshold_leave_one_event() {
    for (round, seed) in strength::seeds(3, 100).enumerate() {
        let world = World::demo().await;
        set(&world, "partnerAdmin", json!(60)).send().await.ok();
        world.chaos(if round % 2 == 0 { 0 } else { 4 }, seed);
        let calls = (0..64).map(|n| {
            let world = &world;
            async move { assign(world, &n.to_string(), 1).decided().await.status }
        });
        assert_eq!(join_all(calls).await, [201; 64]);
        world.chaos(0, 0);
        assert_eq!(world.pool("partnerMember", "partner", TYPE).await, (100, 31, 69));
        assert_eq!(events(&world, "license.pool-low").await, [low(59, 60)]);
    }
}

/// Thresholds change while licenses are assigned: a pool that is low at the end became so by an assignment, which left the
/// event, or by its threshold, whose answer said so.
#[tokio::test(flavor = "multi_thread")]
async fn threshold_that_is_set_concurrently_with_assignments_tells_whether_the_pool_is_low() {
    for seed in strength::seeds(5, 100) {
        let world = World::demo().await;
        world.chaos(6, seed);
        let assignments = (0..16).map(|n| {
            let world = &world;
            async move { assign(world, &n.to_string(), 1).decided().await.status }
        });
        let (statuses, set) =
            tokio::join!(join_all(assignments), set(&world, "partnerAdmin", json!(88)).decided());
        assert_eq!(statuses, [201; 16]);
        world.chaos(0, 0);
        let was_low = set.ok()["low"] == true;
        let told = events(&world, "license.pool-low").await;
        assert_eq!(told.len(), usize::from(!was_low), "low when it was set: {was_low}");
        assert_eq!(shown(&world).await, (json!(88), json!(true)));
    }
}
