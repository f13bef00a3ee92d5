//! `get-notification-preference`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::grant_ren;
use super::set_notification_preference::{PREFERENCE, set_time};

#[test]
fn canonical_call_is_published() {
    Payload::of("get-notification-preference", "/v1/organizations/{yamada}/notification-preferences")
        .by("customer")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn default_is_off_and_unauthorized_callers_are_refused() {
    let world = World::demo().await;
    for who in ["customer", "contactManager", "partnerMember"] {
        let shown = world.get(PREFERENCE).by(who).send().await;
        assert_eq!((shown.status, shown.header("etag")), (200, None));
        assert_eq!(shown.body, json!({"organizationId": world.id("yamada"), "onSubmitted": false}));
    }
    for who in ["operator", "agent"] {
        world.get(PREFERENCE).by(who).assert_rejected(403, "role-not-allowed").await;
    }
    for who in ["otherCustomer", "otherPartnerMember"] {
        world.get(PREFERENCE).by(who).assert_rejected(404, "not-found").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn preference_is_unavailable_below_look_and_reset_for_a_re_added_member() {
    let world = World::demo().await;
    set_time(&world, "partnerMember", true).send().await.ok();
    grant_ren(&world, "cc").await;
    world.get(PREFERENCE).by("partnerMember").assert_rejected(403, "access-level-too-low").await;
    for level in ["look", "full-admin"] {
        grant_ren(&world, level).await;
        assert_eq!(world.get(PREFERENCE).by("partnerMember").send().await.ok()["onSubmitted"], true);
    }
    // A member that is added with the same e-mail is a different member, with the default preference.
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    world.get(PREFERENCE).by("partnerMember").assert_rejected(404, "not-found").await;
    let again = json!({"email": "ren@miyako.example", "name": "Ren"});
    world.post("/v1/partners/{partner}/members").by("operator").json(again).send().await.ok();
    let shown = world.get(PREFERENCE).by("partnerMember").send().await.ok();
    assert_eq!((&shown["onSubmitted"], shown.get("version")), (&json!(false), None));
    let said = set_time(&world, "partnerMember", true).send().await.ok();
    assert_eq!(said["onSubmitted"], true);
}
