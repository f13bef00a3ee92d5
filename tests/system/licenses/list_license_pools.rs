//! `list-license-pools`

use insta::assert_json_snapshot;
use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("list-license-pools", "/v1/partners/{partner}/license-pools").by("partnerMember").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn pools_are_shown_with_their_sums_and_names() {
    let world = World::demo().await;
    let pools = world.get("/v1/partners/{partner}/license-pools").by("partnerMember").send().await.ok();
    assert_json_snapshot!(pools, @r#"
    {
      "assigned": 5,
      "available": 135,
      "items": [
        {
          "assigned": 0,
          "available": 40,
          "licenseType": "camera-direct-1y",
          "low": false,
          "name": "Camera direct recording, 1 year",
          "purchased": 40,
          "term": "P1Y"
        },
        {
          "assigned": 5,
          "available": 95,
          "licenseType": "edge-storage-1y",
          "low": false,
          "name": "Edge storage recording, 1 year",
          "purchased": 100,
          "term": "P1Y"
        }
      ],
      "total": 140
    }
    "#);
    let none = world.get("/v1/partners/{newPartner}/license-pools").by("newPartnerAdmin").send().await.ok();
    assert_eq!(none, json!({"total": 0, "available": 0, "assigned": 0, "items": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_partner_is_not_found() {
    let world = World::demo().await;
    let absent = world.id("partner").replace("0001", "0009");
    for who in ["operator", "agent"] {
        let pools = world.get(&format!("/v1/partners/{absent}/license-pools")).by(who);
        pools.assert_rejected(404, "not-found").await;
        world.get(&format!("/v1/partners/{absent}/history")).by(who).assert_rejected(404, "not-found").await;
        let absent = world.id("yamada").replace("0001", "0009");
        world
            .get(&format!("/v1/organizations/{absent}/history"))
            .by(who)
            .assert_rejected(404, "not-found")
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_partner_is_indistinguishable_from_an_absent_one() {
    let world = World::demo().await;
    let absent = world.id("partner").replace("0001", "0009");
    let pools = |partner: &str| {
        let call = world.get(&format!("/v1/partners/{partner}/license-pools"));
        call.by("otherPartnerMember").header("x-request-id", "same")
    };
    let foreign = pools("{partner}").send().await;
    let missing = pools(&absent).send().await;
    assert_eq!((foreign.status, foreign.code()), (404, "not-found"));
    let without_path = |mut body: serde_json::Value| {
        body["instance"] = json!(null);
        body
    };
    assert_eq!(without_path(foreign.body), without_path(missing.body));
}
