//! `enable-partner-member`

use serde_json::Value;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("enable-partner-member", "/v1/partners/{partner}/members/{ren}/enable")
        .by("partnerAdmin")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn enabling_is_idempotent_and_restores_the_record() {
    let world = World::demo().await;
    let enable = || world.post("/v1/partners/{partner}/members/{ren}/enable").by("partnerAdmin");
    let contents = world.contents().await;
    enable().send().await.ok();
    world.assert_unchanged(&contents).await;
    world.post("/v1/partners/{partner}/members/{ren}/disable").by("operator").send().await.ok();
    let enabled = enable().send().await.ok();
    assert_eq!((&enabled["disabledAt"], &enabled["version"]), (&Value::Null, &3.into()));
    let contents = world.contents().await;
    assert_eq!(enable().send().await.ok(), enabled);
    world.assert_unchanged(&contents).await;
    let history = world.get("/v1/partners/{partner}/history?pageSize=1").by("partnerAdmin").send().await.ok();
    assert_eq!(history["items"][0]["type"], "member.enabled");
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    enable().assert_rejected(404, "not-found").await;
}
