//! Reminders, expiries and lapses of access: the scheduled job records each once, even if it runs late,
//! concurrently or with injected failures.

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::World;

use super::{decide, events, grant, individual_grantee, resolved, send_request_for_id, set_time};

async fn tick(world: &World) {
    world.post("/_local/tick").send().await.ok();
}

/// Returns the recorded reminders and the expiry of a grant, oldest first: the days
/// that were left, 0 for the expiry.
async fn recorded_days(world: &World, grant: &Value) -> Vec<u64> {
    let events = events(world, "/v1/partners/{partner}/history", "operator").await.into_iter();
    let reminders =
        events.filter(|(kind, data)| kind.starts_with("access.expir") && data["grantId"] == *grant);
    reminders.map(|(_, data)| data["days"].as_u64().unwrap_or_default()).collect()
}

async fn grant_until(world: &World, name: &str, until: &str) -> Value {
    let mut more = individual_grantee(name, "update");
    more["expiresAt"] = until.into();
    let made = grant(world, "partner", more).send().await.ok();
    made["grants"].as_array().unwrap().last().unwrap()["id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reminder_and_the_expiry_are_recorded_once() {
    let world = World::demo().await;
    let grant = grant_until(&world, "ren", "2026-02-20T09:00:00Z").await;
    let week = grant_until(&world, "aiko", "2026-01-12T09:00:00Z").await;
    for (now, expected) in [
        ("2026-01-21T08:59:59Z", &[][..]),
        ("2026-01-21T09:00:00Z", &[30]),
        ("2026-02-13T08:59:59Z", &[30]),
        ("2026-02-13T09:00:30Z", &[30, 7]),
        ("2026-02-19T09:00:30Z", &[30, 7, 1]),
        ("2026-02-20T08:59:59Z", &[30, 7, 1]),
        ("2026-02-20T09:00:00Z", &[30, 7, 1, 0]),
        ("2026-02-28T09:00:00Z", &[30, 7, 1, 0]),
    ] {
        set_time(&world, now).await;
        join_all((0..3).map(|_| tick(&world))).await;
        assert_eq!(recorded_days(&world, &grant).await, expected, "{now}");
    }
    assert_eq!(
        recorded_days(&world, &week).await,
        [0],
        "nobody looked for a week: what is over is not announced"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn delayed_schedule_records_each_event_once_and_skips_ended_grants() {
    let world = World::demo().await;
    let end = "2026-03-20T09:00:00Z";
    let replaced = grant_until(&world, "ren", end).await;
    let grant = grant_until(&world, "ren", end).await;
    let revoked = grant_until(&world, "aiko", end).await;
    let path = format!("/v1/organizations/{{yamada}}/access/{{partner}}/{}", revoked.as_str().unwrap());
    world.delete(&path).by("contactManager").send().await.ok();
    let mut request_body = individual_grantee("aiko", "update");
    request_body["expiresAt"] = end.into();
    let request = send_request_for_id(&world, request_body).await;
    decide(&world, &request, "approve", json!({})).send().await.ok();
    let shown = world.get("/v1/organizations/{yamada}/access").by("contactManager").send().await.ok();
    let removed = shown["items"][0]["grants"].as_array().unwrap().last().unwrap()["id"].clone();
    let stranger = grant_until(&world, "nobody", end).await;
    world.delete("/v1/partners/{partner}/members/{aiko}").by("operator").send().await.ok();
    // The scheduled job is late: the reminders 30 and 7 days before the expiry are overdue. Now two runs are
    // concurrent and meet injected failures.
    set_time(&world, "2026-03-19T10:00:00Z").await;
    world.chaos(4, 5);
    join_all((0..2).map(|_| tick(&world))).await;
    world.chaos(0, 0);
    tick(&world).await;
    let log = "/v1/partners/{partner}/history";
    let of = |grant: Value| {
        let world = &world;
        async move {
            let reminders = events(world, log, "operator").await.into_iter();
            let reminders =
                reminders.filter(|(kind, data)| kind.starts_with("access.expir") && data["grantId"] == grant);
            reminders.map(|(_, data)| data["days"].as_u64().unwrap_or_default()).collect::<Vec<_>>()
        }
    };
    assert_eq!(of(grant.clone()).await, [1], "only that it is over tomorrow");
    set_time(&world, "2026-03-27T09:00:00Z").await;
    for seed in 0..4 {
        world.chaos(3, seed);
        join_all((0..2).map(|_| tick(&world))).await;
    }
    world.chaos(0, 0);
    tick(&world).await;
    assert_eq!(of(grant).await, [1, 0]);
    assert_eq!(of(removed).await, [0], "who is no member any more is not reminded");
    assert_eq!(of(stranger).await, [1, 0], "a reminder does not tell whether an e-mail is a member's");
    for gone in [replaced, revoked] {
        assert_eq!(of(gone).await, [0; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_lapses_after_ninety_days_once() {
    let world = World::demo().await;
    let id = send_request_for_id(&world, individual_grantee("ren", "update")).await;
    let lapsed = async || {
        let log = events(&world, "/v1/partners/{partner}/history", "partnerAdmin").await.into_iter();
        log.filter(|(kind, data)| kind == "access.lapsed" && data["requestId"] == id).count()
    };
    set_time(&world, "2026-04-05T09:00:00Z").await;
    tick(&world).await;
    assert_eq!(lapsed().await, 0);
    set_time(&world, "2026-04-12T10:00:00Z").await;
    for _ in 0..2 {
        join_all((0..2).map(|_| tick(&world))).await;
        assert_eq!(lapsed().await, 1);
    }
    let shown = world.get(&format!("/v1/access-requests/{id}")).by("partnerMember").send().await.ok();
    let pending = world.get("/v1/partners/{partner}/access").by("partnerMember").send().await.ok();
    assert_eq!((&shown["state"], &pending["items"][0]["pending"]), (&json!("lapsed"), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_lapses_at_its_own_expiry_once() {
    let world = World::demo().await;
    let mut more = individual_grantee("ren", "update");
    more["expiresAt"] = "2026-01-10T09:00:00Z".into();
    let id = send_request_for_id(&world, more).await;
    let path = format!("/v1/access-requests/{id}");
    let state = async || world.get(&path).by("partnerMember").send().await.ok()["state"].clone();
    set_time(&world, "2026-01-10T08:59:59.999Z").await;
    tick(&world).await;
    assert_eq!(state().await, "pending");
    set_time(&world, "2026-01-10T09:00:00Z").await;
    assert_eq!(state().await, "lapsed", "before the scheduled job has run");
    for verb in ["approve", "decline", "cancel"] {
        let refused = decide(&world, &id, verb, json!({})).assert_rejected(409, "request-not-pending").await;
        assert!(refused.body["detail"].as_str().unwrap().contains("lapsed"), "{verb}");
    }
    let pending = world.get("/v1/partners/{partner}/access").by("partnerMember").send().await.ok();
    assert!(!pending["items"][0]["pending"].as_array().unwrap().contains(&json!(id)));
    for _ in 0..2 {
        join_all((0..2).map(|_| tick(&world))).await;
        let log = events(&world, "/v1/partners/{partner}/history", "partnerAdmin").await.into_iter();
        assert_eq!(log.filter(|(kind, data)| kind == "access.lapsed" && data["requestId"] == id).count(), 1);
    }
}

/// Grants access for 90 days, from the time at which the demo world is complete, with automatic extension.
async fn grant_for_90_days(world: &World, name: &str) -> Value {
    set_time(world, "2026-01-05T10:00:00Z").await;
    let mut more = individual_grantee(name, "update");
    more["expiresAt"] = "2026-04-05T10:00:00Z".into();
    more["autoExtend"] = true.into();
    let made = grant(world, "partner", more).send().await.ok();
    let made = made["grants"].as_array().unwrap().last().unwrap();
    assert_eq!((&made["createdAt"], &made["autoExtend"]), (&json!("2026-01-05T10:00:00.000Z"), &json!(true)));
    made["id"].clone()
}

/// Returns the new expiries of a grant in the extensions that a log has.
async fn extended(world: &World, log: &str, grant: &Value) -> Vec<String> {
    let events = events(world, log, "operator").await.into_iter();
    let extended = events.filter(|(kind, data)| kind == "access.extended" && data["grantId"] == *grant);
    extended.map(|(_, data)| data["expiresAt"].as_str().unwrap().to_owned()).collect()
}

const PARTNER_LOG: &str = "/v1/partners/{partner}/history";

#[tokio::test(flavor = "multi_thread")]
async fn grant_is_extended_once_per_term_and_told_to_both_sides() {
    let world = World::demo().await;
    let grant = grant_for_90_days(&world, "ren").await;
    for (now, expected) in [
        ("2026-03-06T09:59:59.999Z", &[][..]),
        ("2026-03-06T10:00:00Z", &["2026-07-04T10:00:00.000Z"]),
        ("2026-06-04T09:59:59.999Z", &["2026-07-04T10:00:00.000Z"]),
        ("2026-06-20T00:00:00Z", &["2026-07-04T10:00:00.000Z", "2026-10-02T10:00:00.000Z"]),
    ] {
        set_time(&world, now).await;
        join_all((0..3).map(|_| tick(&world))).await;
        tick(&world).await;
        for log in [PARTNER_LOG, "/v1/organizations/{yamada}/history"] {
            assert_eq!(extended(&world, log, &grant).await, expected, "{now} {log}");
        }
    }
    assert_eq!(recorded_days(&world, &grant).await, [0; 0], "an end that moves is not announced");
    let shown = resolved(&world, "ren").await;
    assert_eq!(
        (&shown["level"], &shown["expiresAt"]),
        (&json!("update"), &json!("2026-10-02T10:00:00.000Z"))
    );
    // Switched off, it gets the reminders of its last expiry, and expires.
    let path = format!("/v1/organizations/{{yamada}}/access/{{partner}}/{}", grant.as_str().unwrap());
    world.patch(&path).by("contactManager").json(json!({"autoExtend": false})).send().await.ok();
    for now in
        ["2026-09-02T10:00:00Z", "2026-09-25T10:00:00Z", "2026-10-01T10:00:00Z", "2026-10-02T10:00:00Z"]
    {
        set_time(&world, now).await;
        tick(&world).await;
    }
    assert_eq!(recorded_days(&world, &grant).await, [30, 7, 1, 0]);
    assert_eq!(extended(&world, PARTNER_LOG, &grant).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_revoked_and_removed_are_not_extended() {
    let world = World::demo().await;
    let expired = grant_for_90_days(&world, "ren").await;
    set_time(&world, "2026-04-05T10:00:00Z").await;
    assert_ne!(resolved(&world, "ren").await["level"], "update", "expired, though the job is late");
    tick(&world).await;
    assert_eq!(
        (extended(&world, PARTNER_LOG, &expired).await.len(), recorded_days(&world, &expired).await),
        (0, vec![0])
    );

    let world = World::demo().await;
    let revoked = grant_for_90_days(&world, "ren").await;
    let stranger = grant_for_90_days(&world, "nobody").await;
    let mut wanted = individual_grantee("aiko", "update");
    wanted["expiresAt"] = "2026-04-05T10:00:00Z".into();
    let request = send_request_for_id(&world, wanted).await;
    decide(&world, &request, "approve", json!({"autoExtend": true})).send().await.ok();
    let removed = resolved(&world, "aiko").await["grant"].clone();
    assert_eq!((&removed["requestId"], &removed["autoExtend"]), (&json!(request), &json!(true)));
    world.delete("/v1/partners/{partner}/members/{aiko}").by("operator").send().await.ok();
    let path = format!("/v1/organizations/{{yamada}}/access/{{partner}}/{}", revoked.as_str().unwrap());
    world.delete(&path).by("contactManager").send().await.ok();
    set_time(&world, "2026-03-06T10:00:00Z").await;
    tick(&world).await;
    tick(&world).await;
    for (grant, times) in [(&revoked, 0), (&removed["id"], 0), (&stranger, 1)] {
        assert_eq!(extended(&world, PARTNER_LOG, grant).await.len(), times, "{grant}");
    }
    let log = events(&world, PARTNER_LOG, "operator").await.into_iter();
    let stopped: Vec<_> = log.filter(|(kind, _)| kind == "access.updated").map(|(_, data)| data).collect();
    assert_eq!(stopped, [json!({"grantId": removed["id"], "autoExtend": false})]);
    set_time(&world, "2026-04-05T10:00:00Z").await;
    tick(&world).await;
    assert_eq!(recorded_days(&world, &removed["id"]).await, [0]);
    // An extension can be revoked at once.
    let path = format!("/v1/organizations/{{yamada}}/access/{{partner}}/{}", stranger.as_str().unwrap());
    world.delete(&path).by("contactManager").send().await.ok();
    set_time(&world, "2026-06-20T10:00:00Z").await;
    tick(&world).await;
    assert_eq!(extended(&world, PARTNER_LOG, &stranger).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn reminder_is_recorded_once_after_backoff_when_the_record_is_repaired() {
    let world = World::demo().await;
    let grant = grant_until(&world, "ren", "2026-02-20T09:00:00Z").await;
    tick(&world).await;
    let spoil = async |name: &str, other: &str| {
        let items = system::items(&world.client, &world.table).await;
        let of = |(pk, sk): &(String, String)| pk.ends_with(world.id("yamada")) && sk.starts_with("ACCESS#");
        let (_, mut item) = items.into_iter().find(|(key, _)| of(key)).unwrap();
        let moved = item.remove(name).unwrap();
        item.insert(other.to_owned(), moved);
        world.client.put_item().table_name(&world.table).set_item(Some(item)).send().await.unwrap();
    };
    // The stored record becomes unreadable, so that the run fails.
    spoil("grants", "lost").await;
    set_time(&world, "2026-01-21T09:00:00Z").await;
    assert_eq!(world.post("/_local/tick").send().await.status, 500);
    spoil("lost", "grants").await;
    assert_eq!(recorded_days(&world, &grant).await, [0; 0]);
    set_time(&world, "2026-01-21T09:00:59.999Z").await;
    tick(&world).await;
    assert_eq!(recorded_days(&world, &grant).await, [0; 0]);
    set_time(&world, "2026-01-21T09:01:00Z").await;
    join_all((0..3).map(|_| tick(&world))).await;
    tick(&world).await;
    assert_eq!(recorded_days(&world, &grant).await, [30]);
}
