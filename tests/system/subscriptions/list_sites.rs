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
    // Each site has the subscriptions that are set up on it; those that the caller may not see are counted.
    let on_site = async |who: &str| {
        let sites = world.get("/v1/organizations/{yamada}/sites").by(who).send().await.ok();
        let site = sites["items"][0].clone();
        (site["subscriptions"].as_array().unwrap().clone(), site["hiddenCount"].as_u64().unwrap())
    };
    let (seen, hidden) = on_site("customer").await;
    assert_eq!(
        (&seen[0]["id"], &seen[0]["product"]["name"], seen.len(), hidden),
        (&json!(world.id("wallSubscription")), &json!("Video Wall"), 1, 0)
    );
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
    assert_eq!(on_site("otherPartnerMember").await.0.len(), 1);
    let haruto = json!({"sub": "haruto", "email": "haruto@yamada.example", "role": "customer", "org": world.id("yamada")});
    let path = "/v1/organizations/{yamada}/sites";
    let page = world.get(path).token(&world.token_of(haruto)).send().await.ok();
    assert_eq!(
        (&page["items"][0]["subscriptions"], &page["items"][0]["hiddenCount"]),
        (&json!([]), &json!(1))
    );
    let none = world.get("/v1/organizations/{bogazici}/sites").by("otherCustomer").send().await.ok();
    assert_eq!(none["items"], json!([]));
    let gone = "/v1/organizations/org_019b8c3e-5c00-7000-8000-000000000009/sites";
    world.get(gone).by("operator").assert_rejected(404, "not-found").await;
}
