//! Concurrent writes with conflicts that the embedded DynamoDB never has by itself.

use futures_util::future::join_all;
use serde_json::json;
use system::{Reply, World, canonical};

fn statuses(replies: &[Reply]) -> Vec<u16> {
    let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_assignments_never_oversell() {
    let world = World::deployed().await;
    // 95 licenses are available, enough for 11 assignments of 8.
    let replies = join_all((0..16).map(|number| {
        let lines = json!([{"licenseType": "edge-storage-1y", "quantity": 8}]);
        let call = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember");
        call.key(&format!("k-{number}")).json(json!({"organizationId": "{yamada}", "lines": lines})).decided()
    }));
    assert_eq!(statuses(&replies.await), [[201; 11].as_slice(), &[409; 5]].concat());
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, (100, 7, 93));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_deliveries_of_one_message_take_effect_once() {
    let world = World::deployed().await;
    let body = world.order("SO-9", "edge-storage-1y", 10);
    let replies = join_all((0..8).map(|_| world.message(world.id("secret"), "m-9", &body).decided())).await;
    assert_eq!(statuses(&replies), [200; 8]);
    assert!(replies.iter().all(|reply| reply.body == replies[0].body), "one effect has one answer");
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, (110, 105, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_updates_of_one_version_succeed_once() {
    let world = World::deployed().await;
    let replies = join_all((0..8).map(|number| {
        let call = world.patch("/v1/organizations/{yamada}").by("operator").header("if-match", "\"1\"");
        let zone = if number % 2 == 0 { "Asia/Tokyo" } else { "Europe/Istanbul" };
        call.json(json!({ "timeZone": zone })).decided()
    }));
    let replies = replies.await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{:?}", statuses(&replies));
    let refused = replies.iter().filter(|reply| reply.status != 200);
    assert!(refused.clone().all(|reply| reply.status == 412), "{:?}", statuses(&replies));
    let shown = canonical::one("get-organization").call(&world, "").send().await.ok();
    assert_eq!(shown["version"], 2);
}
