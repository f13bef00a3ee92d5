//! `get-organization`

use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("get-organization", "/v1/organizations/{yamada}").by("partnerMember").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn visible_to_vendor_own_customers_and_linked_partners() {
    let world = World::demo().await;
    for who in ["operator", "agent", "partnerMember", "contactManager", "customer"] {
        let shown = world.get("/v1/organizations/{yamada}").by(who).send().await;
        assert_eq!(shown.version(), Some(1));
        assert_eq!(shown.ok()["name"], "株式会社ヤマダ電機", "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn external_id_is_shown_only_to_its_creator_and_the_vendor() {
    let world = World::demo().await;
    let body = json!({"name": "Hotel Miramar", "externalId": "M-1", "partnerId": "{partner}"});
    let made = world.post("/v1/organizations").by("partnerAdmin").json(body).send().await.ok();
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["createdBy"], world.id("partner"));
    world.put(&format!("/v1/partners/{{otherPartner}}/organizations/{id}")).by("operator").send().await.ok();
    let seen = async |who: &str, path: String| -> (Value, Value) {
        let shown = world.get(&path).by(who).send().await.ok();
        (shown["externalId"].clone(), shown["createdBy"].clone())
    };
    let given = (json!("M-1"), json!(world.id("partner")));
    let path = || format!("/v1/organizations/{id}");
    for who in ["operator", "agent", "partnerMember"] {
        assert_eq!(seen(who, path()).await, given, "{who}");
    }
    let shown = world.get(&path()).by("operator").send().await.ok();
    assert_eq!(shown["creator"], json!({"id": world.id("partner"), "name": "Miyako Security"}));
    assert_eq!(seen("otherPartnerMember", path()).await, (json!(null), json!(null)));
    assert_eq!(world.get(&path()).by("otherPartnerMember").send().await.ok().get("creator"), None);
    // This external id was given by the vendor, so no partner sees it.
    let path = || "/v1/organizations/{yamada}".to_owned();
    assert_eq!(seen("operator", path()).await.0, "C-1");
    for who in ["partnerMember", "contactManager"] {
        assert_eq!(seen(who, path()).await, (json!(null), json!(null)), "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_callers_get_not_found() {
    let world = World::demo().await;
    let absent = world.id("yamada").replace("0001", "0009");
    for who in ["otherPartnerAdmin", "newPartnerAdmin", "otherContactManager", "otherCustomer"] {
        world.get("/v1/organizations/{yamada}").by(who).assert_rejected(404, "not-found").await;
    }
    for who in ["operator", "partnerMember"] {
        world.get(&format!("/v1/organizations/{absent}")).by(who).assert_rejected(404, "not-found").await;
    }
}
