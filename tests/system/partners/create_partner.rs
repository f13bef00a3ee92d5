//! `create-partner`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    let body = json!({"name": "Nordlicht Systemhaus", "externalId": "P-2001"});
    Payload::of("create-partner", "/v1/partners").by("operator").json(&body).publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn new_partner_has_one_created_event_in_its_history() {
    let world = World::demo().await;
    let made =
        world.post("/v1/partners").by("operator").json(json!({"name": "Nordlicht", "externalId": "P-9"}));
    let made = made.send().await;
    assert_eq!((made.status, made.header("etag")), (201, Some("\"1\"")));
    let id = made.body["id"].as_str().unwrap();
    assert_eq!(made.header("location"), Some(format!("/v1/partners/{id}").as_str()));
    assert_eq!(
        world.timeless(made.body.clone()),
        json!({"id": id, "name": "Nordlicht", "externalId": "P-9", "version": 1})
    );
    let history = world.get(&format!("/v1/partners/{id}/history")).by("operator").send().await.ok();
    assert_eq!(history["items"].as_array().unwrap().len(), 1);
    assert_eq!(history["items"][0]["type"], "partner.created");
    assert_eq!(history["items"][0]["data"], json!({"name": "Nordlicht", "externalId": "P-9"}));
    assert_eq!(history["items"][0]["partner"], json!({"id": id, "name": "Nordlicht"}));
    assert_eq!(
        history["items"][0]["actor"],
        json!({"type": "operator", "id": "olivia", "email": "olivia@vendor.example"})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn taken_external_id_is_refused() {
    let world = World::demo().await;
    let again = world.post("/v1/partners").by("operator").json(json!({"name": "x", "externalId": "P-1001"}));
    let reply = again.clone().assert_rejected(409, "external-id-taken").await;
    assert_eq!(reply.faults(), [("/externalId".to_owned(), "external-id-taken".to_owned())]);
}
