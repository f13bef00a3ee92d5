//! `list-organization-access`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{decide, grant, individual_grantee, send_request_for_id};

#[test]
fn canonical_call_is_published() {
    Payload::of("list-organization-access", "/v1/organizations/{yamada}/access")
        .by("contactManager")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn organization_sees_its_partners_and_their_grants() {
    let world = World::demo().await;
    grant(&world, "otherPartner", json!({"organizationLevel": "look"})).send().await.ok();
    let path = "/v1/organizations/{yamada}/access";
    for who in ["contactManager", "operator", "agent"] {
        let found = world.get(path).by(who).send().await.ok();
        let shown = found["items"].as_array().unwrap().iter();
        let shown: Vec<_> =
            shown.map(|one| (&one["partner"]["name"], one["grants"].as_array().unwrap().len())).collect();
        assert_eq!(shown, [(&json!("Miyako Security"), 2), (&json!("Anadolu Güvenlik"), 1)]);
        let grant = &found["items"][0]["grants"][1];
        assert_eq!(
            (&grant["id"], &grant["individual"]["email"]),
            (&json!(world.id("grantOfRen")), &json!("ren@miyako.example"))
        );
    }
    let page = world.get(&format!("{path}?pageSize=1")).by("contactManager").send().await.ok();
    assert!(page["items"].as_array().unwrap().len() == 1 && page["nextPageToken"].is_string());
    world.get(path).by("otherContactManager").assert_rejected(404, "not-found").await;
    for who in ["customer", "partnerAdmin"] {
        world.get(path).by(who).assert_rejected(403, "role-not-allowed").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn partners_are_sorted_by_name_or_expiry() {
    let world = World::demo().await;
    let later = json!({"organizationLevel": "look", "expiresAt": "2026-12-31T00:00:00Z"});
    grant(&world, "otherPartner", later).send().await.ok();
    let names = async |query: &str| {
        let (mut names, mut token) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/organizations/{{yamada}}/access?pageSize=1&{query}{token}");
            let page = world.get(&path).by("contactManager").send().await.ok();
            let items = page["items"].as_array().unwrap().iter();
            names.extend(items.map(|one| one["partner"]["name"].as_str().unwrap().to_owned()));
            match page["nextPageToken"].as_str() {
                Some(next) => token = format!("&pageToken={next}"),
                None => return names,
            }
        }
    };
    assert_eq!(names("").await, ["Miyako Security", "Anadolu Güvenlik"]);
    assert_eq!(names("sort=name").await, ["Anadolu Güvenlik", "Miyako Security"]);
    // Ren's grant ends in July.
    assert_eq!(names("sort=expiresAt").await, ["Miyako Security", "Anadolu Güvenlik"]);
    let path = "/v1/organizations/{yamada}/access/{partner}/{grantOfRen}";
    world.delete(path).by("contactManager").send().await.ok();
    assert_eq!(names("sort=expiresAt").await, ["Anadolu Güvenlik", "Miyako Security"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_members_whom_the_partner_named_are_shown_by_name() {
    let world = World::demo().await;
    let id = send_request_for_id(&world, individual_grantee("aiko", "update")).await;
    decide(&world, &id, "approve", json!({})).send().await.ok();
    let found = world.get("/v1/organizations/{yamada}/access").by("contactManager").send().await.ok();
    let individuals = found["items"][0]["grants"].as_array().unwrap().iter();
    let names: Vec<_> = individuals
        .filter_map(|grant| grant.get("individual"))
        .map(|one| (one["email"].as_str().unwrap(), one["name"].as_str()))
        .collect();
    assert_eq!(names, [("ren@miyako.example", None), ("aiko@miyako.example", Some("Aiko Tanaka"))]);
}
