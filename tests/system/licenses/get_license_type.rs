//! `get-license-type`

use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("get-license-type", "/v1/license-types/edge-storage-1y").by("customer").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn location_of_a_new_type_is_its_address() {
    let world = World::demo().await;
    let body = serde_json::json!({"code": "wall-2y", "name": "Wall", "term": "P2Y"});
    let created = world.post("/v1/license-types").by("operator").json(body).send().await;
    let path = created.header("location").unwrap().to_owned();
    for who in ["operator", "agent", "partnerMember", "customer"] {
        assert_eq!(world.get(&path).by(who).send().await.ok()["term"], "P2Y", "{who}");
    }
    world.get("/v1/license-types/none").by("customer").assert_rejected(404, "not-found").await;
}
