//! `update-organization`

use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World};

#[test]
fn canonical_call_is_published() {
    let body = json!({"timeZone": "Asia/Tokyo"});
    Payload::of("update-organization", "/v1/organizations/{yamada}")
        .by("contactManager")
        .json(&body)
        .publish();
}

fn update<'a>(world: &'a World, who: &str, body: Value) -> Call<'a> {
    world.patch("/v1/organizations/{yamada}").by(who).json(body)
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_manager_and_operator_may_set_the_time_zone() {
    let world = World::demo().await;
    let set = update(&world, "contactManager", json!({"timeZone": "Asia/Tokyo"})).send().await;
    assert_eq!((set.status, set.header("etag")), (200, Some("\"2\"")));
    assert_eq!(set.body["timeZone"], "Asia/Tokyo");
    let contents = world.contents().await;
    for same in [json!({"timeZone": "Asia/Tokyo"}), json!({})] {
        update(&world, "contactManager", same).header("if-match", "\"2\"").send().await.ok();
    }
    world.assert_unchanged(&contents).await;
    update(&world, "operator", json!({"timeZone": "Asia/Seoul"})).send().await.ok();
    let seen = world.get("/v1/organizations/{yamada}").by("customer").send().await.ok();
    assert_eq!((&seen["timeZone"], &seen["version"]), (&json!("Asia/Seoul"), &json!(3)));
    let cleared = update(&world, "contactManager", json!({"timeZone": null})).send().await.ok();
    assert_eq!(cleared.get("timeZone"), None);
    let path = "/v1/organizations/{yamada}/history?type=organization.updated&order=asc";
    let history = world.get(path).by("contactManager").send().await.ok();
    let told: Vec<_> = history["items"].as_array().unwrap().iter().map(|event| &event["data"]).collect();
    assert_eq!(told, [&json!({"timeZone": "Asia/Tokyo"}), &json!({"timeZone": "Asia/Seoul"}), &json!({})]);

    let body = json!({"name": "Hotel Miramar", "timeZone": "Europe/Madrid"});
    let made = world.post("/v1/organizations").by("operator").json(body).send().await.ok();
    assert_eq!(made["timeZone"], "Europe/Madrid");
}

#[tokio::test(flavor = "multi_thread")]
async fn unauthorized_caller_and_invalid_body_are_refused() {
    let world = World::demo().await;
    let contents = world.contents().await;
    let body = || json!({"timeZone": "Asia/Tokyo"});
    for who in ["customer", "agent", "partnerAdmin"] {
        update(&world, who, body()).assert_rejected(403, "role-not-allowed").await;
    }
    update(&world, "otherContactManager", body()).assert_rejected(404, "not-found").await;
    update(&world, "operator", body())
        .header("if-match", "\"2\"")
        .assert_rejected(412, "version-mismatch")
        .await;
    let refused = update(&world, "operator", json!({"timeZone": "Tokyo", "name": "x"}));
    let faults = refused.assert_rejected(400, "invalid-request").await.faults();
    let fault = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    assert_eq!(faults, [fault("/name", "unknown-field"), fault("/timeZone", "invalid-time-zone")]);
    world.assert_unchanged(&contents).await;
    // The token's claim is not enough: a contact manager must have a customer record.
    world.delete("/v1/customers/{haruto}").by("operator").send().await.ok();
    let claims = json!({"sub": "haruto", "email": "haruto@yamada.example", "role": "customer", "org": world.id("yamada"), "manager": true});
    let call = world.patch("/v1/organizations/{yamada}").token(&world.token_of(claims)).json(body());
    call.assert_rejected(404, "not-found").await;
}
