//! `update-access`

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World};

use super::{events, resolved};

const PATH: &str = "/v1/organizations/{yamada}/access/{partner}/{grantOfRen}";

#[test]
fn canonical_call_is_published() {
    Payload::of("update-access", "/v1/organizations/{yamada}/access/{partner}/{grantOfAll}")
        .by("contactManager")
        .json(&json!({"autoExtend": true}))
        .publish();
}

fn switch<'a>(world: &'a World, who: &str, auto_extend: bool) -> Call<'a> {
    world.patch(PATH).by(who).json(json!({"autoExtend": auto_extend}))
}

/// Returns the values of `autoExtend` in the events `access.updated` of a log.
async fn switched(world: &World, log: &str) -> Vec<Value> {
    let recorded = events(world, log, "operator").await.into_iter();
    let updated =
        recorded.filter(|(kind, data)| kind == "access.updated" && data["grantId"] == world.id("grantOfRen"));
    updated.map(|(_, data)| data["autoExtend"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_manager_switches_extension_on_and_an_operator_off() {
    let world = World::demo().await;
    let listed = world.get("/v1/organizations/{yamada}/access").by("contactManager").send().await.ok();
    let before = listed["items"][0]["version"].as_u64().unwrap();
    assert_eq!(listed["items"][0]["grants"][1]["autoExtend"], false);
    switch(&world, "contactManager", true)
        .header("if-match", "\"1\"")
        .assert_rejected(412, "version-mismatch")
        .await;
    let on = switch(&world, "contactManager", true).send().await;
    assert_eq!((on.status, &on.body["version"]), (200, &json!(before + 1)));
    assert_eq!(
        (&on.body["grants"][0]["autoExtend"], &on.body["grants"][1]["autoExtend"]),
        (&json!(false), &json!(true))
    );
    let contents = world.contents().await;
    for who in ["contactManager", "operator"] {
        assert_eq!(switch(&world, who, true).send().await.ok(), on.body, "{who}: idempotent");
    }
    assert_eq!(world.patch(PATH).by("contactManager").json(json!({})).send().await.ok(), on.body);
    world.assert_unchanged(&contents).await;
    assert_eq!(resolved(&world, "ren").await["grant"]["autoExtend"], true);
    let mine = world.get("/v1/partners/{partner}/access").by("partnerMember").send().await.ok();
    assert_eq!(mine["items"][0]["grants"][1]["autoExtend"], true);
    let off = switch(&world, "operator", false).send().await.ok();
    assert_eq!(off["grants"][1]["autoExtend"], false);
    for log in ["/v1/organizations/{yamada}/history", "/v1/partners/{partner}/history"] {
        assert_eq!(switched(&world, log).await, [json!(true), json!(false)], "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_contact_manager_who_may_grant_switches_extension_on() {
    let world = World::demo().await;
    switch(&world, "operator", true).assert_rejected(403, "contact-manager-required").await;
    for who in ["customer", "agent", "partnerAdmin", "partnerMember"] {
        switch(&world, who, true).assert_rejected(403, "role-not-allowed").await;
    }
    switch(&world, "otherContactManager", true).assert_rejected(404, "not-found").await;
    let org = world.id("yamada");
    let sora = json!({"sub": "sora", "email": "sora@yamada.example", "role": "customer", "org": org, "manager": true});
    let body = || json!({"autoExtend": true});
    world.patch(PATH).token(&world.token_of(sora)).json(body()).assert_rejected(404, "not-found").await;
    for (from, to) in [("{partner}", "{otherPartner}"), ("{yamada}", "{bogazici}")] {
        let path = PATH.replace(from, to);
        world.patch(&path).by("contactManager").json(body()).assert_rejected(404, "not-found").await;
    }
    for wrong in [json!({"autoExtend": null}), json!({"autoExtend": "yes"}), json!({"level": "cc"})] {
        world.patch(PATH).by("contactManager").json(wrong).assert_rejected(400, "invalid-request").await;
    }
    // Yuki becomes a member of the partner: they may end its access, but not extend it.
    switch(&world, "contactManager", true).send().await.ok();
    let yuki = json!({"email": "yuki@yamada.example", "name": "Yuki"});
    world.post("/v1/partners/{partner}/members").by("operator").json(yuki).send().await.ok();
    switch(&world, "contactManager", false).send().await.ok();
    switch(&world, "contactManager", true).assert_rejected(422, "self-grant-forbidden").await;
    // A grant that has ended is not extended.
    world.delete(PATH).by("contactManager").send().await.ok();
    for (who, on) in [("operator", false), ("contactManager", false)] {
        let refused = switch(&world, who, on).assert_rejected(409, "grant-not-active").await;
        assert!(refused.body["detail"].as_str().unwrap().contains("revoked"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_switches_take_effect_once_each() {
    let world = World::demo().await;
    world.chaos(5, 3);
    let all =
        join_all((0..8).map(|number| switch(&world, "contactManager", number % 2 == 0).decided())).await;
    world.chaos(0, 0);
    assert!(all.iter().all(|reply| reply.status == 200));
    let recorded = switched(&world, "/v1/partners/{partner}/history").await;
    assert!(recorded.windows(2).all(|pair| pair[0] != pair[1]), "{recorded:?}");
    let last = resolved(&world, "ren").await["grant"]["autoExtend"].clone();
    assert_eq!(recorded.last().unwrap_or(&json!(false)), &last);
}
