//! `remove-customer`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("remove-customer", "/v1/customers/{haruto}").by("contactManager").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_is_idempotent_and_frees_email_and_external_id() {
    let world = World::demo().await;
    let remove = || world.delete("/v1/customers/{sora}").by("contactManager");
    remove().header("if-match", "\"2\"").assert_rejected(412, "version-mismatch").await;
    let gone = remove().send().await;
    assert_eq!((gone.status, gone.body["removedAt"].is_string()), (200, true));
    let contents = world.contents().await;
    assert_eq!(remove().send().await.ok(), gone.body);
    world.assert_unchanged(&contents).await;
    let found = world.get("/v1/customers?email=sora%40yamada.example").by("operator").send().await.ok();
    assert_eq!(found, json!({"items": []}));
    let call = world.patch("/v1/customers/{sora}").by("operator").json(json!({"name": "x"}));
    call.assert_rejected(404, "not-found").await;
    let history =
        world.get("/v1/organizations/{yamada}/history?pageSize=1").by("contactManager").send().await.ok();
    assert_eq!(history["items"][0]["type"], "customer.removed");
    let body = json!({"email": "sora@yamada.example", "name": "Sora", "externalId": "Y-2"});
    let call = world.post("/v1/organizations/{yamada}/customers").by("operator").json(body);
    call.send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_contact_manager_loses_authority_at_once() {
    let world = World::demo().await;
    let found = world.get("/v1/customers?email=yuki%40yamada.example").by("operator").send().await.ok();
    let yuki = found["items"][0]["id"].as_str().unwrap().to_owned();
    world.delete(&format!("/v1/customers/{yuki}")).by("contactManager").send().await.ok();
    world
        .delete(&format!("/v1/customers/{yuki}"))
        .by("contactManager")
        .assert_rejected(404, "not-found")
        .await;
    world.delete("/v1/customers/{sora}").by("contactManager").assert_rejected(404, "not-found").await;
    let body = json!({"email": "h@yamada.example", "name": "Hana"});
    let call = world.post("/v1/organizations/{yamada}/customers").by("contactManager").json(body);
    call.assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_customer_is_not_found() {
    let world = World::demo().await;
    world.delete("/v1/customers/{sora}").by("otherContactManager").assert_rejected(404, "not-found").await;
    world.delete("/v1/customers/{sora}").by("agent").assert_rejected(403, "role-not-allowed").await;
    let absent = world.id("sora").replace("0002", "0009");
    world.delete(&format!("/v1/customers/{absent}")).by("operator").assert_rejected(404, "not-found").await;
}
