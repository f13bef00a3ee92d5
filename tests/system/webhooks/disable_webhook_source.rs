//! `disable-webhook-source`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::rotate_webhook_secret::order;

#[test]
fn canonical_call_is_published() {
    Payload::of("disable-webhook-source", "/v1/webhook-sources/{source}/disable").by("operator").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_source_is_refused_at_once_and_earlier_orders_remain() {
    let world = World::demo().await;
    assert_eq!(order(&world, world.id("secret"), "a").await.status, 200);
    let rotated = world.post("/v1/webhook-sources/{source}/rotate-secret").by("operator").key("k");
    let rotated = rotated.send().await.ok();
    let disable = || world.post("/v1/webhook-sources/{source}/disable").by("operator");
    let disabled = disable().send().await;
    assert_eq!(disabled.header("etag"), Some("\"3\""));
    assert!(disabled.body["disabledAt"].is_string() && disabled.body["secret"].is_null());
    let contents = world.contents().await;
    for secret in [world.id("secret"), rotated["secret"].as_str().unwrap()] {
        for id in ["a", "b"] {
            let refused = order(&world, secret, id).await;
            assert_eq!((refused.status, refused.code()), (401, "invalid-signature"));
        }
    }
    world.assert_unchanged(&contents).await;
    assert_eq!(disable().send().await.ok(), disabled.body, "again is no change");
    world.assert_unchanged(&contents).await;
    assert_eq!(world.pool("partnerMember", "partner", "edge-storage-1y").await, (101, 96, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn linking_to_a_disabled_source_is_refused() {
    let world = World::demo().await;
    world.post("/v1/webhook-sources/{source}/disable").by("operator").send().await.ok();
    let link = |who: &str, body| world.put("/v1/partners/{newPartner}/store").by(who).json(body);
    let proof = world.proof(world.id("newPartner"), "ec-9", 600);
    let body = json!({"sourceId": "{source}", "account": "ec-9"});
    link("operator", body).assert_rejected(422, "unknown-source").await;
    let body = json!({"sourceId": "{source}", "account": "ec-9", "proof": proof});
    link("newPartnerAdmin", body).assert_rejected(422, "invalid-proof").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn if_match_is_checked_even_when_already_disabled() {
    let world = World::demo().await;
    let disable = || world.post("/v1/webhook-sources/{source}/disable").by("operator");
    disable().header("if-match", "\"2\"").assert_rejected(412, "version-mismatch").await;
    disable().header("if-match", "\"1\"").send().await.ok();
    disable().header("if-match", "\"1\"").assert_rejected(412, "version-mismatch").await;
    disable().header("if-match", "\"2\"").send().await.ok();
}
