//! `erase-person`

use local_stack::fault_proxy::Kill;
use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{assert_forgotten, erase, items_with, preview};
use crate::access::{grant, individual_grantee, level, send_request_for_id};
use crate::orders::{run_job_after_a_minute, vendor_events};
use crate::service_requests::{PATH, contact, grant_ren, open_for_id};
use crate::subscriptions::{line, order, send_message};

#[test]
fn canonical_call_is_published() {
    let body = json!({"email": "sora@yamada.example"});
    Payload::of("erase-person", "/v1/people/erase").by("operator").json(&body).publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn customer_is_erased_everywhere_and_the_history_stays() {
    let world = World::demo().await;
    let path = format!("{PATH}/{{serviceRequest}}/updates");
    world.post(&path).by("customer").json(json!({"text": "It is Sora again."})).send().await.ok();
    let preference = world.put("/v1/organizations/{yamada}/notification-preferences").by("customer");
    preference.json(json!({"onSubmitted": true})).send().await.ok();
    let contents = world.contents().await;
    let shown = preview(&world, "SORA@yamada.example").await;
    world.assert_unchanged(&contents).await;
    let texts: Vec<_> =
        shown["texts"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap()).collect();
    assert!(texts.contains(&"It is Sora again.") && texts.contains(&"A recorder is silent"), "{texts:?}");

    let done = erase(&world, "sora@yamada.example", true).send().await;
    assert_eq!((done.status, &done.body["state"]), (200, &json!("erased")), "{}", done.body);
    assert_eq!((&done.body["counts"], &done.body["records"]), (&shown["counts"], &shown["records"]));
    let counts = &done.body["counts"];
    let expected = json!([1, 1, 1, 1, 1, 1]);
    let names = ["records", "removedRecords", "serviceRequests", "updates", "entitlements", "preferences"];
    assert_eq!(json!(names.map(|name| counts[name].clone())), expected, "{counts}");
    // A repeat with the same key replays, and one with another key finds nothing.
    assert_eq!(erase(&world, "sora@yamada.example", true).send().await.body, done.body);
    let again = erase(&world, "sora@yamada.example", false).send().await.ok();
    assert_eq!((&again["counts"]["records"], &again["counts"]["serviceRequests"]), (&json!(0), &json!(0)));

    run_job_after_a_minute(&world).await;
    assert_forgotten(&world, &["sora@yamada.example", "Sora Sato", "It is Sora again", "ERASURE#"]).await;
    let events = vendor_events(&world, "person.erased").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["data"]["records"]["customerIds"], json!([world.id("sora")]));
    let history = world.get("/v1/organizations/{yamada}/history?pageSize=100").by("contactManager");
    let history = history.send().await.ok();
    let events = history["items"].as_array().unwrap();
    let own = events.iter().find(|event| event["actor"]["id"] == world.id("sora")).unwrap();
    assert_eq!((&own["actor"]["erased"], own["actor"].get("name")), (&json!(true), None), "{own}");
    assert!(events.iter().any(|event| event["type"] == "customer.removed"));
    let request = world.get(&format!("{PATH}/{{serviceRequest}}")).by("contactManager").send().await.ok();
    assert_eq!((&request["subject"], &request["submittedBy"]["erased"]), (&json!("[erased]"), &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_kept_unless_they_are_redacted() {
    let world = World::demo().await;
    erase(&world, "sora@yamada.example", false).send().await.ok();
    let request = world.get(&format!("{PATH}/{{serviceRequest}}")).by("contactManager").send().await.ok();
    assert_eq!(request["subject"], "A recorder is silent");
}

#[tokio::test(flavor = "multi_thread")]
async fn member_loses_its_access_and_its_successor_inherits_nothing() {
    let world = World::demo().await;
    grant(&world, "partner", individual_grantee("ren", "update")).send().await.ok();
    let asked = send_request_for_id(&world, individual_grantee("ren", "look")).await;
    let id = open_for_id(&world, "contactManager").await;
    contact(&world, "contactManager", &id, "ren@miyako.example", "additional").send().await.ok();
    let done = erase(&world, "ren@miyako.example", true).send().await.ok();
    assert_eq!(
        (&done["counts"]["grants"], &done["counts"]["accessRequests"]),
        (&json!(1), &json!(1)),
        "{done}"
    );
    let request = world.get(&format!("/v1/access-requests/{asked}")).by("partnerAdmin").send().await.ok();
    assert!(
        !request.to_string().contains("ren@") && !request.to_string().contains("erased.invalid"),
        "{request}"
    );
    let named = &request["individuals"][0];
    assert_eq!((&named["erased"], named.get("email"), named.get("name")), (&json!(true), None, None));
    let access = world.get("/v1/organizations/{yamada}/access").by("contactManager").send().await.ok();
    assert!(!access.to_string().contains("erased.invalid"), "{access}");
    assert!(access.to_string().contains(r#""erased":true"#), "{access}");

    // The next member with the e-mail is another one, also before the last look.
    world.post("/_local/time").bytes(br#"{"advance":"PT1S"}"#).send().await.ok();
    let body = json!({"email": "ren@miyako.example", "name": "Another Ren"});
    let made = world.post("/v1/partners/{partner}/members").by("operator").json(body).send().await.ok();
    for _ in 0..2 {
        let resolved = level(&world, "ren").await;
        assert_eq!(resolved.as_deref(), Some("create"), "only the grant to all members applies");
        run_job_after_a_minute(&world).await;
    }
    let members = world.get("/v1/partners/{partner}/members").by("operator").send().await.ok();
    assert!(members.to_string().contains(made["id"].as_str().unwrap()), "{members}");
    assert_forgotten(&world, &["Ren Mori"]).await;
    let removed = format!("/v1/partners/{{partner}}/members/{}", made["id"].as_str().unwrap());
    world.delete(&removed).by("operator").send().await.ok();
    erase(&world, "ren@miyako.example", false).send().await.ok();
    run_job_after_a_minute(&world).await;
    assert_forgotten(&world, &["ren@miyako.example", "Another Ren"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addressee_and_last_contact_manager_is_erased() {
    let world = World::demo().await;
    world.delete("/v1/customers/{haruto}").by("operator").send().await.ok();
    let shown = preview(&world, "yuki@yamada.example").await;
    assert_eq!(shown["state"], "to-erase");
    let yamada = &shown["lastContactManagerOf"][0];
    assert_eq!((&yamada["id"], yamada["name"].is_string()), (&json!(world.id("yamada")), true), "{shown}");
    erase(&world, "yuki@yamada.example", true).send().await.ok();
    run_job_after_a_minute(&world).await;
    assert_forgotten(&world, &["yuki@yamada.example", "Yuki Yamada"]).await;
    let requests = world.get("/v1/partners/{partner}/access-requests").by("operator").send().await.ok();
    assert!(requests["items"].as_array().unwrap().iter().all(|one| one["state"] != "pending"), "{requests}");
    let items = requests["items"].as_array().unwrap();
    assert!(items.iter().all(|one| one["contactManagerErased"] == true), "{requests}");
    assert!(!requests.to_string().contains("erased.invalid"), "{requests}");
    world.delete("/v1/customers/{sora}").by("contactManager").assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mentions_without_a_record_are_erased() {
    let world = World::demo().await;
    let kenji = json!([{"email": "kenji@yamada.example", "name": "Kenji Kato"}]);
    let lines = json!([line("subscription", "ER-1", "C-1", json!({"externalId": "K-1", "contacts": kenji}))]);
    order(&world, "SO-K", lines.clone()).await.ok();
    let lines = json!([line("subscription", "ER-1", "C-1", json!({"externalId": "K-2", "contacts": kenji}))]);
    let parked = json!({"orderId": "SO-P", "storeAccount": "ec-99", "lines": lines});
    assert_eq!(send_message(&world, "p", "order.placed", "2026-01-05T09:59:00Z", parked).await.status, 202);
    let single = json!({"individuals": [{"email": "kenji@yamada.example", "level": "look"}]});
    grant(&world, "partner", single).send().await.ok();
    let token = world.token_of(json!({"sub": "kenji", "email": "kenji@yamada.example", "role": "customer",
        "org": world.id("yamada"), "manager": false}));
    let body = json!({"subject": "Doors", "description": "Are open.", "kind": "question"});
    world.post(PATH).token(&token).json(body).send().await.ok();
    assert!(!items_with(&world, "kenji@yamada.example").await.is_empty());

    let done = erase(&world, "kenji@yamada.example", false).send().await.ok();
    let counts = &done["counts"];
    let expected = json!([0, 1, 1, 1, 1]);
    let names = ["records", "grants", "subscriptions", "orders", "serviceRequests"];
    assert_eq!(json!(names.map(|name| counts[name].clone())), expected, "{counts}");
    run_job_after_a_minute(&world).await;
    assert_forgotten(&world, &["kenji@yamada.example", "Kenji Kato"]).await;
    let history = world.get("/v1/organizations/{yamada}/history?pageSize=100").by("contactManager");
    let history = history.send().await.ok();
    assert!(history.to_string().contains("subscription.contact-removed"), "{history}");
    assert!(!history.to_string().contains("erased.invalid"), "{history}");
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_stays_erased_whatever_its_token_states() {
    let world = World::demo().await;
    let body = json!({"text": "Noted."});
    let path = format!("{PATH}/{{serviceRequest}}/updates");
    world.post(&path).by("agent").json(body.clone()).send().await.ok();
    let done = erase(&world, "amir@vendor.example", false).send().await.ok();
    assert_eq!(done["records"]["staffSubjects"], json!(["amir"]), "{done}");
    world.post(&path).by("agent").json(body).send().await.ok();
    run_job_after_a_minute(&world).await;
    assert_forgotten(&world, &["amir@vendor.example"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_email_changes_nothing_and_other_callers_are_refused() {
    let world = World::demo().await;
    let done = erase(&world, "nobody@yamada.example", false).send().await.ok();
    assert_eq!((&done["state"], &done["counts"]["records"]), (&json!("erased"), &json!(0)));
    assert!(vendor_events(&world, "person.erased").await.is_empty());
    let body = json!({"email": "sora@yamada.example"});
    for who in ["agent", "contactManager", "partnerAdmin"] {
        let call = world.post("/v1/people/erase").by(who).key("k").json(body.clone());
        call.assert_rejected(403, "role-not-allowed").await;
    }
    let call = world.post("/v1/people/erase").by("operator").json(body);
    call.assert_rejected(400, "idempotency-key-missing").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_erasure_is_finished_by_the_schedule() {
    for others in 0..14 {
        for kill in [Kill::Before, Kill::After] {
            for email in ["sora@yamada.example", "ren@miyako.example"] {
                let world = World::demo().await;
                grant_ren(&world, "update").await;
                world.fault_proxy().kill("erase-person", others, kill);
                let killed = erase(&world, email, true).send().await;
                world.fault_proxy().spare();
                if killed.status >= 500 && others > 0 {
                    let call = world.post("/v1/people/erase").by("operator").key("other");
                    let running = call.json(json!({"email": email})).send().await;
                    assert!([200, 409].contains(&running.status), "{others} {kill:?}: {}", running.body);
                }
                run_job_after_a_minute(&world).await;
                let again = erase(&world, email, true).send().await;
                assert_eq!(again.body["state"], "erased", "{others} {kill:?}: {}", again.body);
                run_job_after_a_minute(&world).await;
                run_job_after_a_minute(&world).await;
                assert_forgotten(&world, &[email, "Sora Sato"][..1 + usize::from(email.starts_with("sora"))])
                    .await;
            }
        }
    }
}
