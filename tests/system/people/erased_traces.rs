//! Traces that an erasure removes beside the records: words of names, values of details, reasons, and a history as a contact.

use serde_json::{Value, json};
use system::World;

use super::{assert_forgotten, erase, preview};
use crate::access::{grant, individual_grantee};
use crate::entitlements::{OF_CUSTOMER, update};
use crate::orders::run_job_after_a_minute;
use crate::service_requests::PATH;
use crate::subscriptions::{line, order};

const SORA: &str = "sora@yamada.example";

fn texts<'a>(shown: &'a Value, kind: &str) -> Vec<&'a Value> {
    let all = shown["texts"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().filter(|one| one["kind"] == kind).collect()
}

/// Returns the spellings in the table that lead to a word.
async fn spellings(world: &World, word: &str) -> usize {
    let contents = world.contents().await;
    contents.keys().filter(|(pk, sk)| pk.starts_with("SPELLINGS#") && sk.ends_with(word)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_former_names_leave_the_index_unless_others_have_them() {
    let world = World::demo().await;
    let rename = |name: &str| world.patch("/v1/customers/{sora}").by("operator").json(json!({"name": name}));
    rename("Quillivere Brackenby").send().await.ok();
    rename("Quillivere Sandringham").send().await.ok();
    assert!(spellings(&world, "brackenby").await > 0);
    run_job_after_a_minute(&world).await;
    assert_eq!(spellings(&world, "brackenby").await, 0);
    assert!(spellings(&world, "sandringham").await > 0);

    let member = json!({"email": "q@miyako.example", "name": "Quillivere"});
    world.post("/v1/partners/{partner}/members").by("operator").json(member).send().await.ok();
    erase(&world, SORA, false).send().await.ok();
    run_job_after_a_minute(&world).await;
    assert_forgotten(&world, &["sandringham", "Sandringham", "brackenby"]).await;
    assert!(spellings(&world, "quillivere").await > 0, "the member has the word, too");
    let found = world.get("/v1/people?name=Quilivere").by("agent").send().await.ok();
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn users_in_details_are_removed_and_the_person_gets_no_new_ones() {
    let world = World::demo().await;
    let field = json!({"detailFields": [{"name": "Caretaker", "type": {"name": "USER"}}]});
    world.post("/v1/detail-fields").by("operator").json(field).send().await.ok();
    let details = json!({"Caretaker": {"values": [SORA]}});
    for path in [OF_CUSTOMER, "/v1/organizations/{yamada}/entitlements/{entitlement}"] {
        update(&world, path, details.clone()).send().await.ok();
    }
    let shown = preview(&world, SORA).await;
    assert_eq!(texts(&shown, "detail").len(), 2, "{shown}");
    erase(&world, SORA, false).send().await.ok();
    run_job_after_a_minute(&world).await;
    assert_forgotten(&world, &[SORA]).await;
    update(&world, OF_CUSTOMER, details).assert_rejected(409, "person-erased").await;
    let number = world.get(OF_CUSTOMER).by("agent").send().await.ok()["number"].clone();
    let rows = json!({"rows": [{"entitlement": number, "details": {"Support level": {"values": ["Gold"]}}}]});
    let call = world.post("/v1/entitlement-details/import").by("operator").json(rows);
    let report = call.send().await.ok();
    assert!(report.to_string().contains("person-erased"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reasons_in_the_history_are_previewed_and_redacted() {
    let world = World::demo().await;
    let mut given = individual_grantee("ren", "update");
    given["reason"] = json!("Ren knows Tanaka-san.");
    grant(&world, "partner", given).send().await.ok();
    let path = "/v1/organizations/{yamada}/subscriptions/{subscription}/deactivate";
    let reason = json!({"reason": "I leave for Osaka."});
    world.post(path).by("contactManager").key("leave").json(reason).send().await.ok();
    let shown = preview(&world, "yuki@yamada.example").await;
    let (granted, deactivated) = (texts(&shown, "grant-reason"), texts(&shown, "deactivation-reason"));
    assert_eq!((granted.len(), deactivated.len()), (1, 1), "{shown}");
    assert_eq!(deactivated[0]["subscriptionId"], world.id("subscription"));
    assert_eq!(granted[0]["organizationId"], world.id("yamada"));
    erase(&world, "yuki@yamada.example", true).send().await.ok();
    run_job_after_a_minute(&world).await;
    assert_forgotten(&world, &["Tanaka-san", "Osaka"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_by_staff_are_previewed_and_redacted_and_its_record_is_shown_as_erased() {
    let world = World::demo().await;
    let path = format!("{PATH}/{{serviceRequest}}/updates");
    world.post(&path).by("agent").json(json!({"text": "Amir looks at it."})).send().await.ok();
    let shown = preview(&world, "amir@vendor.example").await;
    let updates = texts(&shown, "update");
    let own = updates.iter().find(|one| one["text"] == "Amir looks at it.").unwrap();
    assert_eq!(
        (&own["organizationId"], &own["serviceRequestId"]),
        (&json!(world.id("yamada")), &json!(world.id("serviceRequest")))
    );
    erase(&world, "amir@vendor.example", true).send().await.ok();
    assert_forgotten(&world, &["Amir looks"]).await;
    let me = world.get("/v1/me").by("agent").send().await.ok();
    assert_eq!((&me["record"]["state"], me["record"].get("name")), (&json!("erased"), None), "{me}");
    let named = world.patch("/v1/me").by("agent").json(json!({"name": "Amir"}));
    named.assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn successor_of_a_disabled_customer_is_a_contact() {
    let world = World::demo().await;
    world.post("/v1/customers/{sora}/disable").by("operator").send().await.ok();
    erase(&world, SORA, false).send().await.ok();
    world.post("/_local/time").bytes(br#"{"advance":"PT1S"}"#).send().await.ok();
    let body = json!({"email": SORA, "name": "Another Sora"});
    let made = world.post("/v1/organizations/{yamada}/customers").by("operator").json(body).send().await.ok();
    let sora = json!([{"email": SORA, "name": "Another Sora"}]);
    let lines = json!([line("subscription", "ER-1", "C-1", json!({"externalId": "N-1", "contacts": sora}))]);
    let ordered = order(&world, "SO-N", lines).await.ok();
    run_job_after_a_minute(&world).await;
    let id = crate::subscriptions::created_ids(&ordered).remove(0);
    let path = format!("/v1/organizations/{{yamada}}/subscriptions/{id}/contacts");
    let contacts = world.get(&path).by("contactManager").send().await.ok();
    assert!(contacts.to_string().contains(SORA), "{contacts}");
    let path = format!("/v1/customers/{}", made["id"].as_str().unwrap());
    world.delete(&path).by("operator").send().await.ok();
    erase(&world, SORA, true).send().await.ok();
    run_job_after_a_minute(&world).await;
    assert_forgotten(&world, &[SORA]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_whose_last_contact_is_erased_are_named() {
    let world = World::demo().await;
    let sora = json!([{"email": SORA, "name": "Sora Sato"}]);
    let lines = json!([line("subscription", "ER-1", "C-1", json!({"externalId": "L-1", "contacts": sora}))]);
    let id = crate::subscriptions::created_ids(&order(&world, "SO-L", lines).await.ok()).remove(0);
    let shown = preview(&world, SORA).await;
    assert!(shown["counts"]["subscriptions"].as_u64().unwrap() >= 2, "{shown}");
    let alone = shown["lastContactOf"].as_array().unwrap();
    let own = alone.iter().find(|one| one["subscriptionId"] == json!(id)).unwrap();
    assert_eq!(own["organization"]["id"], world.id("yamada"));
    assert!(own["organization"]["name"].is_string() && own["sku"].is_string(), "{own}");
    let shared = json!(world.id("subscription"));
    assert!(alone.iter().all(|one| one["subscriptionId"] != shared), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn placeholder_of_an_erased_email_is_refused_from_outside() {
    let world = World::demo().await;
    let body = json!({"email": "x@Erased.Invalid", "name": "X"});
    let call = world.post("/v1/organizations/{yamada}/customers").by("operator").json(body);
    let refused = call.assert_rejected(400, "invalid-request").await;
    let refused = refused.body;
    assert!(refused.to_string().contains("reserved for erased people"), "{refused}");
}
