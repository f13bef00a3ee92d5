//! `set-notification-preference`

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World};

use super::grant_ren;

#[test]
fn canonical_call_is_published() {
    let body = json!({"onSubmitted": true});
    Payload::of("set-notification-preference", "/v1/organizations/{yamada}/notification-preferences")
        .by("partnerMember")
        .json(&body)
        .publish();
}

pub const PREFERENCE: &str = "/v1/organizations/{yamada}/notification-preferences";

pub fn set_time<'a>(world: &'a World, who: &str, on: bool) -> Call<'a> {
    world.put(PREFERENCE).by(who).json(json!({"onSubmitted": on}))
}

async fn shown(world: &World, who: &str) -> Value {
    world.get(PREFERENCE).by(who).send().await.ok()["onSubmitted"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn caller_sets_only_its_own_preference() {
    let world = World::demo().await;
    for (version, on) in [(1, true), (2, false), (3, true)] {
        let said = set_time(&world, "partnerMember", on).send().await;
        assert_eq!((said.status, said.header("etag")), (200, Some(&*format!("\"{version}\""))));
        assert_eq!((&said.body["onSubmitted"], &said.body["version"]), (&json!(on), &json!(version)));
    }
    let contents = world.contents().await;
    set_time(&world, "partnerMember", true).header("if-match", "\"3\"").send().await.ok();
    world.assert_unchanged(&contents).await;
    for who in ["partnerAdmin", "customer", "contactManager"] {
        assert_eq!(shown(&world, who).await, false, "nobody else's");
    }
    set_time(&world, "customer", true).send().await.ok();
    assert_eq!(shown(&world, "customer").await, true);
    let path = "/v1/organizations/{yamada}/history?type=notification-preference.set&order=asc&pageSize=100";
    let history = world.get(path).by("contactManager").send().await.ok();
    let (of_ren, of_customer): (Vec<_>, Vec<_>) = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["data"])
        .partition(|data| data["memberId"] == json!(world.id("ren")));
    assert_eq!(of_ren.iter().map(|data| &data["onSubmitted"]).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(of_customer.last(), Some(&&json!({"onSubmitted": true})));
}

#[tokio::test(flavor = "multi_thread")]
async fn unauthorized_caller_stale_version_and_invalid_body_are_refused() {
    let world = World::demo().await;
    grant_ren(&world, "cc").await;
    let contents = world.contents().await;
    set_time(&world, "partnerMember", true).assert_rejected(403, "access-level-too-low").await;
    for who in ["operator", "agent"] {
        set_time(&world, who, true).assert_rejected(403, "role-not-allowed").await;
    }
    for who in ["otherCustomer", "otherPartnerMember"] {
        set_time(&world, who, true).assert_rejected(404, "not-found").await;
    }
    set_time(&world, "customer", true)
        .header("if-match", "\"1\"")
        .assert_rejected(412, "version-mismatch")
        .await;
    let rubbish = world.put(PREFERENCE).by("customer").json(json!({"onSubmitted": "yes", "onClosed": true}));
    let mut faults = rubbish.assert_rejected(400, "invalid-request").await.faults();
    faults.sort();
    let places: Vec<_> = faults.iter().map(|(at, _)| at.as_str()).collect();
    assert_eq!(places, ["/onClosed", "/onSubmitted"]);
    world.assert_unchanged(&contents).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_equal_calls_record_one_event() {
    let world = World::demo().await;
    world.chaos(6, 9);
    for said in join_all((0..16).map(|_| set_time(&world, "partnerAdmin", true).decided())).await {
        assert_eq!((said.status, &said.body["version"]), (200, &json!(1)), "{}", said.body);
    }
    world.chaos(0, 0);
    let path = "/v1/partners/{partner}/history?type=notification-preference.set";
    let history = world.get(path).by("partnerAdmin").send().await.ok();
    assert_eq!(history["items"].as_array().unwrap().len(), 1);
}
