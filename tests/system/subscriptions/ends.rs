//! Ends of subscriptions and their entitlements: the first end counts, in any order of messages, and stays.

use fastrand::Rng;
use serde_json::{Value, json};
use system::{World, strength};

use super::{all, created_ids, deactivate, events, get_as, line, message, order, send_message};
use crate::orders::send_until_decided;

fn cancelled(then: &str) -> Value {
    message("order.cancelled", then, json!({"orderId": "SO-H"}))
}

fn renewed(then: &str, ends: &str) -> Value {
    message("subscription.renewed", then, json!({"subscription": {"externalId": "H-1"}, "endsAt": ends}))
}

async fn advance(world: &World, period: &str) {
    let body = json!({"advance": period}).to_string();
    world.post("/_local/time").bytes(body.as_bytes()).send().await.ok();
}

/// Sells a subscription to Harbour Hotels, and returns its id.
async fn sell(world: &World, id: &str, more: Value) -> String {
    let one = line("subscription", "ER-1", "C-3", more);
    created_ids(&order(world, id, json!([one])).await.ok())[0].clone()
}

/// Returns the entitlement of a subscription, as an agent sees it.
async fn entitlement(world: &World, subscription: &Value) -> Value {
    let number = subscription["entitlementNumber"].as_str().unwrap();
    world.get(&format!("/v1/entitlements/by-number/{number}")).by("agent").send().await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_or_expired_subscription_keeps_its_end_when_it_is_deactivated() {
    for cascaded in [false, true] {
        let world = World::demo().await;
        let base = sell(&world, "SO-B", json!({})).await;
        let linked = || json!([base]);
        let ended = sell(&world, "SO-H", json!({"linkedTo": linked(), "externalId": "H-1"})).await;
        let more = json!({"linkedTo": linked(), "startsAt": "2025-01-05T10:00:00Z", "term": "P1Y"});
        let expired = sell(&world, "SO-E", more).await;
        send_until_decided(&world, "c", &cancelled("2026-01-05T09:58:00Z")).await.ok();
        let before = get_as(&world, "operator", "{harbour}", &ended).await;
        assert_eq!((&before["status"], &before["setUpDue"]), (&json!("inactive"), &json!(false)));
        let (left, right) = (entitlement(&world, &before).await, "2026-01-05T09:58:00.000Z");
        assert_eq!((&left["endedAt"], &left["status"]), (&json!(right), &json!("ended")));
        advance(&world, "P30D").await;
        for id in if cascaded { vec![&base] } else { vec![&ended, &expired] } {
            deactivate(&world, "operator", "{harbour}", id).send().await.ok();
        }
        let after = get_as(&world, "operator", "{harbour}", &ended).await;
        assert!(after["deactivation"]["at"].is_string());
        for name in ["cancelledAt", "endedAt"] {
            assert_eq!(after[name], right, "{name}");
        }
        assert_eq!(entitlement(&world, &after).await["endedAt"], right);
        let after = get_as(&world, "operator", "{harbour}", &expired).await;
        assert!(after["deactivation"]["at"].is_string());
        assert_eq!(
            (after.get("endedAt"), after.get("cancelledAt"), &after["setUpDue"]),
            (None, None, &json!(false))
        );
        let owned = entitlement(&world, &after).await;
        assert_eq!((owned.get("endedAt"), &owned["endsAt"]), (None, &json!("2026-01-05T10:00:00.000Z")));
        // The base itself ended by its deactivation, also if that was a consequence.
        let base = get_as(&world, "operator", "{harbour}", &base).await;
        assert_eq!(base["endedAt"], base["deactivation"]["at"]);
        assert_eq!(entitlement(&world, &base).await["endedAt"], base["endedAt"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_messages_about_a_deactivated_subscription_only_an_earlier_cancellation_moves_its_end() {
    let world = World::demo().await;
    let id = sell(&world, "SO-H", json!({"externalId": "H-1"})).await;
    deactivate(&world, "operator", "{harbour}", &id).send().await.ok();
    let before = get_as(&world, "operator", "{harbour}", &id).await;
    assert_eq!(before["endedAt"], before["deactivation"]["at"]);
    send_until_decided(&world, "c1", &cancelled("2026-01-05T10:01:00Z")).await.ok();
    let answer =
        send_until_decided(&world, "r1", &renewed("2026-01-05T09:59:00Z", "2040-01-01T00:00:00Z")).await;
    assert_eq!(answer.ok()["outcome"], "ignored");
    assert_eq!(get_as(&world, "operator", "{harbour}", &id).await, before);
    assert_eq!(events(&world, "{harbour}", "subscription.message-ignored").await.len(), 2);
    assert!(events(&world, "{harbour}", "subscription.cancelled").await.is_empty());
    // The store reports late that it had cancelled before.
    let answer = send_until_decided(&world, "c2", &cancelled("2026-01-05T09:58:00Z")).await;
    assert_eq!(answer.ok()["outcome"], "cancelled");
    let shown = get_as(&world, "operator", "{harbour}", &id).await;
    let at = json!("2026-01-05T09:58:00.000Z");
    assert_eq!((&shown["endedAt"], &shown["cancelledAt"], &shown["status"]), (&at, &at, &json!("inactive")));
    assert_eq!(shown["deactivation"], before["deactivation"]);
    assert_eq!(entitlement(&world, &shown).await["endedAt"], at);
    assert_eq!(events(&world, "{harbour}", "subscription.cancelled").await.len(), 1);
    // What is not earlier changes nothing.
    let answer = send_until_decided(&world, "c3", &cancelled("2026-01-05T09:59:00Z")).await;
    assert_eq!(answer.ok()["outcome"], "ignored");
    let last = get_as(&world, "operator", "{harbour}", &id).await;
    assert_eq!(
        (&last["endedAt"], &last["cancelledAt"], &last["deactivation"]),
        (&at, &at, &before["deactivation"])
    );
    assert_eq!(events(&world, "{harbour}", "subscription.cancelled").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancellation_leaves_an_event_exactly_if_it_changes_the_recorded_time() {
    let world = World::demo().await;
    let id = sell(&world, "SO-H", json!({"externalId": "H-1"})).await;
    let told = async || {
        let mut told = events(&world, "{harbour}", "subscription.cancelled").await;
        told.reverse();
        told.iter().map(|event| event["data"]["cancelledAt"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let [at_30, at_40, at_50] = ["30", "40", "50"].map(|minute| format!("2026-01-05T09:{minute}:00.000Z"));
    for (number, (then, times)) in [
        (&at_40, vec![&at_40]),
        (&at_40, vec![&at_40]),
        // A later one does not count, but an earlier one does.
        (&at_50, vec![&at_40]),
        (&at_30, vec![&at_40, &at_30]),
        (&at_40, vec![&at_40, &at_30]),
    ]
    .into_iter()
    .enumerate()
    {
        send_until_decided(&world, &format!("c{number}"), &cancelled(then)).await.ok();
        assert_eq!(told().await.iter().collect::<Vec<_>>(), times, "{number}");
        let shown = get_as(&world, "operator", "{harbour}", &id).await;
        assert_eq!(&&shown["cancelledAt"], times.last().unwrap());
        assert_eq!(entitlement(&world, &shown).await["endedAt"], shown["cancelledAt"]);
    }
    // A renewal between them leaves the one after it, and says so.
    let message = renewed("2026-01-05T09:45:00Z", "2031-01-01T00:00:00Z");
    send_until_decided(&world, "r1", &message).await.ok();
    let told_of = async || events(&world, "{harbour}", "subscription.renewed").await;
    let data = told_of().await[0]["data"].clone();
    assert_eq!((&data["cancelledAt"], told().await.len()), (&json!(at_50), 2));
    assert_eq!(get_as(&world, "operator", "{harbour}", &id).await["cancelledAt"], json!(at_50));
    let message = renewed("2026-01-05T09:55:00Z", "2031-01-01T00:00:00Z");
    send_until_decided(&world, "r2", &message).await.ok();
    let data = told_of().await[0]["data"].clone();
    assert_eq!((data.get("cancelledAt"), &data["endsAt"]), (None, &json!("2031-01-01T00:00:00.000Z")));
    assert_eq!(get_as(&world, "operator", "{harbour}", &id).await["status"], "pending-set-up");
    // A renewal that changes nothing leaves no event.
    let message = renewed("2026-01-05T09:56:00Z", "2030-06-01T00:00:00Z");
    send_until_decided(&world, "r3", &message).await.ok();
    assert_eq!(told_of().await.len(), 2);
}

/// Sends the same cancellations, renewals and order in random orders, each twice.
#[tokio::test(flavor = "multi_thread")]
async fn order_and_repetition_of_messages_do_not_change_the_end() {
    let lines = json!([line("subscription", "ER-1", "C-3", json!({"externalId": "H-1"}))]);
    let placed = json!({"orderId": "SO-H", "storeAccount": "ec-4711", "lines": lines});
    let messages = [
        message("order.placed", "2026-01-05T09:00:00Z", placed),
        cancelled("2026-01-05T09:10:00Z"),
        renewed("2026-01-05T09:20:00Z", "2030-01-01T00:00:00Z"),
        cancelled("2026-01-05T09:15:00Z"),
        cancelled("2026-01-05T09:40:00Z"),
        cancelled("2026-01-05T09:30:00Z"),
    ];
    for seed in strength::seeds(6, 200) {
        let world = World::demo().await;
        let mut sent: Vec<usize> = (0..messages.len()).chain(0..messages.len()).collect();
        Rng::with_seed(seed).shuffle(&mut sent);
        for (place, index) in sent.iter().enumerate() {
            send_until_decided(&world, &format!("m{place}"), &messages[*index]).await.ok();
        }
        let there = all(&world, "{harbour}").await;
        let shown = (&there[0]["cancelledAt"], &there[0]["endedAt"], &there[0]["endsAt"]);
        let (at, ends) = (json!("2026-01-05T09:30:00.000Z"), json!("2030-01-01T00:00:00.000Z"));
        assert_eq!(shown, (&at, &at, &ends), "{sent:?}");
        let owned = entitlement(&world, &there[0]).await;
        assert_eq!((&owned["endedAt"], &owned["endsAt"]), (&at, &ends), "{sent:?}");
        // The last event of each kind tells what is recorded.
        let told = events(&world, "{harbour}", "subscription.cancelled").await;
        let renewals = events(&world, "{harbour}", "subscription.renewed").await;
        let last = told.iter().chain(&renewals).max_by_key(|event| event["id"].as_str().unwrap().to_owned());
        assert_eq!(last.unwrap()["data"]["cancelledAt"], at, "{sent:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_end_is_before_the_start() {
    let world = World::demo().await;
    let more = json!({"externalId": "H-1", "startsAt": "2026-06-01T00:00:00Z"});
    let id = sell(&world, "SO-H", more.clone()).await;
    send_until_decided(&world, "c", &cancelled("2026-01-05T09:58:00Z")).await.ok();
    let shown = get_as(&world, "operator", "{harbour}", &id).await;
    let (start, at) = (json!("2026-06-01T00:00:00.000Z"), json!("2026-01-05T09:58:00.000Z"));
    assert_eq!(
        (&shown["status"], &shown["cancelledAt"], &shown["endedAt"]),
        (&json!("inactive"), &at, &start)
    );
    let owned = entitlement(&world, &shown).await;
    assert_eq!((&owned["status"], &owned["endedAt"]), (&json!("ended"), &start));
    // A renewal to an end before the start ends it at the start.
    let message = renewed("2026-01-05T09:59:00Z", "2026-02-01T00:00:00Z");
    send_until_decided(&world, "r", &message).await.ok();
    let shown = get_as(&world, "operator", "{harbour}", &id).await;
    assert_eq!(
        (&shown["status"], &shown["endsAt"], shown.get("endedAt")),
        (&json!("inactive"), &start, None)
    );
    let owned = entitlement(&world, &shown).await;
    assert_eq!((&owned["status"], &owned["endsAt"], owned.get("endedAt")), (&json!("ended"), &start, None));
    // The same holds for a deactivation.
    let other = sell(&world, "SO-I", json!({"startsAt": "2026-06-01T00:00:00Z"})).await;
    deactivate(&world, "operator", "{harbour}", &other).send().await.ok();
    let shown = get_as(&world, "operator", "{harbour}", &other).await;
    assert_eq!(shown["endedAt"], start);
    assert_eq!(entitlement(&world, &shown).await["endedAt"], start);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_to_what_is_over_do_not_count_towards_the_limit() {
    let world = World::demo().await;
    let hub = sell(&world, "SO-B", json!({})).await;
    let linked = |count: usize| -> Value {
        let one = line("app", "DS-1", "C-3", json!({"parents": [hub]}));
        vec![one; count].into()
    };
    let mut apps = Vec::new();
    for number in 0..5 {
        apps.extend(created_ids(&order(&world, &format!("SO-{number}"), linked(20)).await.ok()));
    }
    let data = |id: &str| json!({"orderId": id, "storeAccount": "ec-4711", "lines": linked(1)});
    let refused = send_message(&world, "m1", "order.placed", "2026-01-05T09:59:00Z", data("SO-X")).await;
    assert_eq!(refused.faults(), [("/data/lines/0/parents/0".to_owned(), "too-many-links".to_owned())]);
    // An app that is deactivated, and an order that is cancelled, make room; their links stay visible.
    deactivate(&world, "operator", "{harbour}", &apps[0]).send().await.ok();
    order(&world, "SO-X", linked(1)).await.ok();
    let refused = send_message(&world, "m2", "order.placed", "2026-01-05T09:59:00Z", data("SO-Y")).await;
    assert_eq!(refused.status, 422);
    send_message(&world, "m3", "order.cancelled", "2026-01-05T09:59:00Z", json!({"orderId": "SO-X"}))
        .await
        .ok();
    order(&world, "SO-Y", linked(1)).await.ok();
    assert_eq!(get_as(&world, "operator", "{harbour}", &hub).await["apps"].as_array().unwrap().len(), 102);
}
