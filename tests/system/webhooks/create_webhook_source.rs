//! `create-webhook-source`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    let body = json!({"name": "Camera Store"});
    Payload::of("create-webhook-source", "/v1/webhook-sources").by("operator").json(&body).publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn secret_is_returned_and_replayed_but_never_stored() {
    let world = World::demo().await;
    let create =
        || world.post("/v1/webhook-sources").by("operator").key("k").json(json!({"name": "Camera Store"}));
    let created = create().send().await;
    assert_eq!(created.status, 201);
    let secret = created.body["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && standardwebhooks::Webhook::new(secret).is_ok());
    assert_eq!(created.body["mayNamePartners"], false);
    let replayed = create().send().await;
    assert_eq!((replayed.header("idempotent-replayed"), &replayed.bytes), (Some("true"), &created.bytes));
    for (key, item) in world.contents().await {
        assert!(!item.contains("whsec_") && !item.contains(&secret[6..]), "{key:?}");
    }
    let another = world.post("/v1/webhook-sources").by("operator").json(json!({"name": "Camera Store"}));
    assert_ne!(another.send().await.body["secret"], secret);
}
