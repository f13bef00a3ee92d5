//! `get-entitlement`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{OF_CUSTOMER, OF_ORGANIZATION, colleague, seen};

#[test]
fn canonical_calls_are_published() {
    Payload::of("get-entitlement-of-customer", "/v1/customers/{sora}/entitlements/{ownEntitlement}")
        .by("customer")
        .publish();
    Payload::of("get-entitlement-of-organization", "/v1/organizations/{yamada}/entitlements/{entitlement}")
        .by("customer")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_the_role_may_not_view_are_absent() {
    let world = World::demo().await;
    let staff = seen(&world, OF_ORGANIZATION, "agent").await;
    let own = seen(&world, OF_ORGANIZATION, "customer").await;
    let details = json!({
        "Region": {"values": ["EU"]}, "Support level": {"values": ["Gold"]}, "Seats": {"values": [25]},
    });
    assert_eq!(own["details"], details);
    assert_eq!(staff["details"]["Internal note"], json!({"values": ["Renewed by phone"]}));
    assert_eq!((&staff["externalId"], own.get("externalId")), (&json!("CRM-1001"), None));
    assert_eq!(own.get("detailsChanged"), None, "what changed may be hidden");
    assert_eq!(
        staff["detailsChanged"]["by"],
        json!({"type": "operator", "id": "olivia", "email": "olivia@vendor.example"})
    );
    // Fields come in their position order, not sorted by name.
    let text = world.get(OF_ORGANIZATION).by("agent").send().await;
    let text = String::from_utf8(text.bytes).unwrap();
    let place = |name: &str| text.find(name).unwrap();
    assert!(place("Region") < place("Support level") && place("Support level") < place("Seats"));
}

#[tokio::test(flavor = "multi_thread")]
async fn shared_one_is_visible_to_all_customers_and_own_one_to_its_owner_only() {
    let world = World::demo().await;
    for who in ["operator", "agent", "customer", "contactManager"] {
        assert_eq!(seen(&world, OF_ORGANIZATION, who).await["id"], world.id("entitlement"), "{who}");
    }
    // A person of the organization who is not in the demo world sees it, too.
    let call = world.get(OF_ORGANIZATION).token(&colleague(&world));
    assert_eq!(call.send().await.status, 200);
    for who in ["otherCustomer", "otherContactManager"] {
        world.get(OF_ORGANIZATION).by(who).assert_rejected(404, "not-found").await;
    }

    for who in ["operator", "agent", "customer"] {
        assert_eq!(seen(&world, OF_CUSTOMER, who).await["id"], world.id("ownEntitlement"), "{who}");
    }
    for who in ["contactManager", "otherCustomer"] {
        world.get(OF_CUSTOMER).by(who).assert_rejected(404, "not-found").await;
    }
    // The same e-mail in another organization, or in none, is another customer.
    for org in [Some(world.id("sol")), None] {
        let person = json!({"sub": "x", "email": "sora@yamada.example", "role": "customer", "org": org});
        world.get(OF_CUSTOMER).token(&world.token_of(person)).assert_rejected(404, "not-found").await;
    }
    world.delete("/v1/customers/{sora}").by("operator").send().await.ok();
    world.get(OF_CUSTOMER).by("customer").assert_rejected(404, "not-found").await;
    assert_eq!(world.get(OF_CUSTOMER).by("agent").send().await.status, 200, "nothing is destroyed");
}

#[tokio::test(flavor = "multi_thread")]
async fn path_with_another_owner_is_not_found() {
    let world = World::demo().await;
    for path in [
        "/v1/organizations/{sol}/entitlements/{entitlement}",
        "/v1/organizations/{yamada}/entitlements/{ownEntitlement}",
        "/v1/customers/{sora}/entitlements/{entitlement}",
    ] {
        world.get(path).by("operator").assert_rejected(404, "not-found").await;
    }
    world.get(OF_ORGANIZATION).by("partnerAdmin").assert_rejected(403, "role-not-allowed").await;
    let wrong = world.get("/v1/organizations/x/entitlements/{number}").by("operator");
    let wrong = wrong.assert_rejected(400, "invalid-request").await.faults();
    let places: Vec<_> = wrong.iter().map(|(at, _)| at.as_str()).collect();
    assert_eq!(places, ["entitlementId", "organizationId"]);
}
