//! `create-license-type`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    let body = json!({"code": "face-search-1y", "name": "Face search, 1 year", "term": "P1Y"});
    Payload::of("create-license-type", "/v1/license-types").by("operator").json(&body).publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn location_and_history_use_the_code() {
    let world = World::demo().await;
    let body = json!({"code": "face-search-18m", "name": "Face search", "term": "P18M"});
    let made = world.post("/v1/license-types").by("operator").json(body).send().await;
    assert_eq!((made.status, made.header("location")), (201, Some("/v1/license-types/face-search-18m")));
    assert_eq!(made.body["term"], "P1Y6M");
    let history = world.get("/v1/history?licenseType=face-search-18m").by("operator").send().await.ok();
    assert_eq!(history["items"][0]["type"], "license-type.created");
}

#[tokio::test(flavor = "multi_thread")]
async fn taken_or_invalid_code_is_refused() {
    let world = World::demo().await;
    let create = |body| world.post("/v1/license-types").by("operator").json(body);
    create(json!({"code": "edge-storage-1y", "name": "x", "term": "P1Y"}))
        .assert_rejected(409, "license-type-exists")
        .await;
    let reply = create(json!({"code": "Edge Storage", "name": " ", "term": "1 year"}))
        .assert_rejected(400, "invalid-request");
    let faults = reply.await.faults();
    let codes: Vec<_> = faults.iter().map(|(at, code)| (at.as_str(), code.as_str())).collect();
    assert_eq!(
        codes,
        [("/code", "invalid-code"), ("/name", "surrounding-space"), ("/term", "invalid-duration")]
    );
}
