//! Messages of stores about earlier orders: `order.changed` and `order.cancelled`.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::{Reply, World, strength};

const TYPE: &str = "edge-storage-1y";

fn message(world: &World, kind: &str, data: Value) -> Value {
    json!({"type": kind, "timestamp": world.now(), "data": data})
}

fn placed(world: &World, order: &str, quantity: u64) -> Value {
    world.order(order, TYPE, quantity)
}

fn changed(world: &World, order: &str, sequence: u64, quantity: u64) -> Value {
    let lines = json!([{"kind": "license", "sku": TYPE, "quantity": quantity}]);
    message(world, "order.changed", json!({"orderId": order, "sequence": sequence, "lines": lines}))
}

fn cancelled(world: &World, order: &str) -> Value {
    message(world, "order.cancelled", json!({"orderId": order}))
}

/// Sends a message, and retries until the answer is not 503.
async fn send_until_decided(world: &World, id: &str, body: &Value) -> Reply {
    world.message(world.id("secret"), id, body).decided().await
}

async fn assign(world: &World, key: &str, quantity: u64) -> Reply {
    let call = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember").key(key);
    let lines = json!([{"licenseType": TYPE, "quantity": quantity}]);
    call.json(json!({"organizationId": "{yamada}", "lines": lines})).decided().await
}

async fn pool(world: &World) -> (u64, u64, u64) {
    world.pool("partnerMember", "partner", TYPE).await
}

/// Asserts that a message left nothing but the record of its answer.
async fn assert_only_answered(world: &World, before: &BTreeMap<(String, String), String>) {
    let after = world.contents().await;
    let new: Vec<_> = after.iter().filter(|(key, item)| before.get(*key) != Some(item)).collect();
    assert!(new.len() == 1 && new[0].0.0.starts_with("MESSAGE#"), "{new:?}");
}

/// Returns the types and data of all events about the license type, newest first.
async fn history(world: &World) -> Vec<(String, Value)> {
    let path = format!("/v1/partners/{{partner}}/history?licenseType={TYPE}&pageSize=100");
    let page = world.get(&path).by("partnerMember").send().await.ok();
    assert!(page["nextPageToken"].is_null());
    let items = page["items"].as_array().unwrap().iter();
    items.map(|event| (event["type"].as_str().unwrap().to_owned(), event["data"].clone())).collect()
}

/// Asserts that the pool equals the sum of the events in the history.
async fn assert_pool_matches_history(world: &World) {
    let sum = |events: &[(String, Value)], kind: &str| -> u64 {
        let of_kind = events.iter().filter(|(known, _)| known == kind);
        of_kind.map(|(_, data)| data["quantity"].as_u64().unwrap()).sum()
    };
    let events = history(world).await;
    let bought = sum(&events, "license.credited") - sum(&events, "license.withdrawn");
    let assigned = sum(&events, "license.assigned");
    assert_eq!(pool(world).await, (bought, bought - assigned, assigned));
}

#[tokio::test(flavor = "multi_thread")]
async fn cancellation_withdraws_unassigned_licenses_and_repeat_changes_nothing() {
    let world = World::demo().await;
    send_until_decided(&world, "m1", &placed(&world, "SO-1", 50)).await.ok();
    assert_eq!(pool(&world).await, (150, 145, 5));
    assign(&world, "k", 120).await.ok();
    let reply = send_until_decided(&world, "m2", &cancelled(&world, "SO-1")).await;
    assert_eq!((reply.status, &reply.body["outcome"]), (200, &json!("cancelled")));
    assert_eq!(reply.body["order"]["lines"], json!([{"licenseType": TYPE, "quantity": 0, "credited": 25}]));
    assert_eq!(pool(&world).await, (125, 0, 125), "25 of 50 were there; the others stay assigned");
    let (kind, data) = history(&world).await.swap_remove(0);
    assert_eq!(
        (kind.as_str(), &data["quantity"], &data["missing"]),
        ("license.withdrawn", &json!(25), &json!(25))
    );
    assert_eq!(send_until_decided(&world, "m2", &cancelled(&world, "SO-1")).await.ok(), reply.body);
    let contents = world.contents().await;
    let anew = send_until_decided(&world, "m3", &cancelled(&world, "SO-1")).await.ok();
    let reason = "the order was cancelled, which is irreversible";
    let expected = json!({"outcome": "ignored", "messageType": "order.cancelled", "reason": reason});
    assert_eq!(anew, expected);
    assert_only_answered(&world, &contents).await;
    let late = send_until_decided(&world, "m4", &placed(&world, "SO-1", 50)).await.ok();
    assert_eq!(late["outcome"], "cancelled");
    assert_eq!(pool(&world).await, (125, 0, 125));
    assert_pool_matches_history(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn order_is_raised_and_lowered_and_stale_changes_are_ignored() {
    let world = World::demo().await;
    send_until_decided(&world, "m0", &placed(&world, "SO-1", 10)).await.ok();
    for (id, sequence, quantity, purchased, outcome) in [
        ("m2", 2, 30, 130, "applied"),
        ("m1", 1, 99, 130, "ignored"),
        ("m2b", 2, 98, 130, "ignored"),
        ("m5", 5, 7, 107, "applied"),
        ("m6", 6, 8, 108, "applied"),
        ("m7", 7, 8, 108, "ignored"),
        ("m6b", 6, 9, 108, "ignored"),
    ] {
        let before = world.contents().await;
        let reply = send_until_decided(&world, id, &changed(&world, "SO-1", sequence, quantity)).await.ok();
        assert_eq!(reply["outcome"], outcome, "{id}");
        assert_eq!(pool(&world).await, (purchased, purchased - 5, 5), "after {id}");
        match (outcome, id) {
            ("ignored", "m7") => assert_eq!(reply["reason"], "the change leaves the order as it is"),
            ("ignored", _) => {
                assert!(reply["reason"].as_str().unwrap().starts_with("superseded"), "{reply}");
                assert_only_answered(&world, &before).await;
            }
            _ => {}
        }
    }
    assert_pool_matches_history(&world).await;
    let path = "/v1/partners/{partner}/history?type=order.changed&order=asc";
    let told = world.get(path).by("partnerMember").send().await.ok();
    let sequences: Vec<_> =
        told["items"].as_array().unwrap().iter().map(|event| &event["data"]["sequence"]).collect();
    assert_eq!(sequences, [2, 5, 6], "exactly what changed something");
}

#[tokio::test(flavor = "multi_thread")]
async fn licenses_that_could_not_be_withdrawn_are_not_credited_again() {
    let world = World::demo().await;
    send_until_decided(&world, "m0", &placed(&world, "SO-1", 50)).await.ok();
    assign(&world, "k", 145).await.ok();
    let lowered = send_until_decided(&world, "m1", &changed(&world, "SO-1", 1, 20)).await.ok();
    assert_eq!(lowered["order"]["lines"], json!([{"licenseType": TYPE, "quantity": 20, "credited": 50}]));
    assert_eq!(pool(&world).await, (150, 0, 150));
    send_until_decided(&world, "m2", &changed(&world, "SO-1", 2, 60)).await.ok();
    assert_eq!(pool(&world).await, (160, 10, 150), "50 of the 60 are there already");
    assert_pool_matches_history(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn licenses_still_assigned_are_not_withdrawn_from_another_order() {
    let world = World::demo().await;
    send_until_decided(&world, "m0", &placed(&world, "SO-1", 10)).await.ok();
    assign(&world, "k", 105).await.ok();
    send_until_decided(&world, "m1", &changed(&world, "SO-1", 1, 4)).await.ok();
    send_until_decided(&world, "m2", &placed(&world, "SO-2", 20)).await.ok();
    assert_eq!(pool(&world).await, (130, 20, 110));
    send_until_decided(&world, "m3", &changed(&world, "SO-1", 2, 5)).await.ok();
    assert_eq!(pool(&world).await, (130, 20, 110), "a raise takes nothing");
    send_until_decided(&world, "m4", &cancelled(&world, "SO-1")).await.ok();
    assert_eq!(pool(&world).await, (125, 15, 110), "5 were ordered, no more than 5 are taken");
    assert_pool_matches_history(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn order_changed_to_the_most_license_types_can_be_cancelled() {
    let world = World::demo().await;
    for n in 0..60 {
        let body = json!({"code": format!("type-{n:02}"), "name": "x", "term": "P1Y"});
        world.post("/v1/license-types").by("operator").json(body).send().await.ok();
    }
    let lines = |types: std::ops::Range<usize>| -> Vec<Value> {
        types.map(|n| json!({"kind": "license", "sku": format!("type-{n:02}"), "quantity": 1})).collect()
    };
    let data = json!({"orderId": "SO-1", "storeAccount": "ec-4711", "lines": lines(0..30)});
    send_until_decided(&world, "m0", &message(&world, "order.placed", data)).await.ok();
    for begin in [0, 15] {
        let call = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember");
        let types =
            (begin..begin + 15).map(|n| json!({"licenseType": format!("type-{n:02}"), "quantity": 1}));
        let body = json!({"organizationId": "{yamada}", "lines": types.collect::<Vec<_>>()});
        call.key(&begin.to_string()).json(body).send().await.ok();
    }
    let change = |sequence: u64, types| {
        let data = json!({"orderId": "SO-1", "sequence": sequence, "lines": lines(types)});
        message(&world, "order.changed", data)
    };
    let reply = send_until_decided(&world, "m1", &change(1, 30..60)).await;
    assert_eq!((reply.status, reply.code()), (422, "too-many-license-types"), "60 pools at once");
    send_until_decided(&world, "m2", &change(2, 15..45)).await.ok();
    send_until_decided(&world, "m3", &cancelled(&world, "SO-1")).await.ok();
    let pools = world.get("/v1/partners/{partner}/license-pools").by("partnerMember").send().await.ok();
    assert_eq!((&pools["available"], &pools["assigned"]), (&json!(135), &json!(35)));
}

/// The last change takes effect, whatever the order in which messages arrive and however often they repeat.
#[tokio::test(flavor = "multi_thread")]
async fn last_change_wins_in_any_message_order() {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for (last, expected) in [("changed", 107), ("cancelled", 100)] {
        for order in orders {
            let world = World::demo().await;
            let messages = [
                placed(&world, "SO-1", 20),
                changed(&world, "SO-1", 1, 30),
                if last == "changed" { changed(&world, "SO-1", 2, 7) } else { cancelled(&world, "SO-1") },
            ];
            for which in order.into_iter().chain(order) {
                send_until_decided(&world, &format!("m{which}"), &messages[which]).await.ok();
            }
            assert_eq!(pool(&world).await, (expected, expected - 5, 5), "{last}, {order:?}");
            assert_pool_matches_history(&world).await;
        }
    }
}

/// Licenses are concurrently assigned, changed and cancelled while transactions fail: pool and history agree,
/// and nothing is oversold.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_assignments_and_changes_keep_pool_and_history_consistent() {
    for seed in strength::seeds(3, 75) {
        let world = World::demo().await;
        for n in 0..4 {
            send_until_decided(&world, &format!("p{n}"), &placed(&world, &format!("SO-{n}"), 25)).await.ok();
        }
        world.chaos(4, seed);
        let assigned = (0..24).map(|n| {
            let world = &world;
            async move { assign(world, &format!("k{n}"), 8).await.status }
        });
        let said = (0..12).map(|n| {
            let world = &world;
            async move {
                let order = format!("SO-{}", n % 4);
                let body = match n {
                    0..4 => changed(world, &order, 1, 40),
                    4..8 => changed(world, &order, 2, 5),
                    _ => cancelled(world, &order),
                };
                send_until_decided(world, &format!("c{n}"), &body).await.status
            }
        });
        let (assigned, said) = tokio::join!(join_all(assigned), join_all(said));
        world.chaos(0, 0);
        assert!(said.iter().all(|status| *status == 200), "{said:?}");
        let assigned = assigned.into_iter().filter(|status| *status == 201).count() as u64;
        assert_pool_matches_history(&world).await;
        assert_eq!(pool(&world).await.2, 5 + 8 * assigned);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_change_reports_every_fault_and_changes_nothing() {
    let world = World::demo().await;
    send_until_decided(&world, "m0", &placed(&world, "SO-1", 10)).await.ok();
    let wrong = json!({"orderId": "", "sequence": 0, "lines": []});
    let reply = send_until_decided(&world, "m1", &message(&world, "order.changed", wrong)).await;
    let faults = reply.faults();
    let faults: Vec<_> = faults.iter().map(|(at, code)| (at.as_str(), code.as_str())).collect();
    let expected =
        [("/data/lines", "too-few"), ("/data/orderId", "invalid-length"), ("/data/sequence", "out-of-range")];
    assert_eq!((reply.status, faults.as_slice()), (422, expected.as_slice()));
    let lines = json!([{"kind": "license", "sku": "no-such-type", "quantity": 1}]);
    let unknown = json!({"orderId": "SO-1", "sequence": 1, "lines": lines});
    let reply = send_until_decided(&world, "m2", &message(&world, "order.changed", unknown)).await;
    assert_eq!((reply.status, reply.code()), (422, "unknown-license-type"));
    let reply = send_until_decided(&world, "m3", &message(&world, "order.cancelled", json!({}))).await;
    assert_eq!(reply.faults(), [("/data/orderId".to_owned(), "missing".to_owned())]);
    assert_eq!(pool(&world).await, (110, 105, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn same_order_number_at_another_store_is_a_different_order() {
    let world = World::demo().await;
    send_until_decided(&world, "m0", &placed(&world, "SO-1", 10)).await.ok();
    let create = world.post("/v1/webhook-sources").by("operator").json(json!({"name": "Other"}));
    let other = create.send().await.ok();
    let body = cancelled(&world, "SO-1").to_string();
    let secret = other["secret"].as_str().unwrap();
    let signed = local_stack::demo::sign(secret, "m1", world.now(), body.as_bytes()).unwrap();
    let call = world.post(&format!("/v1/webhooks/{}", other["id"].as_str().unwrap()));
    let call = signed.iter().fold(call, |call, (name, value)| call.header(name, value));
    assert_eq!(call.bytes(body.as_bytes()).send().await.ok()["outcome"], "cancelled");
    assert_eq!(pool(&world).await, (110, 105, 5));
}
