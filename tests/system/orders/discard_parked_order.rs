//! `discard-parked-order`

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World, strength};

use super::{TYPE, link, parked, send_order, send_until_decided, vendor_events};
use crate::subscriptions::{line, send_message};

#[test]
fn canonical_call_is_published() {
    Payload::of("discard-parked-order", "/v1/parked-orders/{parkedOrder}/discard").by("operator").publish();
}

fn discard<'a>(world: &'a World, id: &str) -> Call<'a> {
    world.post(&format!("/v1/parked-orders/{id}/discard")).by("operator")
}

#[tokio::test(flavor = "multi_thread")]
async fn discarded_order_never_takes_effect_and_repeat_changes_nothing() {
    let world = World::demo().await;
    let gone = discard(&world, "{parkedOrder}").send().await;
    assert_eq!(
        (gone.status, &gone.body["status"], gone.header("etag")),
        (200, &json!("discarded"), Some("\"2\""))
    );
    let events = vendor_events(&world, "order.discarded").await;
    assert_eq!(
        (events.len(), &events[0]["data"], &events[0]["actor"]["id"]),
        (
            1,
            &json!({"sourceId": world.id("source"), "orderId": "SO-3001", "account": "ec-4714"}),
            &json!("olivia")
        )
    );
    assert_eq!(parked(&world).await.len(), 1, "the demo world's other one");
    let contents = world.contents().await;
    let again = discard(&world, "{parkedOrder}").send().await;
    assert_eq!((again.status, again.body), (200, gone.body));
    world.assert_unchanged(&contents).await;

    link(&world, "{newPartner}", "ec-4714").await.ok();
    assert_eq!(world.pool("newPartnerAdmin", "newPartner", TYPE).await, (0, 0, 0));
    // Later messages of the store about this order do not apply it either.
    let lines = json!([{"kind": "license", "sku": TYPE, "quantity": 9}]);
    for (kind, data) in [
        ("order.placed", json!({"orderId": "SO-3001", "storeAccount": "ec-4714", "lines": lines})),
        ("order.changed", json!({"orderId": "SO-3001", "sequence": 9, "lines": lines})),
        ("order.cancelled", json!({"orderId": "SO-3001"})),
    ] {
        let body = json!({"type": kind, "timestamp": world.now(), "data": data});
        let told = send_until_decided(&world, kind, &body).await;
        assert_eq!((told.status, &told.body["outcome"]), (200, &json!("discarded")), "{kind}");
    }
    assert_eq!(world.pool("newPartnerAdmin", "newPartner", TYPE).await, (0, 0, 0));
}

/// A cancelled order with subscriptions can still be changed, because its subscriptions can be renewed. A
/// discarded order has no subscriptions and never will, so its changes and cancellations are ignored.
#[tokio::test(flavor = "multi_thread")]
async fn discarded_order_of_subscriptions_ignores_changes_even_if_it_is_cancelled() {
    let world = World::demo().await;
    let lines = json!([line("subscription", "ER-1", "C-1", json!({"externalId": "P-1"}))]);
    let data = json!({"orderId": "SO-9", "storeAccount": "ec-9", "lines": lines});
    let placed = send_message(&world, "placed", "order.placed", "2026-01-05T09:59:00Z", data).await.ok();
    let id = placed["order"]["id"].as_str().unwrap();
    let discarded = discard(&world, id).send().await.ok();
    let data = json!({"orderId": "SO-9"});
    let cancelled =
        send_message(&world, "cancelled", "order.cancelled", "2026-01-05T09:59:30Z", data).await.ok();
    assert_eq!((&cancelled["outcome"], &cancelled["order"]), (&json!("discarded"), &discarded));

    let data = json!({"orderId": "SO-9", "sequence": 9, "lines": lines});
    let changed = send_message(&world, "changed", "order.changed", "2026-01-05T09:59:50Z", data).await.ok();
    assert_eq!((&changed["outcome"], &changed["order"]), (&json!("discarded"), &discarded));
    for kind in ["order.changed", "order.cancelled"] {
        assert_eq!(vendor_events(&world, kind).await, Vec::<Value>::new(), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_order_is_not_parked() {
    let world = World::demo().await;
    let lines = json!([line("subscription", "ER-1", "C-1", json!({"externalId": "P-1"}))]);
    let data = json!({"orderId": "SO-9", "storeAccount": "ec-9", "lines": lines});
    let placed = send_message(&world, "placed", "order.placed", "2026-01-05T09:59:00Z", data).await.ok();
    let cancelled = json!({"orderId": "SO-9"});
    send_message(&world, "cancelled", "order.cancelled", "2026-01-05T09:59:30Z", cancelled).await.ok();
    let id = placed["order"]["id"].as_str().unwrap();
    discard(&world, id).assert_rejected(409, "order-not-parked").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn order_that_is_not_parked_is_refused() {
    let world = World::demo().await;
    link(&world, "{newPartner}", "ec-4714").await.ok();
    let late = discard(&world, "{parkedOrder}").assert_rejected(409, "order-not-parked").await;
    assert_eq!(late.faults().len(), 1);
    let absent = world.id("parkedOrder").replace("0002", "0009");
    discard(&world, &absent).assert_rejected(404, "not-found").await;
    discard(&world, "SO-3001").assert_rejected(400, "invalid-request").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_version_is_refused() {
    let world = World::demo().await;
    let lines = json!([{"kind": "license", "sku": TYPE, "quantity": 9}]);
    let data = json!({"orderId": "SO-3001", "sequence": 1, "lines": lines});
    let body = json!({"type": "order.changed", "timestamp": world.now(), "data": data});
    assert_eq!(send_until_decided(&world, "m", &body).await.status, 202);
    let call = || discard(&world, "{parkedOrder}");
    call().header("if-match", "\"1\"").assert_rejected(412, "version-mismatch").await;
    call().header("if-match", "\"2\"").send().await.ok();
    call().header("if-match", "\"2\"").assert_rejected(412, "version-mismatch").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_link_and_discard_apply_exactly_one() {
    for seed in strength::seeds(40, 1000) {
        let world = World::demo().await;
        send_order(&world, "SO-1", "ec-9", 1).await.ok();
        let parked = send_order(&world, "SO-2", "ec-9", 30).await.ok();
        let id = parked["order"]["id"].as_str().unwrap();
        world.chaos(4, seed);
        let discarding = async { discard(&world, id).decided().await.status };
        let linking = async {
            while link(&world, "{newPartner}", "ec-9").await.status == 503 {}
            0
        };
        let told = match seed % 2 {
            0 => futures_util::future::join(discarding, linking).await.0,
            _ => futures_util::future::join(linking, discarding).await.1,
        };
        world.chaos(0, 0);
        let held = world.pool("newPartnerAdmin", "newPartner", TYPE).await.0;
        let expected = if told == 200 { 1 } else { 31 };
        assert_eq!((held, told == 200 || told == 409), (expected, true), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_calls_discard_once() {
    let world = World::demo().await;
    world.chaos(5, 1);
    let all = join_all((0..64).map(|_| discard(&world, "{parkedOrder}").decided()));
    for reply in all.await {
        assert_eq!((reply.status, &reply.body["status"]), (200, &json!("discarded")));
    }
    world.chaos(0, 0);
    assert_eq!(vendor_events(&world, "order.discarded").await.len(), 1);
}
