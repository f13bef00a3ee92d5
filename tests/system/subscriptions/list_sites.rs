//! `list-sites`

use serde_json::json;
use system::World;

#[tokio::test(flavor = "multi_thread")]
async fn an_organizations_sites_are_there_for_its_people_the_vendor_and_its_partners() {
    let world = World::demo().await;
    for who in ["operator", "agent", "contactManager", "customer", "partnerMember"] {
        let sites = world.get("/v1/organizations/{yamada}/sites").by(who).send().await.ok();
        let site = sites["items"].as_array().unwrap()[0].clone();
        assert_eq!((&site["id"], &site["name"]), (&json!(world.id("site")), &json!("Ginza")));
    }
    for who in ["otherPartnerAdmin", "otherCustomer"] {
        world.get("/v1/organizations/{yamada}/sites").by(who).refused(404, "not-found").await;
    }
    let none = world.get("/v1/organizations/{bogazici}/sites").by("otherCustomer").send().await.ok();
    assert_eq!(none["items"], json!([]));
    let gone = "/v1/organizations/org_019b8c3e-5c00-7000-8000-000000000009/sites";
    world.get(gone).by("operator").refused(404, "not-found").await;
}
