//! `export-person`

use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

use super::whole_export;
use crate::access::{grant, individual_grantee};
use crate::service_requests::PATH;
use crate::subscriptions::{line, send_message};

#[test]
fn canonical_call_is_published() {
    Payload::of("export-person", "/v1/people/export?email=sora%40yamada.example").by("operator").publish();
}

async fn export(world: &World, email: &str) -> Value {
    let path = format!("/v1/people/export?email={}", email.replace('@', "%40"));
    whole_export(world, &path, &world.token("operator"), 25).await
}

fn has_event(export: &Value, event_type: &str) -> bool {
    export["events"].as_array().unwrap().iter().any(|one| one["type"] == event_type)
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_exports_everything_about_a_person() {
    let world = World::demo().await;
    let update = format!("{PATH}/{{serviceRequest}}/updates");
    world.post(&update).by("customer").json(json!({"text": "Still silent."})).send().await.ok();
    let all = export(&world, "SORA@yamada.example").await;
    assert_eq!(
        (&all["customers"][0]["id"], &all["customers"][0]["externalId"]),
        (&json!(world.id("sora")), &json!("Y-2"))
    );
    assert_eq!(all["entitlements"][0]["id"], world.id("ownEntitlement"));
    assert_eq!(all["serviceRequests"][0]["subject"], "A recorder is silent");
    assert_eq!(all["subscriptions"].as_array().unwrap().len(), 2, "{all}");
    let written = &all["updates"][0];
    assert_eq!(
        (&written["text"], &written["organizationId"]),
        (&json!("Still silent."), &json!(world.id("yamada")))
    );
    assert!(has_event(&all, "service-request.opened"));
    let ren = export(&world, "ren@miyako.example").await;
    assert_eq!(
        (&ren["members"][0]["id"], &ren["grants"][0]["level"]),
        (&json!(world.id("ren")), &json!("look"))
    );
    let none = export(&world, "nobody@x.example").await;
    assert_eq!((&none["customers"], &none["events"]), (&json!([]), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_any_size_have_the_same_items() {
    let world = World::demo().await;
    let path = "/v1/people/export?email=sora%40yamada.example";
    let token = world.token("operator");
    let whole = whole_export(&world, path, &token, 100).await;
    for size in [1, 2, 7] {
        assert_eq!(whole_export(&world, path, &token, size).await, whole, "{size}");
    }
    let page = world.get(path).by("operator").send().await.ok();
    let other = format!("{path}&pageToken={}x", page["nextPageToken"].as_str().unwrap());
    world.get(&other).by("operator").assert_rejected(400, "invalid-request").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_an_organization_that_the_person_left_are_exported() {
    let world = World::demo().await;
    let to = json!({"organizationId": world.id("bogazici")});
    world.post("/v1/customers/{sora}/move").by("operator").json(to).send().await.ok();
    let all = export(&world, "sora@yamada.example").await;
    assert!(has_event(&all, "service-request.opened"), "{all}");
    assert_eq!(all["customers"][0]["formerly"][0]["name"], "Sora Sato");
    assert_eq!(all["contactHistories"][0]["organizationId"], world.id("yamada"));
    let mine = whole_export(&world, "/v1/me/export", &world.token("customer"), 25).await;
    assert_eq!(
        (&mine["events"], &mine["customers"][0]["formerly"]),
        (&all["events"], &all["customers"][0]["formerly"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_grants_and_reasons_are_exported() {
    let world = World::demo().await;
    let kenji = json!([{"email": "kenji@yamada.example", "name": "Kenji Kato"}]);
    let lines = json!([line("subscription", "ER-1", "C-1", json!({"externalId": "K-2", "contacts": kenji}))]);
    let parked = json!({"orderId": "SO-P", "storeAccount": "ec-99", "lines": lines});
    assert_eq!(send_message(&world, "p", "order.placed", "2026-01-05T09:59:00Z", parked).await.status, 202);
    let single =
        json!({"individuals": [{"email": "kenji@yamada.example", "level": "look"}], "reason": "Visits us."});
    grant(&world, "partner", single).send().await.ok();
    let all = export(&world, "kenji@yamada.example").await;
    assert_eq!(
        (&all["parkedOrders"][0]["orderId"], &all["parkedOrders"][0]["names"]),
        (&json!("SO-P"), &json!(["Kenji Kato"]))
    );
    assert_eq!(all["granteeMentions"][0]["partnerId"], world.id("partner"));
    let yuki = export(&world, "yuki@yamada.example").await;
    let reasons: Vec<_> =
        yuki["events"].as_array().unwrap().iter().filter_map(|one| one["reason"].as_str()).collect();
    assert!(reasons.contains(&"Visits us."), "{yuki}");
    grant(&world, "partner", individual_grantee("ren", "update")).send().await.ok();
    let ren = export(&world, "ren@miyako.example").await;
    assert!(!ren.to_string().contains("Visits us."), "{ren}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_and_updates_of_staff_are_exported() {
    let world = World::demo().await;
    let update = format!("{PATH}/{{serviceRequest}}/updates");
    world.post(&update).by("agent").json(json!({"text": "Noted."})).send().await.ok();
    let settings = json!({"name": "Amir", "language": "fa", "timeZone": "Asia/Tokyo"});
    world.patch("/v1/me").by("agent").json(settings).send().await.ok();
    let all = export(&world, "amir@vendor.example").await;
    let staff = &all["staff"][0];
    assert_eq!(
        (&staff["kind"], &staff["language"], &staff["timeZone"]),
        (&json!("agent"), &json!("fa"), &json!("Asia/Tokyo"))
    );
    assert!(all["updates"].to_string().contains("Noted."), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unauthorized_caller_is_refused() {
    let world = World::demo().await;
    for who in ["agent", "contactManager", "partnerAdmin"] {
        let call = world.get("/v1/people/export?email=sora%40yamada.example").by(who);
        call.assert_rejected(403, "role-not-allowed").await;
    }
}
