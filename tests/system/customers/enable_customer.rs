//! `enable-customer`

use serde_json::Value;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("enable-customer", "/v1/customers/{sora}/enable").by("contactManager").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn enabling_is_idempotent_and_restores_the_record() {
    let world = World::demo().await;
    let enable = || world.post("/v1/customers/{sora}/enable").by("contactManager");
    let contents = world.contents().await;
    let before = enable().send().await.ok();
    world.assert_unchanged(&contents).await;
    world.post("/v1/customers/{sora}/disable").by("operator").send().await.ok();
    let enabled = enable().send().await.ok();
    assert_eq!((&enabled["disabledAt"], &enabled["version"]), (&Value::Null, &3.into()));
    assert_eq!(enabled["email"], before["email"]);
    let contents = world.contents().await;
    assert_eq!(enable().send().await.ok(), enabled);
    world.assert_unchanged(&contents).await;
    let history =
        world.get("/v1/organizations/{yamada}/history?pageSize=1").by("contactManager").send().await.ok();
    assert_eq!(history["items"][0]["type"], "customer.enabled");
    world.delete("/v1/customers/{sora}").by("operator").send().await.ok();
    enable().assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unauthorized_caller_is_refused() {
    let world = World::demo().await;
    let enable = || world.post("/v1/customers/{sora}/enable");
    enable().by("otherContactManager").assert_rejected(404, "not-found").await;
    enable().by("agent").assert_rejected(403, "role-not-allowed").await;
}
