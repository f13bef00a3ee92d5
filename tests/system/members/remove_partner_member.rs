//! `remove-partner-member`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{add, hana};

#[test]
fn canonical_call_is_published() {
    Payload::of("remove-partner-member", "/v1/partners/{otherPartner}/members/{emre}")
        .by("otherPartnerAdmin")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_is_idempotent_and_re_adding_creates_another_member() {
    let world = World::demo().await;
    let remove = || world.delete("/v1/partners/{partner}/members/{ren}").by("partnerAdmin");
    remove().header("if-match", "\"2\"").assert_rejected(412, "version-mismatch").await;
    let gone = remove().send().await;
    assert_eq!((gone.status, gone.body["removedAt"].is_string()), (200, true));
    let contents = world.contents().await;
    assert_eq!(remove().send().await.ok(), gone.body);
    world.assert_unchanged(&contents).await;
    let history = world.get("/v1/partners/{partner}/history?pageSize=1").by("partnerAdmin").send().await.ok();
    assert_eq!(
        (&history["items"][0]["type"], &history["items"][0]["data"]["memberId"]),
        (&json!("member.removed"), &json!(world.id("ren")))
    );
    // A member that is added with the same e-mail is a different member.
    let again =
        add(&world, "partnerAdmin", json!({"email": "ren@miyako.example", "name": "Ren"})).send().await;
    assert!(again.status == 201 && again.body["id"] != gone.body["id"]);
    assert_eq!(remove().send().await.ok(), gone.body, "and stays when the one before is removed again");
    let found = world.get("/v1/partners/{partner}/members").by("partnerMember").send().await.ok();
    assert_eq!(found["items"][1]["id"], again.body["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_admin_loses_authority_at_once() {
    let world = World::demo().await;
    world.delete("/v1/partners/{partner}/members/{aiko}").by("partnerAdmin").send().await.ok();
    for member in ["{aiko}", "{ren}"] {
        let path = format!("/v1/partners/{{partner}}/members/{member}");
        world.delete(&path).by("partnerAdmin").assert_rejected(404, "not-found").await;
    }
    add(&world, "partnerAdmin", hana()).assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_member_is_not_found() {
    let world = World::demo().await;
    world
        .delete("/v1/partners/{partner}/members/{ren}")
        .by("otherPartnerAdmin")
        .assert_rejected(404, "not-found")
        .await;
    let foreign = "/v1/partners/{otherPartner}/members/{ren}";
    world.delete(foreign).by("otherPartnerAdmin").assert_rejected(404, "not-found").await;
    world.delete(foreign).by("operator").assert_rejected(404, "not-found").await;
    world
        .delete("/v1/partners/{partner}/members/{ren}")
        .by("partnerMember")
        .assert_rejected(403, "role-not-allowed")
        .await;
}
