//! `export-person`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("export-person", "/v1/people/export?email=sora%40yamada.example").by("operator").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_exports_everything_about_a_person() {
    let world = World::demo().await;
    let all = world.get("/v1/people/export?email=SORA%40yamada.example").by("operator").send().await.ok();
    assert_eq!(
        (&all["customers"][0]["id"], &all["customers"][0]["externalId"]),
        (&json!(world.id("sora")), &json!("Y-2"))
    );
    assert_eq!(all["entitlements"][0]["id"], world.id("ownEntitlement"));
    assert_eq!(all["serviceRequests"][0]["subject"], "A recorder is silent");
    assert_eq!(all["subscriptions"].as_array().unwrap().len(), 2, "{all}");
    assert!(all["events"].as_array().unwrap().iter().any(|one| one["type"] == "service-request.opened"));
    let ren = world.get("/v1/people/export?email=ren%40miyako.example").by("operator").send().await.ok();
    assert_eq!(
        (&ren["members"][0]["id"], &ren["grants"][0]["level"]),
        (&json!(world.id("ren")), &json!("look"))
    );
    let none = world.get("/v1/people/export?email=nobody%40x.example").by("operator").send().await.ok();
    assert_eq!((&none["customers"], &none["events"]), (&json!([]), &json!([])));
    let call = world.get("/v1/people/export?email=sora%40yamada.example").by("agent");
    call.assert_rejected(403, "role-not-allowed").await;
}
