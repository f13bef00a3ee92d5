//! `create-organization`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    let body = json!({"name": "Hotel Miramar", "externalId": "C-77", "partnerId": "{partner}"});
    Payload::of("create-organization", "/v1/organizations").by("operator").json(&body).publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn organization_created_with_a_partner_becomes_its_customer() {
    let world = World::demo().await;
    let body = json!({"name": "Hotel Miramar", "partnerId": "{partner}"});
    let made = world.post("/v1/organizations").by("partnerAdmin").json(body).send().await;
    assert_eq!(made.status, 201);
    let id = made.body["id"].as_str().unwrap();
    assert_eq!(made.header("location"), Some(format!("/v1/organizations/{id}").as_str()));
    let assigned = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember").key("k");
    let lines = json!([{"licenseType": "edge-storage-1y", "quantity": 1}]);
    assigned.json(json!({"organizationId": id, "lines": lines})).send().await.ok();

    let events = |history: serde_json::Value| -> Vec<String> {
        let items = history["items"].as_array().unwrap().clone();
        items.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    };
    let history = world.get(&format!("/v1/organizations/{id}/history?order=asc")).by("operator");
    assert_eq!(
        events(history.send().await.ok()),
        ["organization.created", "partner.organization-added", "license.assigned"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partners_admin_creates_for_its_own_partner_only() {
    let world = World::demo().await;
    let create = |body| world.post("/v1/organizations").by("partnerAdmin").json(body);
    create(json!({"name": "x"})).assert_rejected(422, "partner-required").await;
    create(json!({"name": "x", "partnerId": "{otherPartner}"})).assert_rejected(422, "unknown-partner").await;
    let absent = world.id("partner").replace("0001", "0009");
    create(json!({"name": "x", "partnerId": absent})).assert_rejected(422, "unknown-partner").await;
    let operator = world.post("/v1/organizations").by("operator");
    operator.json(json!({"name": "x", "partnerId": absent})).assert_rejected(422, "unknown-partner").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn external_id_is_unique_per_creator() {
    let world = World::demo().await;
    let create = |who: &str, partner: &str| {
        let body = json!({"name": "x", "externalId": "C-1", "partnerId": partner});
        world.post("/v1/organizations").by(who).json(body)
    };
    create("operator", "{partner}").assert_rejected(409, "external-id-taken").await;
    create("partnerAdmin", "{partner}").send().await.ok();
    create("partnerAdmin", "{partner}").assert_rejected(409, "external-id-taken").await;
    create("otherPartnerAdmin", "{otherPartner}").send().await.ok();
}
