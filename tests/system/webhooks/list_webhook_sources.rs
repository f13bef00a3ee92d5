//! `list-webhook-sources`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("list-webhook-sources", "/v1/webhook-sources").by("operator").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_are_listed_without_their_secrets() {
    let world = World::demo().await;
    let created = world
        .post("/v1/webhook-sources")
        .by("operator")
        .json(json!({"name": "Camera Store"}))
        .send()
        .await
        .ok();
    let reply = world.get("/v1/webhook-sources").by("operator").send().await;
    let text = String::from_utf8(reply.bytes.clone()).unwrap();
    let page = reply.ok();
    let names: Vec<_> =
        page["items"].as_array().unwrap().iter().map(|source| source["name"].clone()).collect();
    assert_eq!(names, ["Edge Store", "Camera Store"]);
    assert!(!text.contains("whsec_") && !text.contains(&created["secret"].as_str().unwrap()[6..]));
}
