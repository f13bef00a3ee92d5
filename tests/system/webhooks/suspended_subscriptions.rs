//! `subscription.suspended` and `subscription.resumed`.

use fastrand::Rng;
use serde_json::{Value, json};
use system::{World, strength};

use crate::orders::{send_until_decided, vendor_events};
use crate::subscriptions::{
    OF_YAMADA, all, created_ids, deactivate, events, get_as, ids, line, message, order,
};

fn suspended(external: &str, then: &str) -> Value {
    let data = json!({"subscription": {"externalId": external}, "reason": "Not paid"});
    message("subscription.suspended", then, data)
}

fn resumed(external: &str, then: &str) -> Value {
    message("subscription.resumed", then, json!({"subscription": {"externalId": external}}))
}

async fn entitlement(world: &World, subscription: &Value) -> Value {
    let number = subscription["entitlementNumber"].as_str().unwrap();
    world.get(&format!("/v1/entitlements/by-number/{number}")).by("agent").send().await.ok()
}

/// Returns the types of the events about suspensions in an organization, oldest first.
async fn told(world: &World, organization: &str) -> Vec<String> {
    let mut told = events(world, organization, "subscription.suspended").await;
    told.extend(events(world, organization, "subscription.resumed").await);
    told.sort_by_key(|event| event["id"].as_str().unwrap().to_owned());
    told.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn suspended_subscription_is_visible_and_not_active_until_it_is_resumed() {
    let world = World::demo().await;
    let wall = world.id("wallSubscription");
    let before = get_as(&world, "customer", "{yamada}", wall).await;
    assert_eq!(before["status"], "active");
    let answer = send_until_decided(&world, "s1", &suspended("S-2", "2026-01-05T09:50:00Z")).await.ok();
    assert_eq!((&answer["outcome"], &answer["subscriptionId"]), (&json!("applied"), &json!(wall)));
    let shown = get_as(&world, "customer", "{yamada}", wall).await;
    assert_eq!(
        (&shown["status"], &shown["suspendedAt"], &shown["suspensionReason"]),
        (&json!("suspended"), &json!("2026-01-05T09:50:00.000Z"), &json!("Not paid"))
    );
    assert_eq!(
        (&shown["billDate"], &shown["daysUntilRenewal"], shown.get("endedAt")),
        (&before["billDate"], &before["daysUntilRenewal"], None),
        "it is still billed, and has not ended"
    );
    let owned = entitlement(&world, &shown).await;
    assert_eq!(
        (&owned["status"], &owned["suspendedAt"], owned.get("endedAt")),
        (&json!("suspended"), &shown["suspendedAt"], None)
    );
    let profile = world.get("/v1/organizations/{yamada}/profile").by("customer").send().await.ok();
    let listed = profile["entitlements"].as_array().unwrap().iter().find(|one| one["id"] == owned["id"]);
    assert_eq!(listed.unwrap()["status"], "suspended");
    let request = format!("{}/{{serviceRequest}}", crate::service_requests::PATH);
    let request = world.get(&request).by("agent").send().await.ok();
    assert!(ids(&request["entitlements"]).contains(&owned["id"].as_str().unwrap()));
    for (status, count) in [("suspended", 1), ("active", 4), ("inactive", 0), ("upcoming", 0)] {
        let page = world.get(&format!("{OF_YAMADA}?status={status}")).by("agent").send().await.ok();
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{status}");
    }
    let site = world.get("/v1/organizations/{yamada}/sites/{site}/apps").by("agent").send().await.ok();
    assert_eq!(ids(&site["items"]), [world.id("app")], "the site is still that of its apps");

    // It is not lost: it can be renewed and used, and is suspended still.
    let data = json!({"subscription": {"externalId": "S-2"}, "endsAt": "2033-01-01T00:00:00Z"});
    send_until_decided(&world, "r", &message("subscription.renewed", "2026-01-05T09:51:00Z", data))
        .await
        .ok();
    let data = json!({"subscription": {"externalId": "S-2"}, "sequence": 1, "activeUsers": 3});
    send_until_decided(&world, "u", &message("subscription.usage", "2026-01-05T09:51:00Z", data)).await.ok();
    let shown = get_as(&world, "operator", "{yamada}", wall).await;
    assert_eq!(
        (&shown["status"], &shown["endsAt"], &shown["activeUsers"]),
        (&json!("suspended"), &json!("2033-01-01T00:00:00.000Z"), &json!(3))
    );
    assert_eq!(entitlement(&world, &shown).await["endsAt"], shown["endsAt"]);
    send_until_decided(&world, "s2", &resumed("S-2", "2026-01-05T09:52:00Z")).await.ok();
    let shown = get_as(&world, "customer", "{yamada}", wall).await;
    assert_eq!(
        (&shown["status"], shown.get("suspendedAt"), shown.get("suspensionReason")),
        (&json!("active"), None, None)
    );
    let owned = entitlement(&world, &shown).await;
    assert_eq!((&owned["status"], owned.get("suspendedAt")), (&json!("active"), None));
    assert_eq!(told(&world, "{yamada}").await, ["subscription.suspended", "subscription.resumed"]);
    let data = &events(&world, "{yamada}", "subscription.suspended").await[0]["data"];
    assert_eq!(
        (&data["suspendedAt"], &data["reason"], &data["subscriptionId"]),
        (&json!("2026-01-05T09:50:00.000Z"), &json!("Not paid"), &json!(wall))
    );
    let data = &events(&world, "{yamada}", "subscription.resumed").await[0]["data"];
    assert_eq!(data["resumedAt"], "2026-01-05T09:52:00.000Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn suspended_subscription_can_be_set_up_cancelled_and_deactivated() {
    let world = World::demo().await;
    send_until_decided(&world, "s1", &suspended("S-1", "2026-01-05T09:50:00Z")).await.ok();
    let path = format!("{OF_YAMADA}/{{subscription}}/set-up");
    let set_up =
        world.post(&path).by("customer").json(json!({"site": {"organization": true}})).send().await.ok();
    assert_eq!((&set_up["status"], &set_up["setUpDue"]), (&json!("suspended"), &json!(false)));
    let down = deactivate(&world, "operator", "{yamada}", world.id("subscription")).send().await.ok();
    assert_eq!(down["status"], "inactive");
    let answer = send_until_decided(&world, "s2", &resumed("S-1", "2026-01-05T09:55:00Z")).await.ok();
    assert_eq!(answer["outcome"], "ignored");
    assert_eq!(told(&world, "{yamada}").await, ["subscription.suspended"]);

    let one = line("subscription", "ER-1", "C-3", json!({"externalId": "H-1"}));
    order(&world, "SO-H", json!([one])).await.ok();
    send_until_decided(&world, "s3", &suspended("H-1", "2026-01-05T09:50:00Z")).await.ok();
    let cancelled = message("order.cancelled", "2026-01-05T09:51:00Z", json!({"orderId": "SO-H"}));
    send_until_decided(&world, "c", &cancelled).await.ok();
    let there = all(&world, "{harbour}").await;
    assert_eq!((&there[0]["status"], &there[0]["setUpDue"]), (&json!("inactive"), &json!(false)));
    assert_eq!(entitlement(&world, &there[0]).await["status"], "ended");
}

/// Whatever the order and repetition of messages, the latest one counts, also before the order arrives.
#[tokio::test(flavor = "multi_thread")]
async fn latest_suspension_or_resumption_counts_in_any_order() {
    let one = line("subscription", "ER-1", "C-3", json!({"externalId": "H-1"}));
    let placed = json!({"orderId": "SO-H", "storeAccount": "ec-4711", "lines": [one]});
    let messages = [
        message("order.placed", "2026-01-05T09:00:00Z", placed),
        suspended("H-1", "2026-01-05T09:10:00Z"),
        resumed("H-1", "2026-01-05T09:20:00Z"),
        suspended("H-1", "2026-01-05T09:30:00Z"),
        // At the same time, a suspension outranks a resumption.
        resumed("H-1", "2026-01-05T09:30:00Z"),
    ];
    for seed in strength::seeds(6, 200) {
        let world = World::demo().await;
        let mut sent: Vec<usize> = (0..messages.len()).chain(0..messages.len()).collect();
        Rng::with_seed(seed).shuffle(&mut sent);
        for (place, index) in sent.iter().enumerate() {
            send_until_decided(&world, &format!("m{place}"), &messages[*index]).await.ok();
        }
        let there = all(&world, "{harbour}").await;
        let at = json!("2026-01-05T09:30:00.000Z");
        assert_eq!((&there[0]["status"], &there[0]["suspendedAt"]), (&json!("suspended"), &at), "{sent:?}");
        assert_eq!(entitlement(&world, &there[0]).await["suspendedAt"], at, "{sent:?}");
        assert_eq!(told(&world, "{harbour}").await.last().unwrap(), "subscription.suspended", "{sent:?}");
        send_until_decided(&world, "last", &resumed("H-1", "2026-01-05T09:31:00Z")).await.ok();
        assert_eq!(all(&world, "{harbour}").await[0]["status"], "pending-set-up");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn report_that_changes_nothing_leaves_no_event_and_unknown_ids_wait() {
    let world = World::demo().await;
    send_until_decided(&world, "r1", &resumed("S-1", "2026-01-05T09:30:00Z")).await.ok();
    assert!(told(&world, "{yamada}").await.is_empty(), "it was not suspended");
    send_until_decided(&world, "s1", &suspended("S-1", "2026-01-05T09:20:00Z")).await.ok();
    assert!(told(&world, "{yamada}").await.is_empty(), "it was resumed later");
    send_until_decided(&world, "s2", &suspended("S-1", "2026-01-05T09:40:00Z")).await.ok();
    let contents = world.contents().await;
    send_until_decided(&world, "s2", &suspended("S-1", "2026-01-05T09:40:00Z")).await.ok();
    world.assert_unchanged(&contents).await;
    send_until_decided(&world, "s3", &suspended("S-1", "2026-01-05T09:40:00Z")).await.ok();
    assert_eq!(told(&world, "{yamada}").await, ["subscription.suspended"]);

    let answer = send_until_decided(&world, "s4", &suspended("H-1", "2026-01-05T09:40:00Z")).await.ok();
    assert_eq!(answer["outcome"], "pending");
    assert_eq!(vendor_events(&world, "subscription.message-pending").await.len(), 1);
    let one = line("subscription", "ER-1", "C-3", json!({"externalId": "H-1"}));
    let id = created_ids(&order(&world, "SO-H", json!([one])).await.ok())[0].clone();
    assert_eq!(get_as(&world, "operator", "{harbour}", &id).await["status"], "suspended");
    assert_eq!(told(&world, "{harbour}").await, ["subscription.suspended"]);

    let data = json!({"subscription": {"externalId": "S-1"}, "reason": ""});
    let bad = message("subscription.suspended", "2026-01-05T09:40:00Z", data);
    let refused = send_until_decided(&world, "s5", &bad).await;
    assert_eq!(
        (refused.status, refused.faults()),
        (422, vec![("/data/reason".to_owned(), "invalid-length".to_owned())])
    );
}
