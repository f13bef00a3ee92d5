//! `add-partner-member`

use futures_util::future::join_all;
use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{add, hana};

#[test]
fn canonical_call_is_published() {
    let body = json!({"email": "hana@miyako.example", "name": "Hana Ito"});
    Payload::of("add-partner-member", "/v1/partners/{partner}/members")
        .by("partnerAdmin")
        .json(&body)
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_and_partner_admin_may_add() {
    for who in ["operator", "partnerAdmin"] {
        let world = World::demo().await;
        let made = add(&world, who, hana()).send().await;
        let id = made.body["id"].as_str().unwrap().to_owned();
        let location = world.fill(&format!("/v1/partners/{{partner}}/members/{id}"));
        assert_eq!((made.status, made.header("location")), (201, Some(&*location)));
        let expected = json!({
            "id": id, "partnerId": world.id("partner"), "email": "Hana@MIYAKO.example", "name": "Hana Ito",
            "admin": false, "removals": 0, "version": 1,
        });
        assert_eq!(world.timeless(made.body), expected);
        let path = "/v1/partners/{partner}/history?type=member.added&pageSize=1";
        let history = world.get(path).by("partnerMember").send().await.ok();
        assert_eq!(
            history["items"][0]["data"],
            json!({"memberId": id, "admin": false}),
            "no e-mail, no name"
        );
        add(&world, who, hana()).assert_rejected(409, "email-taken").await;
    }
    // A member of another partner may have the same e-mail.
    let world = World::demo().await;
    add(&world, "operator", hana()).send().await.ok();
    let call = world.post("/v1/partners/{otherPartner}/members").by("otherPartnerAdmin").json(hana());
    assert_eq!(call.send().await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn admin_claim_without_an_admin_record_is_refused() {
    let world = World::demo().await;
    let person = |email: &str| {
        let org = world.id("partner");
        world.token_of(json!({"sub": "p", "email": email, "role": "partner", "org": org, "manager": true}))
    };
    let path = "/v1/partners/{partner}/members";
    // The first caller has no member record; the second one is a member, but not an admin.
    for email in ["unknown@miyako.example", "ren@miyako.example"] {
        world.post(path).token(&person(email)).json(hana()).assert_rejected(404, "not-found").await;
        // Such a caller cannot even create its own admin record.
        let own = json!({"email": email, "name": "Own", "admin": true});
        world.post(path).token(&person(email)).json(own).assert_rejected(404, "not-found").await;
    }
    add(&world, "partnerAdmin", json!({"email": "aiko@miyako.example", "name": "Aiko"}))
        .assert_rejected(409, "email-taken")
        .await;
    add(&world, "otherPartnerAdmin", hana()).assert_rejected(404, "not-found").await;
    // An admin of a partner without members cannot add the first one; the operator has to.
    let partner = world.post("/v1/partners").by("operator").json(json!({"name": "New"})).send().await.ok();
    let org = partner["id"].as_str().unwrap();
    let claims =
        json!({"sub": "n", "email": "n@new.example", "role": "partner", "org": org, "manager": true});
    let call = world.post(&format!("/v1/partners/{org}/members")).token(&world.token_of(claims));
    call.json(json!({"email": "x@new.example", "name": "X"})).assert_rejected(404, "not-found").await;
    for who in ["partnerMember", "agent", "contactManager"] {
        add(&world, who, hana()).assert_rejected(403, "role-not-allowed").await;
    }
    let absent = world.id("partner").replace("0001", "0009");
    let call = world.post(&format!("/v1/partners/{absent}/members")).by("operator").json(hana());
    call.assert_rejected(404, "not-found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_duplicates_of_an_email_create_one() {
    let world = World::demo().await;
    world.chaos(5, 4);
    let all =
        join_all((0..32).map(|_| async { add(&world, "partnerAdmin", hana()).decided().await.status })).await;
    world.chaos(0, 0);
    assert_eq!(all.iter().filter(|status| **status == 201).count(), 1, "{all:?}");
    assert!(all.iter().all(|status| [201, 409].contains(status)), "{all:?}");
    let found = world.get("/v1/partners/{partner}/members").by("partnerMember").send().await.ok();
    assert_eq!(found["items"].as_array().unwrap().len(), 3);
}
