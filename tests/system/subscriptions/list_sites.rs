//! `list-sites`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::send_message;

#[test]
fn canonical_call_is_published() {
    Payload::of("list-sites", "/v1/organizations/{yamada}/sites").by("customer").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn visible_only_to_customers_vendor_and_managing_partners() {
    let world = World::demo().await;
    for who in ["operator", "agent", "contactManager", "customer", "partnerMember"] {
        let sites = world.get("/v1/organizations/{yamada}/sites").by(who).send().await.ok();
        let site = sites["items"].as_array().unwrap()[0].clone();
        assert_eq!((&site["id"], &site["name"]), (&json!(world.id("site")), &json!("Ginza")));
    }
    for who in ["otherPartnerAdmin", "otherCustomer"] {
        world.get("/v1/organizations/{yamada}/sites").by(who).assert_rejected(404, "not-found").await;
    }
    // Another partner of the organization sees only the sites of subscriptions that it manages itself.
    world.put("/v1/partners/{otherPartner}/organizations/{yamada}").by("operator").send().await.ok();
    let seen = async |who: &str| {
        world.get("/v1/organizations/{yamada}/sites").by(who).send().await.ok()["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!((seen("otherPartnerMember").await, seen("partnerMember").await), (0, 1));
    let data = json!({"subscription": {"externalId": "S-2"}, "storeAccount": "ec-4712"});
    send_message(&world, "m1", "subscription.transferred", "2026-01-05T09:59:00Z", data).await.ok();
    assert_eq!((seen("otherPartnerMember").await, seen("partnerMember").await), (1, 0));
    let none = world.get("/v1/organizations/{bogazici}/sites").by("otherCustomer").send().await.ok();
    assert_eq!(none["items"], json!([]));
    let gone = "/v1/organizations/org_019b8c3e-5c00-7000-8000-000000000009/sites";
    world.get(gone).by("operator").assert_rejected(404, "not-found").await;
}
