//! `update-me`

use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    let body = json!({"language": "ja", "timeZone": "Asia/Tokyo"});
    Payload::of("update-me", "/v1/me").by("partnerMember").json(&body).publish();
}

async fn types(world: &World, path: &str) -> Vec<Value> {
    let history = world.get(&format!("{path}/history?pageSize=1")).by("operator").send().await.ok();
    history["items"].as_array().unwrap().iter().map(|event| event["type"].clone()).collect()
}

/// The loop proves each kind of record: a member, a customer, the vendor's staff with a record and without one.
#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_caller_sets_name_language_and_time_zone() {
    for (who, log, event) in [
        ("partnerMember", "/v1/partners/{partner}", "member.updated"),
        ("customer", "/v1/organizations/{yamada}", "customer.updated"),
        ("agent", "/v1", "staff.updated"),
        ("operator", "/v1", "staff.updated"),
    ] {
        let world = World::demo().await;
        let call = |body: Value| world.patch("/v1/me").by(who).json(body);
        let set = json!({"name": "Robin Ito", "language": "PT-br", "timeZone": "America/Lima"});
        let record = call(set.clone()).send().await.ok();
        assert_eq!(
            (&record["name"], &record["language"], &record["timeZone"]),
            (&json!("Robin Ito"), &json!("pt-BR"), &json!("America/Lima")),
            "{who}"
        );
        assert_eq!(types(&world, log).await, [event], "{who}");
        let me = world.get("/v1/me").by(who).send().await.ok();
        assert_eq!(me["record"], record, "{who}");
        // A repeat changes nothing, and `null` removes what may be absent.
        let before = world.contents().await;
        assert_eq!(call(set).send().await.ok(), record, "{who}");
        world.assert_unchanged(&before).await;
        let cleared = call(json!({"language": null, "timeZone": null})).send().await.ok();
        assert_eq!((cleared.get("language"), &cleared["name"]), (None, &json!("Robin Ito")), "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_name_is_shown_in_the_history_and_found() {
    let world = World::demo().await;
    world.patch("/v1/me").by("agent").json(json!({"name": "Amir Haddad"})).send().await.ok();
    world.patch("/v1/me").by("partnerMember").json(json!({"name": "Ren Kawabata"})).send().await.ok();
    let history = world.get("/v1/partners/{partner}/history?pageSize=1").by("operator").send().await.ok();
    let actor = &history["items"][0]["actor"];
    assert_eq!((&actor["name"], &actor["email"]), (&json!("Ren Kawabata"), &json!("ren@miyako.example")));
    let history = world.get("/v1/history?type=staff.updated").by("operator").send().await.ok();
    assert_eq!(history["items"][0]["actor"]["name"], "Amir Haddad");
    let found = world.get("/v1/people?name=Kawabata").by("agent").send().await.ok();
    assert_eq!(found["items"][0]["email"], "ren@miyako.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn caller_without_a_record_in_force_is_refused() {
    let world = World::demo().await;
    let org = world.id("partner");
    let token = world.token_of(json!({"sub": "n", "email": "none@x.example", "role": "partner", "org": org}));
    world
        .patch("/v1/me")
        .token(&token)
        .json(json!({"language": "ja"}))
        .assert_rejected(404, "not-found")
        .await;
    world.post("/v1/partners/{partner}/members/{ren}/disable").by("operator").send().await.ok();
    let call = world.patch("/v1/me").by("partnerMember").json(json!({"language": "ja"}));
    call.assert_rejected(404, "not-found").await;
    let faults = world.patch("/v1/me").by("agent").json(json!({"language": "nihongo", "timeZone": "Tokyo"}));
    let refused = faults.assert_rejected(400, "invalid-request").await;
    assert_eq!(refused.faults().len(), 2, "{}", refused.body);
}
