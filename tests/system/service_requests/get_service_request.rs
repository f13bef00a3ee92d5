//! `get-service-request`

use aws::table::entity::to_item;
use domain::Individual;
use domain::service_request::Contact;
use serde_json::json;
use system::World;

use super::{PATH, let_ren, opened};

/// Puts Ren among the contacts of a service request, as a later operation will.
pub async fn add_ren(world: &World, id: &str) {
    let contact = Contact {
        service_request_id: id.parse().unwrap(),
        organization_id: world.id("yamada").parse().unwrap(),
        partner_id: world.id("partner").parse().unwrap(),
        individual: Individual {
            member_id: world.id("ren").parse().unwrap(),
            email: "ren@miyako.example".parse().unwrap(),
        },
    };
    world.put_all(std::iter::once(to_item(&contact).unwrap())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_shown_with_what_the_organization_is_entitled_to() {
    let world = World::demo().await;
    let path = format!("{PATH}/{{serviceRequest}}");
    for who in ["customer", "contactManager", "agent", "operator", "partnerMember"] {
        let shown = world.get(&path).by(who).send().await;
        assert_eq!((shown.status, shown.header("etag")), (200, Some("\"1\"")), "{who}");
        let owned = shown.body["entitlements"].as_array().unwrap();
        assert_eq!((owned.len(), &owned[0]["id"]), (1, &json!(world.id("entitlement"))));
        let staff = ["agent", "operator"].contains(&who);
        assert_eq!(owned[0]["details"].get("Internal note").is_some(), staff, "{who}");
        assert_eq!(shown.body["moreEntitlements"], false);
    }
    for who in ["otherCustomer", "otherPartnerMember"] {
        world.get(&path).by(who).refused(404, "not-found").await;
    }
    let elsewhere = "/v1/organizations/{bogazici}/service-requests/{serviceRequest}";
    world.get(elsewhere).by("otherCustomer").refused(404, "not-found").await;
    world.get(elsewhere).by("operator").refused(404, "not-found").await;
    let trial = world.post("/v1/organizations/{yamada}/entitlements/{entitlement}/end").by("operator");
    trial.send().await.ok();
    assert_eq!(world.get(&path).by("agent").send().await.ok()["entitlements"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_cc_one_sees_only_where_one_was_added() {
    let world = World::demo().await;
    let_ren(&world, "create").await;
    let own = opened(&world, "partnerMember").await;
    let_ren(&world, "cc").await;
    let path = format!("{PATH}/{{serviceRequest}}");
    world.get(&path).by("partnerMember").refused(404, "not-found").await;
    add_ren(&world, world.id("serviceRequest")).await;
    let shown = world.get(&path).by("partnerMember").send().await.ok();
    assert_eq!((&shown["subject"], &shown["entitlements"]), (&json!("A recorder is silent"), &json!([])));
    world.get(&format!("{PATH}/{own}")).by("partnerMember").send().await.ok();
    // Who is on record anew was never added.
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    let again = json!({"email": "ren@miyako.example", "name": "Ren"});
    world.post("/v1/partners/{partner}/members").by("operator").json(again).send().await.ok();
    let_ren(&world, "cc").await;
    for path in [path, format!("{PATH}/{own}")] {
        world.get(&path).by("partnerMember").refused(404, "not-found").await;
    }
}
