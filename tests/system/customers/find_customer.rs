//! `find-customer`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("find-customer", "/v1/customers?email=sora%40yamada.example").by("agent").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn email_finds_the_person_in_every_organization() {
    let world = World::demo().await;
    let body = json!({"email": "sora@yamada.example", "name": "Sora"});
    world.post("/v1/customers").by("operator").json(body.clone()).send().await.ok();
    world.post("/v1/organizations/{bogazici}/customers").by("operator").json(body).send().await.ok();
    for who in ["operator", "agent"] {
        let path = "/v1/customers?email=Sora%40YAMADA.example";
        let found = world.get(path).by(who).send().await.ok();
        let items = found["items"].as_array().unwrap().iter();
        let organizations: Vec<_> = items.map(|customer| customer["organizationId"].as_str()).collect();
        assert_eq!(organizations, [Some(world.id("yamada")), None, Some(world.id("bogazici"))]);
    }
    let none = world.get("/v1/customers?email=nobody%40x.example").by("agent").send().await.ok();
    assert_eq!(none, json!({"items": []}));
    world.get("/v1/customers").by("agent").assert_rejected(400, "invalid-request").await;
    world.get("/v1/customers?email=nobody").by("agent").assert_rejected(400, "invalid-request").await;
}
