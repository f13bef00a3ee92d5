//! `get-service-request`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{PATH, add_ren, grant_ren, open_for_id};

#[test]
fn canonical_call_is_published() {
    Payload::of("get-service-request", "/v1/organizations/{yamada}/service-requests/{serviceRequest}")
        .by("partnerAdmin")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn current_entitlements_of_the_organization_are_included() {
    let world = World::demo().await;
    let path = format!("{PATH}/{{serviceRequest}}");
    for who in ["customer", "contactManager", "agent", "operator", "partnerMember"] {
        let shown = world.get(&path).by(who).send().await;
        assert_eq!((shown.status, shown.version()), (200, Some(1)), "{who}");
        let owned = shown.body["entitlements"].as_array().unwrap();
        let given = owned.iter().filter(|one| !one["subscriptionId"].is_null()).count();
        // Entitlements of subscriptions are included for everyone; their `subscriptionId` is shown only to
        // callers who see all of the subscriptions.
        let staff = ["agent", "operator"].contains(&who);
        assert_eq!((owned.len(), given), (5, if staff || who == "contactManager" { 4 } else { 0 }), "{who}");
        assert_eq!(owned[0]["id"], world.id("entitlement"));
        assert_eq!(owned[0]["details"].get("Internal note").is_some(), staff, "{who}");
        assert_eq!(shown.body["moreEntitlements"], false);
        assert_eq!(
            (&shown.body["effectiveTimeZone"], &shown.body["formerContacts"]),
            (&json!("UTC"), &json!([]))
        );
    }
    for who in ["otherCustomer", "otherPartnerMember"] {
        world.get(&path).by(who).assert_rejected(404, "not-found").await;
    }
    let elsewhere = "/v1/organizations/{bogazici}/service-requests/{serviceRequest}";
    world.get(elsewhere).by("otherCustomer").assert_rejected(404, "not-found").await;
    world.get(elsewhere).by("operator").assert_rejected(404, "not-found").await;
    let zone = json!({"timeZone": "Asia/Tokyo"});
    world.patch("/v1/organizations/{yamada}").by("contactManager").json(zone).send().await.ok();
    let shown = world.get(&path).by("agent").send().await.ok();
    assert_eq!((&shown["effectiveTimeZone"], shown.get("timeZone")), (&json!("Asia/Tokyo"), None));
    let trial = world.post("/v1/organizations/{yamada}/entitlements/{entitlement}/end").by("operator");
    trial.send().await.ok();
    let left = world.get(&path).by("agent").send().await.ok()["entitlements"].clone();
    assert!(left.as_array().unwrap().iter().all(|one| !one["subscriptionId"].is_null()), "{left}");
}

/// The loop creates and ends 50 entitlements, the maximum that is shown: if ended ones counted toward it, the
/// current one that is created last would be missing.
#[tokio::test(flavor = "multi_thread")]
async fn ended_entitlements_do_not_displace_current_ones() {
    let world = World::demo().await;
    let make = async || {
        let made = world.post("/v1/organizations/{yamada}/entitlements").by("operator");
        let made = made.json(json!({"productId": "{videoWall}"})).send().await.ok();
        made["id"].as_str().unwrap().to_owned()
    };
    for _ in 0..50 {
        let path = format!("/v1/organizations/{{yamada}}/entitlements/{}/end", make().await);
        world.post(&path).by("operator").send().await.ok();
    }
    let latest = make().await;
    for who in ["agent", "customer", "partnerMember"] {
        let shown = world.get(&format!("{PATH}/{{serviceRequest}}")).by(who).send().await.ok();
        let owned = shown["entitlements"].as_array().unwrap();
        assert_eq!((owned.len(), &shown["moreEntitlements"]), (6, &json!(false)), "{who}");
        assert_eq!(owned[5]["id"], latest, "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cc_level_sees_only_requests_it_is_a_contact_of() {
    let world = World::demo().await;
    grant_ren(&world, "create").await;
    let own = open_for_id(&world, "partnerMember").await;
    grant_ren(&world, "cc").await;
    let path = format!("{PATH}/{{serviceRequest}}");
    world.get(&path).by("partnerMember").assert_rejected(404, "not-found").await;
    add_ren(&world, world.id("serviceRequest")).await;
    let shown = world.get(&path).by("partnerMember").send().await.ok();
    assert_eq!((&shown["subject"], &shown["entitlements"]), (&json!("A recorder is silent"), &json!([])));
    world.get(&format!("{PATH}/{own}")).by("partnerMember").send().await.ok();
    // A member that is added with the same e-mail is a different member, and no contact.
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    let again = json!({"email": "ren@miyako.example", "name": "Ren"});
    world.post("/v1/partners/{partner}/members").by("operator").json(again).send().await.ok();
    grant_ren(&world, "cc").await;
    for path in [path, format!("{PATH}/{own}")] {
        world.get(&path).by("partnerMember").assert_rejected(404, "not-found").await;
    }
}

/// People who were removed are marked as former contacts in every answer that shows them.
#[tokio::test(flavor = "multi_thread")]
async fn removed_people_are_marked_as_former_contacts() {
    let world = World::demo().await;
    let path = format!("{PATH}/{{serviceRequest}}");
    grant_ren(&world, "update").await;
    add_ren(&world, world.id("serviceRequest")).await;
    let haruto = |role: &str| {
        super::contact(&world, "agent", world.id("serviceRequest"), "haruto@yamada.example", role)
    };
    haruto("additional").send().await.ok();
    let shown = world.get(&path).by("agent").send().await.ok();
    assert_eq!(shown["formerContacts"], json!([]));
    assert!(!shown.to_string().contains("\"former\""));
    world.delete("/v1/customers/{haruto}").by("contactManager").send().await.ok();
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    // The submitter needs no record, but was removed.
    world.delete("/v1/customers/{sora}").by("contactManager").send().await.ok();
    let listed = async |who: &str| {
        let page = world.get("/v1/service-requests?organizationId={yamada}").by(who).send().await.ok();
        let items = page["items"].as_array().unwrap().iter();
        items.clone().find(|one| one["id"] == world.id("serviceRequest")).unwrap().clone()
    };
    let emails = json!(["sora@yamada.example", "ren@miyako.example", "haruto@yamada.example"]);
    for who in ["agent", "contactManager", "partnerAdmin"] {
        let shown = world.get(&path).by(who).send().await.ok();
        assert_eq!(shown["formerContacts"], emails, "{who}");
        for shown in [shown, listed(who).await] {
            let contacts = shown["additionalContacts"].as_array().unwrap();
            let all = std::iter::once(&shown["primaryContact"]).chain(contacts);
            assert!(all.clone().all(|contact| contact["former"] == true), "{who} {shown}");
            assert_eq!(all.count(), 3);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn licenses_and_the_contacts_own_products_are_shown_as_far_as_visible() {
    let world = World::demo().await;
    let path = format!("{PATH}/{{serviceRequest}}");
    for who in ["agent", "operator", "customer", "contactManager", "partnerAdmin"] {
        let shown = world.get(&path).by(who).send().await.ok();
        let licenses = world.get("/v1/organizations/{yamada}/licenses").by(who).send().await.ok();
        assert_eq!(shown["licenses"], licenses["items"], "{who}");
        assert_ne!(shown["licenses"], json!([]), "{who}");
        assert!(shown["licenses"][0]["partner"]["name"].is_string(), "{who}");
        let owned = shown["entitlements"].as_array().unwrap();
        assert!(owned.iter().all(|one| one["product"]["name"].is_string()), "{who}");
        // Sora, the primary contact, sees its own, and so does the vendor.
        let own = ["agent", "operator", "customer"].contains(&who);
        assert_eq!(shown["contactEntitlements"].is_array(), own, "{who}");
        if own {
            let profile = world.get("/v1/customers/{sora}/profile").by(who).send().await.ok();
            let items = profile["entitlements"].as_array().unwrap().iter();
            let ids: Vec<_> = items.filter(|one| one["from"] == "own").map(|one| &one["id"]).collect();
            let shown = shown["contactEntitlements"].as_array().unwrap();
            assert_eq!(shown.iter().map(|one| &one["id"]).collect::<Vec<_>>(), ids, "{who}");
            assert!(!ids.is_empty() && shown.iter().all(|one| one["product"]["name"].is_string()));
        }
    }
    // The other partner, with access but without assignments, sees no licenses.
    let body = json!({"partnerId": "{otherPartner}", "expiresAt": "2026-12-31T00:00:00Z", "organizationLevel": "look"});
    world.post("/v1/organizations/{yamada}/access").by("contactManager").json(body).send().await.ok();
    let shown = world.get(&path).by("otherPartnerAdmin").send().await.ok();
    assert_eq!((&shown["licenses"], shown.get("contactEntitlements")), (&json!([]), None));
    grant_ren(&world, "cc").await;
    add_ren(&world, world.id("serviceRequest")).await;
    let shown = world.get(&path).by("partnerMember").send().await.ok();
    assert_eq!((&shown["licenses"], &shown["moreLicenses"]), (&json!([]), &json!(false)));
}
