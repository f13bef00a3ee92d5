//! `get-webhook-source`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("get-webhook-source", "/v1/webhook-sources/{source}").by("operator").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn location_of_a_new_source_is_its_address_and_shows_no_secret() {
    let world = World::demo().await;
    let created = world.post("/v1/webhook-sources").by("operator").json(json!({"name": "Shop"})).send().await;
    let path = created.header("location").unwrap().to_owned();
    let shown = world.get(&path).by("operator").send().await.ok();
    assert_eq!((&shown["name"], shown.get("secret")), (&json!("Shop"), None));
    world.post(&format!("{path}/disable")).by("operator").send().await.ok();
    assert!(world.get(&path).by("operator").send().await.ok()["disabledAt"].is_string());
    for who in ["agent", "partnerAdmin", "contactManager"] {
        world.get(&path).by(who).assert_rejected(403, "role-not-allowed").await;
    }
    let nobody = "/v1/webhook-sources/src_019b8c3e-5c00-7000-8000-000000000009";
    world.get(nobody).by("operator").assert_rejected(404, "not-found").await;
}
