automod::dir!("orders");

use local_stack::fault_proxy::Kill;
use serde_json::{Value, json};
use system::{Reply, World};

pub const TYPE: &str = "edge-storage-1y";

/// Returns an `order.placed` message for an account, with one line of licenses.
pub fn placed(order: &str, account: &str, quantity: u64) -> Value {
    let lines = json!([{"kind": "license", "sku": TYPE, "quantity": quantity}]);
    let data = json!({"orderId": order, "storeAccount": account, "lines": lines});
    json!({"type": "order.placed", "timestamp": "2026-01-05T09:59:59Z", "data": data})
}

/// Sends a message as a store does: retries until it is accepted or refused.
pub async fn send_until_decided(world: &World, id: &str, body: &Value) -> Reply {
    loop {
        let reply = world.message(world.id("secret"), id, body).send().await;
        if reply.status < 500 {
            return reply;
        }
        assert_ne!(reply.code(), "internal", "{body}");
    }
}

/// Sends an order for an account, in a message of its own.
pub async fn send_order(world: &World, order: &str, account: &str, quantity: u64) -> Reply {
    send_until_decided(world, &format!("msg-{order}"), &placed(order, account, quantity)).await
}

/// Links a partner to an account at the demo world's store, without a retry.
pub async fn link(world: &World, partner: &str, account: &str) -> Reply {
    let call = world.put(&format!("/v1/partners/{partner}/store")).by("operator");
    call.json(json!({"sourceId": "{source}", "account": account})).send().await
}

/// Returns the parked orders, as an operator sees them.
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

/// Advances the clock by a minute, the interval of the scheduled job, and runs the job.
pub async fn run_job_after_a_minute(world: &World) {
    world.post("/_local/time").bytes(br#"{"advance":"PT1M1S"}"#).send().await.ok();
    world.post("/_local/tick").send().await.ok();
}

/// Links an account for which an order is parked, kills the process before the order is applied, and advances
/// the clock by a minute, so that the order is left to the scheduled job.
pub async fn leave_order_to_job(world: &World) {
    assert_eq!(send_order(world, "SO-9", "ec-9", 1).await.status, 202);
    world.fault_proxy().kill("link-store", 0, Kill::After);
    assert_eq!(link(world, "{newPartner}", "ec-9").await.status, 500);
    world.post("/_local/time").bytes(br#"{"advance":"PT1M"}"#).send().await.ok();
}
