//! Outcomes and events of messages: what changed nothing is not told as done.

use serde_json::{Value, json};
use system::World;

use crate::orders::{link, send_until_decided, vendor_events};
use crate::subscriptions::{
    all, created_ids, deactivate, events, get_as, line, message, order, send_message,
};

const THEN: &str = "2026-01-05T09:30:00Z";

/// Returns an order line of a subscription for Harbour Hotels.
fn one(external: &str, more: Value) -> Value {
    let mut line = line("subscription", "ER-1", "C-3", json!({"externalId": external}));
    line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    line
}

fn changed(sequence: u64, lines: Value) -> Value {
    message("order.changed", THEN, json!({"orderId": "SO-H", "sequence": sequence, "lines": lines}))
}

/// Sends a message, and returns its outcome, and its reason if it is ignored.
async fn outcome(world: &World, id: &str, body: &Value) -> (String, Option<String>) {
    let answer = send_until_decided(world, id, body).await.ok();
    let text = |name: &str| answer[name].as_str().map(str::to_owned);
    (text("outcome").unwrap(), text("reason"))
}

/// Asserts that a message is ignored for this reason, and changes only items whose keys begin with one of `parts`, besides
/// the record of its answer.
async fn assert_ignored(world: &World, id: &str, body: &Value, reason: &str, parts: &[&str]) {
    let before = world.contents().await;
    let (word, why) = outcome(world, id, body).await;
    assert_eq!(word, "ignored", "{body}");
    assert!(why.as_deref().unwrap().contains(reason), "{why:?} {body}");
    for (key, item) in world.contents().await {
        let may_change = key.0.starts_with("MESSAGE#") || parts.iter().any(|part| key.0.starts_with(part));
        assert!(may_change || before.get(&key) == Some(&item), "{key:?} changed by {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn renewal_to_an_earlier_or_equal_end_is_ignored_without_an_event() {
    let world = World::demo().await;
    let id = created_ids(&order(&world, "SO-H", json!([one("H-1", json!({}))])).await.ok())[0].clone();
    let renewed = |ends: &str, then: &str| {
        let data = json!({"subscription": {"externalId": "H-1"}, "endsAt": ends});
        message("subscription.renewed", then, data)
    };
    let ordered = get_as(&world, "operator", "{harbour}", &id).await["endsAt"].clone();
    assert_eq!(ordered, "2031-01-01T00:00:00.000Z");
    let body = renewed("2031-01-01T00:00:00Z", THEN);
    assert_ignored(&world, "m1", &body, "superseded", &["ORG#"]).await;
    let body = renewed("2030-01-01T00:00:00Z", "2026-01-05T09:31:00Z");
    assert_ignored(&world, "m2", &body, "superseded", &["ORG#"]).await;
    let body = renewed("2032-01-01T00:00:00Z", "2026-01-05T09:32:00Z");
    assert_eq!(outcome(&world, "m3", &body).await.0, "applied");
    assert_ignored(&world, "m4", &body, "superseded", &[]).await;
    let told = events(&world, "{harbour}", "subscription.renewed").await;
    assert_eq!((told.len(), &told[0]["data"]["endsAt"]), (1, &json!("2032-01-01T00:00:00.000Z")));
    // After a cancellation, a renewal has an effect even if the end is not later: the subscription runs again.
    let data = json!({"orderId": "SO-H"});
    send_message(&world, "m5", "order.cancelled", "2026-01-05T09:33:00Z", data).await.ok();
    let body = renewed("2032-01-01T00:00:00Z", "2026-01-05T09:34:00Z");
    assert_eq!(outcome(&world, "m6", &body).await.0, "applied");
    assert_eq!(get_as(&world, "operator", "{harbour}", &id).await["status"], "pending-set-up");
    assert_eq!(events(&world, "{harbour}", "subscription.renewed").await.len(), 2);
    // The redelivery of an ignored message gets its first answer.
    let before = world.contents().await;
    assert_eq!(outcome(&world, "m1", &renewed("2031-01-01T00:00:00Z", THEN)).await.0, "ignored");
    world.assert_unchanged(&before).await;
}

/// A renewal that arrives before its order, and ends no later than the order, is not told when the order arrives.
#[tokio::test(flavor = "multi_thread")]
async fn early_renewal_without_effect_leaves_no_event_with_its_order() {
    let world = World::demo().await;
    for (external, ends) in [("H-1", "2030-01-01T00:00:00Z"), ("H-2", "2032-01-01T00:00:00Z")] {
        let data = json!({"subscription": {"externalId": external}, "endsAt": ends});
        let body = message("subscription.renewed", THEN, data);
        assert_eq!(outcome(&world, external, &body).await.0, "pending");
        assert_ignored(&world, &format!("{external}-again"), &body, "superseded", &[]).await;
    }
    assert_eq!(vendor_events(&world, "subscription.message-pending").await.len(), 2);
    let lines = json!([one("H-1", json!({})), one("H-2", json!({}))]);
    let new = created_ids(&order(&world, "SO-H", lines).await.ok());
    let told = events(&world, "{harbour}", "subscription.renewed").await;
    let ids: Vec<_> = told.iter().map(|event| event["data"]["subscriptionId"].as_str().unwrap()).collect();
    assert_eq!(ids, [new[1].as_str()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_transfer_and_migration_without_news_are_ignored_without_events() {
    let world = World::demo().await;
    order(&world, "SO-H", json!([one("H-1", json!({}))])).await.ok();
    let of = |kind: &str, then: &str, more: Value| {
        let mut data = json!({"subscription": {"externalId": "H-1"}});
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        message(kind, then, data)
    };
    let used = |mark: u64, users: u64| {
        of("subscription.usage", THEN, json!({"sequence": mark, "activeUsers": users}))
    };
    let transferred =
        |account: &str, then: &str| of("subscription.transferred", then, json!({"storeAccount": account}));
    let migrated =
        |host: &str, then: &str| of("site.migrated", then, json!({"url": format!("https://{host}.example")}));
    let later = "2026-01-05T09:40:00Z";
    for (id, body, stored) in [
        ("u1", used(2, 5), None),
        ("u2", used(2, 5), Some(&[][..])),
        ("u3", used(1, 9), Some(&[])),
        ("u4", used(3, 5), Some(&["ORG#"])),
        ("t1", transferred("ec-4712", THEN), None),
        ("t2", transferred("ec-4712", THEN), Some(&[])),
        ("t3", transferred("ec-4711", "2026-01-05T09:20:00Z"), Some(&[])),
        ("t4", transferred("ec-4712", later), Some(&["ORG#"])),
        ("s1", migrated("a", THEN), None),
        ("s2", migrated("b", THEN), Some(&[])),
        ("s3", migrated("b", "2026-01-05T09:20:00Z"), Some(&[])),
        ("s4", migrated("a", later), Some(&["ORG#"])),
        ("s5", migrated("b", "2026-01-05T09:35:00Z"), Some(&[])),
    ] {
        match stored {
            None => assert_eq!(outcome(&world, id, &body).await.0, "applied", "{id}"),
            Some(parts) => assert_ignored(&world, id, &body, "superseded", parts).await,
        }
    }
    for kind in ["subscription.usage-reported", "subscription.transferred", "site.migrated"] {
        assert_eq!(events(&world, "{harbour}", kind).await.len(), 1, "{kind}");
    }
    let there = &all(&world, "{harbour}").await[0];
    assert_eq!((&there["activeUsers"], &there["site"]["url"]), (&json!(5), &json!("https://a.example")));
}

#[tokio::test(flavor = "multi_thread")]
async fn change_of_deactivated_subscriptions_is_ignored_with_its_reason() {
    let world = World::demo().await;
    let lines = |first: u64, second: u64| {
        json!([one("H-1", json!({"quantity": first})), one("H-2", json!({"quantity": second}))])
    };
    let new = created_ids(&order(&world, "SO-H", lines(5, 5)).await.ok());
    deactivate(&world, "operator", "{harbour}", &new[1]).send().await.ok();
    let told = async || {
        let path = "/v1/partners/{partner}/history?type=order.changed";
        let changed = world.get(path).by("partnerMember").send().await.ok();
        let ignored = vendor_events(&world, "order.change-ignored").await;
        let of_line = events(&world, "{harbour}", "subscription.message-ignored").await;
        (changed["items"].as_array().unwrap().len(), ignored.len(), of_line.len())
    };
    let quantities = async || {
        let there = all(&world, "{harbour}").await;
        (there[0]["quantity"].as_u64().unwrap(), there[1]["quantity"].as_u64().unwrap())
    };
    // Only the deactivated line differs.
    let body = changed(5, lines(5, 6));
    assert_ignored(&world, "m5", &body, "contact the vendor", &["LOG#", "ORDER#"]).await;
    assert_eq!(told().await, (0, 1, 1));
    let event = &vendor_events(&world, "order.change-ignored").await[0];
    assert_eq!((&event["data"]["orderId"], &event["data"]["sequence"]), (&json!("SO-H"), &json!(5)));
    // The same change in another message is superseded, and leaves no further event.
    assert_ignored(&world, "m5b", &body, "superseded", &[]).await;
    // So is an earlier change that arrives later, although its line is not deactivated.
    assert_ignored(&world, "m4", &changed(4, lines(9, 5)), "superseded", &[]).await;
    // Both lines differ: the change is applied to one, and an event records that it is ignored for the other.
    assert_eq!(outcome(&world, "m6", &changed(6, lines(7, 7))).await.0, "applied");
    assert_eq!((told().await, quantities().await), ((1, 1, 2), (7, 5)));
    // Nothing differs.
    assert_ignored(&world, "m7", &changed(7, lines(7, 5)), "as it is", &["ORDER#"]).await;
    assert_eq!(told().await, (1, 1, 2));
    // Licenses of the order count as well.
    let sold = json!({"kind": "license", "sku": "edge-storage-1y", "quantity": 2});
    let mut more = lines(7, 8);
    more.as_array_mut().unwrap().push(sold);
    assert_eq!(outcome(&world, "m8", &changed(8, more)).await.0, "applied");
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, (102, 97, 5));
    assert_eq!(told().await, (2, 1, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn change_before_the_order_is_told_once() {
    let world = World::demo().await;
    let lines = |quantity: u64| json!([one("H-1", json!({"quantity": quantity}))]);
    assert_eq!(outcome(&world, "m1", &changed(1, lines(6))).await.0, "awaiting-order");
    assert_ignored(&world, "m1b", &changed(1, lines(6)), "superseded", &[]).await;
    assert_ignored(&world, "m2", &changed(2, lines(6)), "as it is", &["ORDER#"]).await;
    assert_eq!(outcome(&world, "m3", &changed(3, lines(7))).await.0, "awaiting-order");
    assert_ignored(&world, "m2b", &changed(2, lines(9)), "superseded", &[]).await;
    assert_eq!(vendor_events(&world, "order.changed").await.len(), 2);
    order(&world, "SO-H", lines(5)).await.ok();
    assert_eq!(all(&world, "{harbour}").await[0]["quantity"], 7);
    assert_ignored(&world, "m4", &changed(4, lines(7)), "as it is", &["ORDER#"]).await;
}

/// A line that had no effect when its order was fulfilled cannot be changed.
#[tokio::test(flavor = "multi_thread")]
async fn change_of_an_ignored_line_is_ignored() {
    let world = World::demo().await;
    world.put("/v1/partners/{newPartner}/organizations/{yamada}").by("operator").send().await.ok();
    let lines = |first: u64, second: u64| {
        let of = |external: &str, quantity: u64, linked: Value| {
            let more = json!({"externalId": external, "quantity": quantity, "linkedTo": linked});
            line("subscription", "ER-1", "C-1", more)
        };
        json!([of("P-1", first, json!([world.id("subscription")])), of("P-2", second, json!([]))])
    };
    let data = json!({"orderId": "SO-H", "storeAccount": "ec-9", "lines": lines(1, 1)});
    assert_eq!(send_message(&world, "m0", "order.placed", THEN, data).await.status, 202);
    link(&world, "{newPartner}", "ec-9").await.ok();
    let told = async || {
        let path = "/v1/partners/{newPartner}/history?type=order.line-ignored";
        let page = world.get(path).by("newPartnerAdmin").send().await.ok();
        page["items"].as_array().unwrap().len()
    };
    assert_eq!(told().await, 1);
    let body = changed(1, lines(2, 1));
    assert_ignored(&world, "m1", &body, "line was ignored", &["LOG#", "ORDER#"]).await;
    assert_eq!((told().await, vendor_events(&world, "order.change-ignored").await.len()), (2, 1));
    assert_eq!(outcome(&world, "m2", &changed(2, lines(2, 3))).await.0, "applied");
    assert_eq!((told().await, vendor_events(&world, "order.change-ignored").await.len()), (3, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_cancellation_is_ignored_without_an_event() {
    let world = World::demo().await;
    order(&world, "SO-H", json!([one("H-1", json!({}))])).await.ok();
    let cancelled = message("order.cancelled", THEN, json!({"orderId": "SO-H"}));
    assert_eq!(outcome(&world, "m1", &cancelled).await.0, "cancelled");
    assert_ignored(&world, "m2", &cancelled, "superseded", &[]).await;
    assert_eq!(outcome(&world, "m1", &cancelled).await.0, "cancelled", "the first answer");
    let path = "/v1/partners/{partner}/history?type=order.cancelled";
    let told = world.get(path).by("partnerMember").send().await.ok();
    assert_eq!(told["items"].as_array().unwrap().len(), 1);
    // The order itself in another message gets the order as it is.
    let data = json!({"orderId": "SO-H", "storeAccount": "ec-4711", "lines": [one("H-1", json!({}))]});
    assert_eq!(outcome(&world, "m3", &message("order.placed", THEN, data)).await.0, "cancelled");
    // Licenses of a cancelled order do not come back.
    let mut lines = json!([one("H-1", json!({}))]);
    lines.as_array_mut().unwrap().push(json!({"kind": "license", "sku": "edge-storage-1y", "quantity": 2}));
    assert_ignored(&world, "m4", &changed(1, lines), "cancelled", &["LOG#", "ORDER#"]).await;
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, (100, 95, 5));
}

/// What a cancellation and a renewal before the order changed stands in one event each.
#[tokio::test(flavor = "multi_thread")]
async fn events_of_messages_before_the_order_each_change_something() {
    let world = World::demo().await;
    let renewed =
        |external: &str| json!({"subscription": {"externalId": external}, "endsAt": "2040-01-01T00:00:00Z"});
    for (id, external, then) in [("m1", "H-1", "2026-01-05T09:31:00Z"), ("m2", "H-2", "2026-01-05T09:33:00Z")]
    {
        send_message(&world, id, "subscription.renewed", then, renewed(external)).await.ok();
    }
    let cancelled_at = "2026-01-05T09:32:00.000Z";
    send_message(&world, "m3", "order.cancelled", cancelled_at, json!({"orderId": "SO-H"})).await.ok();
    let created = order(&world, "SO-H", json!([one("H-1", json!({})), one("H-2", json!({}))])).await.ok();
    let log = world.get("/v1/organizations/{harbour}/history?order=asc").by("operator").send().await.ok();
    let of = |id: &str| -> Vec<Value> {
        let events = log["items"].as_array().unwrap().iter();
        let of_it = events.filter(|event| event["data"]["subscriptionId"] == id);
        of_it
            .map(|event| json!([event["type"], event["data"]["endsAt"], event["data"]["cancelledAt"]]))
            .collect()
    };
    let ids = created_ids(&created);
    let ordered = json!(["subscription.ordered", "2031-01-01T00:00:00.000Z", null]);
    let cancelled = json!(["subscription.cancelled", null, cancelled_at]);
    let end = "2040-01-01T00:00:00.000Z";
    assert_eq!(of(&ids[0]), [ordered.clone(), cancelled, json!(["subscription.renewed", end, cancelled_at])]);
    assert_eq!(of(&ids[1]), [ordered, json!(["subscription.renewed", end, null])]);
}
