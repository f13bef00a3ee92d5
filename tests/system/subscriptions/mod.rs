//! Subscriptions: ordering, visibility, set-up, contacts and deactivation.

automod::dir!("subscriptions");

use serde_json::{Value, json};
use system::{Call, Reply, World};

use crate::orders::send_until_decided;

/// Path of the subscriptions of Yamada, an organization of the demo world.
pub const OF_YAMADA: &str = "/v1/organizations/{yamada}/subscriptions";

/// Returns an order line for a product of the demo world, for the organization with this external id; `more`
/// adds or replaces properties.
pub fn line(kind: &str, sku: &str, organization: &str, more: Value) -> Value {
    let mut line = json!({
        "kind": kind, "sku": sku, "quantity": 5, "startsAt": "2026-01-01T00:00:00Z", "term": "P5Y",
        "organization": {"externalId": organization},
    });
    line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    line
}

/// Returns a message of the store.
pub fn message(kind: &str, timestamp: &str, data: Value) -> Value {
    json!({"type": kind, "timestamp": timestamp, "data": data})
}

/// Sends a message as the store does: retries until it is accepted or refused.
pub async fn send_message(world: &World, id: &str, kind: &str, timestamp: &str, data: Value) -> Reply {
    let message: Value =
        serde_json::from_str(&world.fill(&message(kind, timestamp, data).to_string())).unwrap();
    send_until_decided(world, id, &message).await
}

/// Sends an order of the demo world's partner.
pub async fn order(world: &World, id: &str, lines: Value) -> Reply {
    let data = json!({"orderId": id, "storeAccount": "ec-4711", "lines": lines});
    send_message(world, &format!("msg-{id}"), "order.placed", "2026-01-05T09:59:00Z", data).await
}

/// Returns the ids of the subscriptions that an order created.
pub fn created_ids(order: &Value) -> Vec<String> {
    let created = order["order"]["subscriptions"].as_array().unwrap().iter();
    created.map(|one| one["subscriptionId"].as_str().unwrap().to_owned()).collect()
}

/// Returns a subscription as a caller sees it.
pub async fn get_as(world: &World, who: &str, organization: &str, id: &str) -> Value {
    world.get(&format!("/v1/organizations/{organization}/subscriptions/{id}")).by(who).send().await.ok()
}

/// Returns all subscriptions of an organization, as an operator sees them.
pub async fn all(world: &World, organization: &str) -> Vec<Value> {
    let (mut all, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/organizations/{organization}/subscriptions?pageSize=100{token}");
        let page = world.get(&path).by("operator").send().await.ok();
        all.extend(page["items"].as_array().unwrap().clone());
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => return all,
        }
    }
}

/// Returns the call that deactivates a subscription, with an idempotency key of its own.
pub fn deactivate<'a>(world: &'a World, who: &str, organization: &str, id: &str) -> Call<'a> {
    let path = format!("/v1/organizations/{organization}/subscriptions/{id}/deactivate");
    world.post(&path).by(who).key(&format!("deactivate-{id}")).json(json!({}))
}

/// Returns the ids in a list of objects.
pub fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

/// Returns the events of one type in an organization's history.
pub async fn events(world: &World, organization: &str, kind: &str) -> Vec<Value> {
    let (mut all, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/organizations/{organization}/history?type={kind}&pageSize=100{token}");
        let page = world.get(&path).by("operator").send().await.ok();
        all.extend(page["items"].as_array().unwrap().clone());
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => return all,
        }
    }
}
