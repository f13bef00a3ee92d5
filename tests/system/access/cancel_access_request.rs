//! `cancel-access-request`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{ask, decide, events, individual_grantee, request_body};

#[test]
fn canonical_call_is_published() {
    Payload::of("cancel-access-request", "/v1/access-requests/{toCancel}/cancel")
        .by("partnerAdmin")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn author_cancels_and_another_member_is_refused() {
    let world = World::demo().await;
    let made =
        ask(&world, "partnerMember", request_body(individual_grantee("ren", "update"))).send().await.ok();
    let path = format!("/v1/access-requests/{}/cancel", made["id"].as_str().unwrap());
    world
        .post("/v1/access-requests/{toCancel}/cancel")
        .by("partnerMember")
        .assert_rejected(403, "admin-required")
        .await;
    let gone = world.post(&path).by("partnerMember").send().await.ok();
    assert_eq!(gone["state"], "cancelled");
    world.post(&path).by("partnerMember").assert_rejected(409, "request-not-pending").await;
    assert_eq!(decide(&world, "{toCancel}", "cancel", json!({})).send().await.ok()["state"], "cancelled");
    let recorded = events(&world, "/v1/partners/{partner}/history", "partnerMember").await;
    let cancelled: Vec<_> = recorded.iter().filter(|(kind, _)| kind == "access.cancelled").collect();
    let of_both = [&made["id"], &json!(world.id("toCancel"))].map(|id| json!({"requestId": id}));
    assert_eq!(cancelled.len(), 2);
    assert!(of_both.iter().all(|data| cancelled.iter().any(|(_, of)| of == data)), "{cancelled:?}");
    world
        .post("/v1/access-requests/{accessRequest}/cancel")
        .by("otherPartnerAdmin")
        .assert_rejected(404, "not-found")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn admin_cancels_the_request_of_a_member() {
    let world = World::demo().await;
    let made =
        ask(&world, "partnerMember", request_body(individual_grantee("ren", "update"))).send().await.ok();
    let path = format!("/v1/access-requests/{}/cancel", made["id"].as_str().unwrap());
    let cancelled = world.post(&path).by("partnerAdmin").send().await.ok();
    assert_eq!((&cancelled["state"], &cancelled["requestedBy"]), (&json!("cancelled"), &made["requestedBy"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_or_re_added_author_is_refused() {
    let world = World::demo().await;
    let made =
        ask(&world, "partnerMember", request_body(individual_grantee("ren", "update"))).send().await.ok();
    let path = format!("/v1/access-requests/{}/cancel", made["id"].as_str().unwrap());
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    world.post(&path).by("partnerMember").assert_rejected(404, "not-found").await;
    let again = json!({"email": "ren@miyako.example", "name": "Ren"});
    world.post("/v1/partners/{partner}/members").by("operator").json(again).send().await.ok();
    world.post(&path).by("partnerMember").assert_rejected(403, "admin-required").await;
}
