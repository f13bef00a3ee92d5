//! `update-entitlement`

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World};

use super::{OF_CUSTOMER, OF_ORGANIZATION, create, events, seen, without_names};

#[test]
fn canonical_calls_are_published() {
    let body = json!({"startsAt": "2026-01-05T00:00:00Z", "endsAt": "2028-01-01T00:00:00Z"});
    Payload::of("update-entitlement-of-customer", "/v1/customers/{sora}/entitlements/{ownEntitlement}")
        .by("operator")
        .json(&body)
        .publish();
    Payload::of(
        "update-entitlement-of-organization",
        "/v1/organizations/{yamada}/entitlements/{entitlement}",
    )
    .by("operator")
    .json(&body)
    .publish();
}

fn update<'a>(world: &'a World, path: &str, body: Value) -> Call<'a> {
    world.patch(path).by("operator").json(body)
}

fn told(events: Vec<(String, Value)>) -> Vec<Value> {
    events.into_iter().filter(|(kind, _)| kind == "entitlement.updated").map(|(_, data)| data).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_changes_start_and_end_and_null_clears_them() {
    let world = World::demo().await;
    for (path, id) in [(OF_ORGANIZATION, "entitlement"), (OF_CUSTOMER, "ownEntitlement")] {
        let before = seen(&world, path, "operator").await;
        let body = json!({"startsAt": "2026-02-01T00:00:00+09:00", "endsAt": "2027-02-01T00:00:00Z"});
        let changed = update(&world, path, body.clone()).send().await;
        assert_eq!((changed.status, changed.version()), (200, Some(2)));
        assert_eq!(changed.body["startsAt"], "2026-01-31T15:00:00.000Z");
        assert_eq!(
            (&changed.body["status"], &changed.body["details"]),
            (&json!("upcoming"), &before["details"])
        );
        assert_eq!(without_names(seen(&world, path, "operator").await), changed.body);
        let contents = world.contents().await;
        for same in [body, json!({}), json!({"endsAt": "2027-02-01T00:00:00Z"})] {
            let again = update(&world, path, same).header("if-match", "\"2\"").send().await.ok();
            assert_eq!(again, changed.body, "it changes nothing");
        }
        world.assert_unchanged(&contents).await;
        let begun = update(&world, path, json!({"startsAt": null})).send().await.ok();
        assert_eq!((begun.get("startsAt"), &begun["status"]), (None, &json!("active")));
        let endless = update(&world, path, json!({"endsAt": null})).send().await.ok();
        assert_eq!((endless.get("endsAt"), &endless["version"]), (None, &json!(4)));
        let (log, who) = match id {
            "entitlement" => ("/v1/organizations/{yamada}/history", "contactManager"),
            _ => ("/v1/history", "operator"),
        };
        let id = world.id(id);
        let end = "2027-02-01T00:00:00.000Z";
        let expected = [
            json!({"entitlementId": id, "startsAt": "2026-01-31T15:00:00.000Z", "endsAt": end}),
            json!({"entitlementId": id, "endsAt": end}),
            json!({ "entitlementId": id }),
        ];
        assert_eq!(told(events(&world, log, who).await), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_entitlement_is_active_again_with_a_later_end() {
    let world = World::demo().await;
    update(&world, OF_ORGANIZATION, json!({"endsAt": "2026-01-05T09:59:00Z"})).send().await.ok();
    assert_eq!(seen(&world, OF_ORGANIZATION, "customer").await["status"], "ended");
    let extended =
        update(&world, OF_ORGANIZATION, json!({"endsAt": "2027-01-01T00:00:00Z"})).send().await.ok();
    assert_eq!((&extended["status"], extended.get("endedAt")), (&json!("active"), None));
    let profile = world.get("/v1/organizations/{yamada}/profile").by("customer").send().await.ok();
    let listed = profile["entitlements"].as_array().unwrap().iter();
    let listed: Vec<_> = listed.filter(|one| one["id"] == world.id("entitlement")).collect();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["endsAt"], "2027-01-01T00:00:00.000Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_entitlement_and_that_of_a_subscription_are_refused() {
    let world = World::demo().await;
    let body = || json!({"endsAt": "2030-01-01T00:00:00Z"});
    let subscription = "/v1/organizations/{yamada}/subscriptions/{subscription}";
    let subscription = world.get(subscription).by("operator").send().await.ok();
    let number = subscription["entitlementNumber"].as_str().unwrap();
    let given = world.get(&format!("/v1/entitlements/by-number/{number}")).by("operator").send().await.ok();
    let path = format!("/v1/organizations/{{yamada}}/entitlements/{}", given["id"].as_str().unwrap());
    update(&world, &path, body()).assert_rejected(409, "entitlement-of-subscription").await;
    for path in [OF_ORGANIZATION, OF_CUSTOMER] {
        world.post(&format!("{path}/end")).by("operator").send().await.ok();
        update(&world, path, body()).assert_rejected(409, "entitlement-ended").await;
        update(&world, path, body())
            .header("if-match", "\"1\"")
            .assert_rejected(412, "version-mismatch")
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn end_that_is_not_after_the_start_is_refused() {
    let world = World::demo().await;
    let both =
        json!({"startsAt": "2027-01-01T00:00:00Z", "endsAt": "2027-01-01T00:00:00Z", "productId": "x"});
    let refused = update(&world, OF_ORGANIZATION, both).assert_rejected(400, "invalid-request").await;
    let fault = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    assert_eq!(
        refused.faults(),
        [fault("/endsAt", "invalid-interval"), fault("/productId", "unknown-field")]
    );
    let body = json!({"productId": "{product}", "startsAt": "2026-06-01T00:00:00Z", "endsAt": "2027-06-01T00:00:00Z"});
    let made = create(&world, "organizations/{sol}", body).send().await.ok();
    let path = format!("/v1/organizations/{{sol}}/entitlements/{}", made["id"].as_str().unwrap());
    for (field, time) in [("endsAt", "2026-06-01T00:00:00Z"), ("startsAt", "2027-06-01T00:00:00Z")] {
        let refused = update(&world, &path, json!({ field: time }));
        let refused = refused.assert_rejected(422, "invalid-interval").await;
        assert_eq!(refused.faults(), [fault(&format!("/{field}"), "invalid-interval")]);
    }
    update(&world, &path, json!({"startsAt": "2027-06-01T00:00:00Z", "endsAt": null})).send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn other_roles_and_absent_entitlement_are_refused() {
    let world = World::demo().await;
    let body = || json!({"endsAt": "2030-01-01T00:00:00Z"});
    for who in ["agent", "contactManager", "customer", "partnerAdmin"] {
        world.patch(OF_ORGANIZATION).by(who).json(body()).assert_rejected(403, "role-not-allowed").await;
    }
    for absent in [
        "/v1/organizations/{sol}/entitlements/{entitlement}",
        "/v1/customers/{sora}/entitlements/{entitlement}",
    ] {
        update(&world, absent, body()).assert_rejected(404, "not-found").await;
    }
    update(&world, OF_ORGANIZATION, body())
        .header("if-match", "\"2\"")
        .assert_rejected(412, "version-mismatch")
        .await;
}

/// 64 operators set an end each, while some writes fail; one of them ends the entitlement. The versions count the events, and
/// what is ended stays ended.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_updates_each_leave_one_event_and_none_revives_an_ended_entitlement() {
    let world = World::demo().await;
    world.chaos(5, 11);
    let calls = (0..64).map(|n| {
        let world = &world;
        async move {
            match n {
                32 => world.post(&format!("{OF_ORGANIZATION}/end")).by("operator").key("end").decided().await,
                n => {
                    let body = json!({"endsAt": format!("2030-01-01T00:{:02}:00Z", n % 60)});
                    update(world, OF_ORGANIZATION, body).decided().await
                }
            }
        }
    });
    let replies = join_all(calls).await;
    world.chaos(0, 0);
    assert!(replies.iter().all(|reply| reply.status == 200 || reply.code() == "entitlement-ended"));
    let shown = seen(&world, OF_ORGANIZATION, "operator").await;
    assert_eq!(shown["status"], "ended");
    let all = events(&world, "/v1/organizations/{yamada}/history", "operator").await;
    let of = |kind: &str| all.iter().filter(|(known, _)| known == kind).count() as u64;
    assert_eq!(of("entitlement.ended"), 1);
    assert_eq!(shown["version"], 1 + of("entitlement.updated") + 1);
    let told = told(all);
    assert!(told.is_empty() || told.iter().any(|data| data["endsAt"] == shown["endsAt"]), "{shown}");
}
