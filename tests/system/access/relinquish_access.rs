//! `relinquish-access`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{events, level};

#[test]
fn canonical_call_is_published() {
    Payload::of("relinquish-access", "/v1/organizations/{yamada}/access/{partner}/{grantOfRen}/relinquish")
        .by("partnerMember")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn member_relinquishes_its_own_grant_and_an_admin_any() {
    let world = World::demo().await;
    let (own, of_all) = ("{grantOfRen}", "{grantOfAll}");
    let call = |who: &str, grant: &str| {
        world.post(&format!("/v1/organizations/{{yamada}}/access/{{partner}}/{grant}/relinquish")).by(who)
    };
    call("partnerMember", of_all).assert_rejected(403, "admin-required").await;
    let gone = call("partnerMember", own).send().await.ok();
    assert_eq!(gone["grants"][1]["state"], "relinquished");
    assert_eq!(level(&world, "ren").await.as_deref(), Some("create"));
    let contents = world.contents().await;
    assert_eq!(call("partnerAdmin", own).send().await.ok(), gone, "again changes nothing");
    world.assert_unchanged(&contents).await;
    call("partnerAdmin", of_all).send().await.ok();
    assert_eq!(level(&world, "ren").await, None);
    let (kind, data) =
        events(&world, "/v1/organizations/{yamada}/history", "contactManager").await.pop().unwrap();
    assert_eq!((&*kind, data), ("access.relinquished", json!({"grantId": world.id("grantOfAll")})));
}

#[tokio::test(flavor = "multi_thread")]
async fn caller_of_another_party_or_without_a_record_is_refused() {
    let world = World::demo().await;
    let path = "/v1/organizations/{yamada}/access/{partner}/{grantOfRen}/relinquish";
    world.post(path).by("otherPartnerAdmin").assert_rejected(404, "not-found").await;
    world.post(path).by("contactManager").assert_rejected(403, "role-not-allowed").await;
    // A token without a record is not enough: neither one that claims an admin, nor that of a removed member.
    let org = world.id("partner");
    let person =
        json!({"sub": "x", "email": "x@miyako.example", "role": "partner", "org": org, "manager": true});
    world.post(path).token(&world.token_of(person)).assert_rejected(404, "not-found").await;
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    world.post(path).by("partnerMember").assert_rejected(404, "not-found").await;
}
