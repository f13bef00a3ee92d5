automod::dir!("orders");

use local_stack::fault_proxy::Kill;
use serde_json::{Value, json};
use system::{Reply, World};

pub const TYPE: &str = "edge-storage-1y";

/// An order of an account, as its store says it.
pub fn placed(order: &str, account: &str, quantity: u64) -> Value {
    let lines = json!([{"kind": "license", "sku": TYPE, "quantity": quantity}]);
    let data = json!({"orderId": order, "storeAccount": account, "lines": lines});
    json!({"type": "order.placed", "timestamp": "2026-01-05T09:59:59Z", "data": data})
}

/// Sends a message as a store does: again and again, until it is taken or refused.
pub async fn tell(world: &World, id: &str, body: &Value) -> Reply {
    loop {
        let reply = world.message(world.id("secret"), id, body).send().await;
        if reply.status < 500 {
            return reply;
        }
        assert_ne!(reply.code(), "internal", "{body}");
    }
}

/// Sends an order of an account, in a message of its own.
pub async fn place(world: &World, order: &str, account: &str, quantity: u64) -> Reply {
    tell(world, &format!("msg-{order}"), &placed(order, account, quantity)).await
}

/// Links a partner to an account at the demo world's store, once.
pub async fn link(world: &World, partner: &str, account: &str) -> Reply {
    let call = world.put(&format!("/v1/partners/{partner}/store")).by("operator");
    call.json(json!({"sourceId": "{source}", "account": account})).send().await
}

/// What an operator sees waiting.
pub async fn parked(world: &World) -> Vec<Value> {
    let page = world.get("/v1/parked-orders?pageSize=100").by("operator").send().await.ok();
    assert!(page["nextPageToken"].is_null());
    page["items"].as_array().unwrap().clone()
}

pub async fn vendor_events(world: &World, kind: &str) -> Vec<Value> {
    let history =
        world.get(&format!("/v1/history?type={kind}&pageSize=100")).by("operator").send().await.ok();
    history["items"].as_array().unwrap().clone()
}

/// Goes on by as much as the timer waits, and fires it.
pub async fn a_minute_later(world: &World) {
    world.post("/_local/time").bytes(br#"{"advance":"PT1M"}"#).send().await.ok();
    world.post("/_local/tick").send().await.ok();
}

/// Links an account for which an order is parked, and dies before the order takes effect.
pub async fn leave_one_to_the_timer(world: &World) {
    assert_eq!(place(world, "SO-9", "ec-9", 1).await.status, 202);
    world.fault_proxy().kill("link-store", 0, Kill::After);
    assert_eq!(link(world, "{newPartner}", "ec-9").await.status, 500);
    world.post("/_local/time").bytes(br#"{"advance":"PT1M"}"#).send().await.ok();
}
