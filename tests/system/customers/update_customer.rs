//! `update-customer`

use futures_util::future::join;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World, strength};

#[test]
fn canonical_call_is_published() {
    let body = json!({"manager": true, "name": "Sora Mori"});
    Payload::of("update-customer", "/v1/customers/{sora}").by("contactManager").json(&body).publish();
}

fn update<'a>(world: &'a World, who: &str, body: Value) -> Call<'a> {
    world.patch("/v1/customers/{sora}").by(who).json(body)
}

async fn yuki(world: &World) -> String {
    let found = world.get("/v1/customers?email=yuki%40yamada.example").by("operator").send().await.ok();
    found["items"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn given_properties_change_and_repeat_changes_nothing() {
    let world = World::demo().await;
    let changed =
        update(&world, "contactManager", json!({"name": "Sora Mori", "manager": true})).send().await;
    assert_eq!((changed.status, changed.header("etag")), (200, Some("\"2\"")));
    assert_eq!((&changed.body["name"], &changed.body["manager"]), (&json!("Sora Mori"), &json!(true)));
    let contents = world.contents().await;
    let again = update(&world, "contactManager", json!({"name": "Sora Mori", "manager": true})).send().await;
    assert_eq!(again.body, changed.body);
    world.assert_unchanged(&contents).await;
    let history =
        world.get("/v1/organizations/{yamada}/history?pageSize=2").by("contactManager").send().await.ok();
    let types: Vec<_> = history["items"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["contact.manager-changed", "customer.updated"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn manager_flag_grants_and_withdraws_authority_at_once() {
    let world = World::demo().await;
    let org = world.id("yamada");
    let sora = json!({"sub": "sora", "email": "sora@yamada.example", "role": "customer", "org": org, "manager": true});
    let sora = world.token_of(sora);
    let path = format!("/v1/customers/{}", yuki(&world).await);
    let rename = |token: &str| world.patch(&path).token(token).json(json!({"name": "Y. Yamada"}));
    rename(&sora).assert_rejected(404, "not-found").await;
    update(&world, "contactManager", json!({"manager": true})).send().await.ok();
    rename(&sora).send().await.ok();
    update(&world, "contactManager", json!({"manager": false})).send().await.ok();
    rename(&sora).assert_rejected(404, "not-found").await;
    // A contact manager who gives up the role cannot take it back.
    let own = |manager: bool| world.patch(&path).by("contactManager").json(json!({"manager": manager}));
    own(false).send().await.ok();
    own(true).assert_rejected(404, "not-found").await;
    update(&world, "contactManager", json!({"name": "x"})).assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_mutual_demotions_succeed_once() {
    for seed in strength::seeds(10, 250) {
        let world = World::demo().await;
        update(&world, "operator", json!({"manager": true})).send().await.ok();
        let path = format!("/v1/customers/{}", yuki(&world).await);
        let org = world.id("yamada");
        let sora = json!({"sub": "sora", "email": "sora@yamada.example", "role": "customer", "org": org, "manager": true});
        let sora = world.token_of(sora);
        world.chaos(4, seed);
        let body = || json!({"manager": false});
        let by_yuki = async { update(&world, "contactManager", body()).decided().await.status };
        let by_sora = async { world.patch(&path).token(&sora).json(body()).decided().await.status };
        let (one, other) = join(by_yuki, by_sora).await;
        assert!([(200, 404), (404, 200)].contains(&(one, other)), "{one} {other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_customer_is_not_found() {
    let world = World::demo().await;
    update(&world, "otherContactManager", json!({"name": "x"})).assert_rejected(404, "not-found").await;
    update(&world, "contactManager", json!({"name": "x"}))
        .header("if-match", "\"2\"")
        .assert_rejected(412, "version-mismatch")
        .await;
    let absent = world.id("sora").replace("0002", "0009");
    for who in ["operator", "contactManager"] {
        let call = world.patch(&format!("/v1/customers/{absent}")).by(who).json(json!({"name": "x"}));
        call.assert_rejected(404, "not-found").await;
    }
    let alone = json!({"email": "a@x.example", "name": "Alone"});
    let alone = world.post("/v1/customers").by("operator").json(alone).send().await.ok();
    let path = format!("/v1/customers/{}", alone["id"].as_str().unwrap());
    let call = |who: &str| world.patch(&path).by(who).json(json!({"manager": true}));
    call("contactManager").assert_rejected(404, "not-found").await;
    call("operator").assert_rejected(422, "no-organization").await;
    call("operator").header("if-match", "\"9\"").assert_rejected(412, "version-mismatch").await;
}
