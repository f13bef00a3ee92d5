//! `end-entitlement`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{OF_CUSTOMER, OF_ORGANIZATION, create, events, seen};

#[test]
fn canonical_calls_are_published() {
    Payload::of("end-entitlement-of-customer", "/v1/customers/{sora}/entitlements/{ownEntitlement}/end")
        .by("operator")
        .publish();
    Payload::of(
        "end-entitlement-of-organization",
        "/v1/organizations/{yamada}/entitlements/{entitlement}/end",
    )
    .by("operator")
    .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_entitlement_is_kept_and_shown_as_ended() {
    let world = World::demo().await;
    for path in [OF_ORGANIZATION, OF_CUSTOMER] {
        let end = || world.post(&format!("{path}/end")).by("operator");
        let ended = end().send().await.ok();
        assert_eq!((&ended["status"], &ended["version"]), (&json!("ended"), &json!(2)));
        assert_eq!(seen(&world, path, "customer").await["endedAt"], ended["endedAt"]);
        let contents = world.contents().await;
        assert_eq!(end().send().await.ok(), ended, "again it changes nothing");
        world.assert_unchanged(&contents).await;
        end().header("if-match", "\"1\"").assert_rejected(412, "version-mismatch").await;
    }
    let (kind, data) =
        events(&world, "/v1/organizations/{yamada}/history", "contactManager").await.pop().unwrap();
    let ended_at = seen(&world, OF_ORGANIZATION, "customer").await["endedAt"].clone();
    let expected = json!({"entitlementId": world.id("entitlement"), "endedAt": ended_at});
    assert_eq!((&*kind, data), ("entitlement.ended", expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn upcoming_entitlement_ends_at_its_start() {
    let world = World::demo().await;
    let body = json!({"productId": "{product}", "startsAt": "2027-01-01T00:00:00Z"});
    let made = create(&world, "organizations/{sol}", body).send().await.ok();
    assert_eq!(made["status"], "upcoming");
    let path = format!("/v1/organizations/{{sol}}/entitlements/{}/end", made["id"].as_str().unwrap());
    let ended = world.post(&path).by("operator").send().await.ok();
    assert_eq!((&ended["status"], &ended["endedAt"]), (&json!("ended"), &made["startsAt"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_entitlement_is_left_unchanged() {
    let world = World::demo().await;
    let body = json!({"productId": "{product}", "endsAt": "2020-01-01T00:00:00Z"});
    let made = create(&world, "organizations/{sol}", body).send().await.ok();
    assert_eq!(made["status"], "ended");
    let contents = world.contents().await;
    let path = format!("/v1/organizations/{{sol}}/entitlements/{}/end", made["id"].as_str().unwrap());
    assert_eq!(world.post(&path).by("operator").send().await.ok()["version"], 1);
    world.assert_unchanged(&contents).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_roles_and_absent_entitlement_are_refused() {
    let world = World::demo().await;
    for who in ["agent", "contactManager", "partnerAdmin"] {
        world.post(&format!("{OF_ORGANIZATION}/end")).by(who).assert_rejected(403, "role-not-allowed").await;
    }
    let absent = "/v1/organizations/{sol}/entitlements/{entitlement}/end";
    world.post(absent).by("operator").assert_rejected(404, "not-found").await;
}
