//! `disable-customer`

use serde_json::json;
use system::World;
use system::payload::Payload;

use crate::access::{grant, individual_grantee};

#[test]
fn canonical_call_is_published() {
    Payload::of("disable-customer", "/v1/customers/{sora}/disable").by("contactManager").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn disabling_is_idempotent_and_keeps_the_email() {
    let world = World::demo().await;
    let disable = || world.post("/v1/customers/{sora}/disable").by("contactManager");
    disable().header("if-match", "\"2\"").assert_rejected(412, "version-mismatch").await;
    let disabled = disable().send().await.ok();
    assert!(disabled["disabledAt"].is_string() && disabled["removedAt"].is_null(), "{disabled}");
    let contents = world.contents().await;
    assert_eq!(disable().send().await.ok(), disabled);
    world.assert_unchanged(&contents).await;
    let again = json!({"email": "sora@yamada.example", "name": "Sora"});
    let call = world.post("/v1/organizations/{yamada}/customers").by("operator").json(again);
    call.assert_rejected(409, "email-taken").await;
    let history =
        world.get("/v1/organizations/{yamada}/history?pageSize=1").by("contactManager").send().await.ok();
    assert_eq!(history["items"][0]["type"], "customer.disabled");
    assert_eq!(history["items"][0]["data"], json!({"customerId": world.id("sora")}));
    world.delete("/v1/customers/{sora}").by("operator").send().await.ok();
    disable().assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_customer_has_no_rights_until_it_is_enabled() {
    let world = World::demo().await;
    let found = world.get("/v1/customers?email=yuki%40yamada.example").by("operator").send().await.ok();
    let yuki = format!("/v1/customers/{}", found["items"][0]["id"].as_str().unwrap());
    world.post(&format!("{yuki}/disable")).by("contactManager").send().await.ok();
    for verb in ["disable", "enable"] {
        world.post(&format!("{yuki}/{verb}")).by("contactManager").assert_rejected(404, "not-found").await;
        let other = format!("/v1/customers/{{sora}}/{verb}");
        world.post(&other).by("contactManager").assert_rejected(404, "not-found").await;
    }
    world.delete(&yuki).by("contactManager").assert_rejected(404, "not-found").await;
    world
        .patch(&yuki)
        .by("contactManager")
        .json(json!({"name": "Y"}))
        .assert_rejected(404, "not-found")
        .await;
    let all =
        json!({"partnerId": "{partner}", "expiresAt": "2026-02-05T09:00:00Z", "organizationLevel": "look"});
    let give = || world.post("/v1/organizations/{yamada}/access").by("contactManager").json(all.clone());
    give().assert_rejected(404, "not-found").await;
    world.post(&format!("{yuki}/enable")).by("operator").send().await.ok();
    give().send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn last_enabled_contact_manager_cannot_be_disabled() {
    let world = World::demo().await;
    let found = world.get("/v1/customers?email=yuki%40yamada.example").by("operator").send().await.ok();
    let yuki = format!("/v1/customers/{}", found["items"][0]["id"].as_str().unwrap());
    let operator = |path: &str| world.post(path).by("operator");
    operator("/v1/customers/{haruto}/disable").send().await.ok();
    operator(&format!("{yuki}/disable")).assert_rejected(409, "last-contact-manager").await;
    world.delete(&yuki).by("operator").assert_rejected(409, "last-contact-manager").await;
    // The disabled contact manager does not count, so it can be demoted, removed and appointed.
    for manager in [false, true] {
        let call = world.patch("/v1/customers/{haruto}").by("operator").json(json!({"manager": manager}));
        call.send().await.ok();
        world.delete(&yuki).by("operator").assert_rejected(409, "last-contact-manager").await;
    }
    operator("/v1/customers/{haruto}/enable").send().await.ok();
    operator(&format!("{yuki}/disable")).send().await.ok();
    world.delete("/v1/customers/{haruto}").by("operator").assert_rejected(409, "last-contact-manager").await;
    world.delete(&yuki).by("operator").send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn unauthorized_caller_is_refused() {
    let world = World::demo().await;
    let path = "/v1/customers/{sora}/disable";
    world.post(path).by("otherContactManager").assert_rejected(404, "not-found").await;
    world.post(path).by("agent").assert_rejected(403, "role-not-allowed").await;
    grant(&world, "partner", individual_grantee("ren", "service-admin")).send().await.ok();
    world.post(path).by("partnerMember").assert_rejected(403, "access-level-too-low").await;
    grant(&world, "partner", individual_grantee("ren", "full-admin")).send().await.ok();
    let manager = world.post("/v1/customers/{haruto}/disable").by("partnerMember");
    manager.assert_rejected(403, "contact-manager-restricted").await;
    world.post(path).by("partnerMember").send().await.ok();
    let own = json!({"email": "sora@yamada.example", "name": "Sora"});
    world.post("/v1/partners/{partner}/members").by("operator").json(own).send().await.ok();
    let enable = world.post("/v1/customers/{sora}/enable").by("partnerMember");
    enable.assert_rejected(422, "self-management-forbidden").await;
}
