//! `get-partner`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("get-partner", "/v1/partners/{partner}").by("partnerMember").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_is_shown_with_its_store_if_it_has_one() {
    let world = World::demo().await;
    let shown = world.get("/v1/partners/{partner}").by("partnerMember").send().await;
    assert_eq!((shown.version(), shown.body["name"].as_str()), (Some(1), Some("Miyako Security")));
    assert_eq!(shown.body["store"]["account"], "ec-4711");
    assert_eq!(shown.body["store"]["sourceId"], world.id("source"));
    let new = world.get("/v1/partners/{newPartner}").by("agent").send().await.ok();
    assert_eq!((&new["externalId"], &new["store"]), (&json!("P-1003"), &json!(null)));
}

#[tokio::test(flavor = "multi_thread")]
async fn location_header_leads_to_the_created_partner() {
    let world = World::demo().await;
    let made = world.post("/v1/partners").by("operator").json(json!({"name": "Nordlicht"})).send().await;
    let shown = world.get(made.header("location").unwrap()).by("operator").send().await;
    assert_eq!((shown.version(), &shown.body), (made.version(), &made.body));
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_partner_is_not_found() {
    let world = World::demo().await;
    let absent = world.id("partner").replace("0001", "0009");
    world.get("/v1/partners/{partner}").by("otherPartnerAdmin").assert_rejected(404, "not-found").await;
    world.get(&format!("/v1/partners/{absent}")).by("operator").assert_rejected(404, "not-found").await;
    world.get("/v1/partners/{partner}").by("contactManager").assert_rejected(403, "role-not-allowed").await;
}
