//! `list-access-candidates`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::grant;

#[test]
fn canonical_call_is_published() {
    Payload::of("list-access-candidates", "/v1/organizations/{yamada}/access-candidates?partnerId={partner}")
        .by("contactManager")
        .publish();
}

const PATH: &str = "/v1/organizations/{yamada}/access-candidates?partnerId=";

#[tokio::test(flavor = "multi_thread")]
async fn contact_manager_chooses_among_members_of_a_partner_whose_request_was_approved() {
    let world = World::demo().await;
    let path = format!("{PATH}{{partner}}");
    let emails = async |query: &str| {
        let page = world.get(&format!("{path}{query}")).by("contactManager").send().await.ok();
        let items = page["items"].as_array().unwrap().iter();
        items.map(|one| one["email"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(emails("").await, ["aiko@miyako.example", "ren@miyako.example"]);
    assert_eq!(emails("&name=mori").await, ["ren@miyako.example"]);
    assert_eq!(emails("&name=nobody").await, Vec::<String>::new());
    let page = world.get(&path).by("contactManager").send().await.ok();
    assert_eq!(
        page["items"][1],
        json!({"memberId": world.id("ren"), "email": "ren@miyako.example", "name": "Ren Mori"})
    );
    for (verb, count) in [("disable", 1), ("enable", 2)] {
        let path = format!("/v1/partners/{{partner}}/members/{{ren}}/{verb}");
        world.post(&path).by("operator").send().await.ok();
        assert_eq!(emails("").await.len(), count, "{verb}");
    }
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    assert_eq!(emails("").await, ["aiko@miyako.example"], "a removed member is no candidate");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_other_partners_are_not_disclosed() {
    let world = World::demo().await;
    let empty = json!({"items": []});
    // The other partner has access, but the organization approved no request of it.
    grant(&world, "otherPartner", json!({"organizationLevel": "cc"})).send().await.ok();
    let absent = world.id("partner").replace("0001", "0009");
    for partner in ["{otherPartner}", "{newPartner}", &absent] {
        let path = format!("{PATH}{partner}");
        assert_eq!(world.get(&path).by("contactManager").send().await.ok(), empty, "{partner}");
    }
    let path = format!("{PATH}{{partner}}");
    world.get(&path).by("otherContactManager").assert_rejected(404, "not-found").await;
    for who in ["customer", "partnerAdmin", "agent"] {
        world.get(&path).by(who).assert_rejected(403, "role-not-allowed").await;
    }
    let path = "/v1/organizations/{yamada}/access-candidates";
    world.get(path).by("contactManager").assert_rejected(400, "invalid-request").await;
}
