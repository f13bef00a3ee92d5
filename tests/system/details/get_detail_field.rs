//! `get-detail-field`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("get-detail-field", "/v1/detail-fields/{field}").by("customer").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn location_of_a_new_field_is_its_address_for_its_viewers() {
    let world = World::demo().await;
    let body = json!({"name": "Floor", "type": {"name": "TEXT"}, "viewers": ["operator", "agent"]});
    let created = world.post("/v1/detail-fields").by("operator").json(body).send().await;
    let path = created.header("location").unwrap().to_owned();
    for who in ["operator", "agent"] {
        assert_eq!(world.get(&path).by(who).send().await.ok()["name"], "Floor", "{who}");
    }
    for who in ["partnerAdmin", "customer", "contactManager"] {
        world.get(&path).by(who).assert_rejected(404, "not-found").await;
    }
    world.patch(&path).by("operator").json(json!({"archived": true})).send().await.ok();
    assert!(world.get(&path).by("agent").send().await.ok()["archivedAt"].is_string());
    let nobody = "/v1/detail-fields/fld_019b8c3e-5c00-7000-8000-000000000009";
    world.get(nobody).by("operator").assert_rejected(404, "not-found").await;
}
