//! `list-organization-access`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::grant;

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
