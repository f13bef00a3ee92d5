//! `link-store`

use domain::Timestamp;
use local_stack::demo;
use serde_json::{Value, json};
use system::payload::{Payload, fill};
use system::{Call, World};

#[test]
fn canonical_call_is_published() {
    let expiry = demo::COMPLETE.parse::<Timestamp>().unwrap().unix_seconds() + 900;
    let proof = demo::prove(&fill("{secret}"), &fill("{newPartner}"), "ec-4713", expiry).unwrap();
    let body = json!({"sourceId": "{source}", "account": "ec-4713", "proof": proof});
    Payload::of("link-store", "/v1/partners/{newPartner}/store").by("newPartnerAdmin").json(&body).publish();
}

/// Returns a proof that expires in `seconds`, as the store gives it to its signed-in buyer.
fn proof(world: &World, partner: &str, account: &str, seconds: i64) -> String {
    world.proof(world.id(partner), account, seconds)
}

fn link<'a>(world: &'a World, partner: &str, who: &str, body: Value) -> Call<'a> {
    world.put(&format!("/v1/partners/{{{partner}}}/store")).by(who).json(body)
}

#[tokio::test(flavor = "multi_thread")]
async fn operator_links_without_proof_and_repeat_changes_nothing() {
    let world = World::demo().await;
    let body = json!({"sourceId": "{source}", "account": "ec-4713"});
    let made = link(&world, "newPartner", "operator", body.clone()).send().await;
    assert_eq!((made.status, made.body["account"].as_str()), (201, Some("ec-4713")));
    let contents = world.contents().await;
    let again = link(&world, "newPartner", "operator", body).send().await;
    assert_eq!((again.status, again.body), (200, made.body));
    world.assert_unchanged(&contents).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partners_admin_links_with_the_stores_proof() {
    let world = World::demo().await;
    for ahead in [1, 900] {
        let proof = proof(&world, "newPartner", "ec-4713", ahead);
        let body = json!({"sourceId": "{source}", "account": "ec-4713", "proof": proof});
        let linked = link(&world, "newPartner", "newPartnerAdmin", body).send().await;
        linked.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_foreign_or_expired_proof_is_refused() {
    let world = World::demo().await;
    let good = proof(&world, "newPartner", "ec-4713", 60);
    for (account, proof, code) in [
        ("ec-4713", None, "proof-required"),
        ("ec-4713", Some("rubbish".to_owned()), "invalid-proof"),
        ("ec-4714", Some(good.clone()), "invalid-proof"),
        ("ec-4713", Some(proof(&world, "otherPartner", "ec-4713", 60)), "invalid-proof"),
        ("ec-4713", Some(proof(&world, "newPartner", "ec-4713", 0)), "proof-expired"),
        ("ec-4713", Some(proof(&world, "newPartner", "ec-4713", 901)), "invalid-proof"),
    ] {
        let mut body = json!({"sourceId": "{source}", "account": account});
        if let Some(proof) = proof {
            body["proof"] = proof.into();
        }
        let reply = link(&world, "newPartner", "newPartnerAdmin", body).assert_rejected(422, code).await;
        assert_eq!(reply.faults()[0].0, "/proof");
    }
    // Only the operator learns that a source is unknown; for a partner, its proof is invalid.
    let unknown = world.id("source").replace("0001", "0009");
    let body = json!({"sourceId": unknown, "account": "ec-4713", "proof": good});
    link(&world, "newPartner", "newPartnerAdmin", body).assert_rejected(422, "invalid-proof").await;
    let body = json!({"sourceId": unknown, "account": "ec-4713"});
    link(&world, "newPartner", "operator", body).assert_rejected(422, "unknown-source").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn second_account_or_second_partner_is_refused() {
    let world = World::demo().await;
    let body = |account: &str| json!({"sourceId": "{source}", "account": account});
    link(&world, "partner", "operator", body("ec-9")).assert_rejected(409, "store-already-linked").await;
    link(&world, "newPartner", "operator", body("ec-4711")).assert_rejected(409, "account-taken").await;
    let both =
        link(&world, "partner", "operator", body("ec-4712")).assert_rejected(409, "account-taken").await;
    assert_eq!(both.faults().len(), 2, "all that stands against it is named: {}", both.body);
    let unknown = json!({"sourceId": world.id("source").replace("0001", "0009"), "account": "ec-9"});
    let both =
        link(&world, "partner", "operator", unknown).assert_rejected(409, "store-already-linked").await;
    let fault = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    assert_eq!(
        both.faults(),
        [fault("/account", "store-already-linked"), fault("/sourceId", "unknown-source")]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_partner_is_not_found() {
    let world = World::demo().await;
    let proof = proof(&world, "newPartner", "ec-4713", 60);
    let body = json!({"sourceId": "{source}", "account": "ec-4713", "proof": proof});
    link(&world, "newPartner", "partnerAdmin", body.clone()).assert_rejected(404, "not-found").await;
    link(&world, "newPartner", "partnerMember", body).assert_rejected(403, "role-not-allowed").await;
    let absent = world.id("partner").replace("0001", "0009");
    let call = world.put(&format!("/v1/partners/{absent}/store")).by("operator");
    call.json(json!({"sourceId": "{source}", "account": "ec-1"})).assert_rejected(404, "not-found").await;
}
