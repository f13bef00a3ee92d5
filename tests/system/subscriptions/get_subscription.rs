//! `get-subscription`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{OF_YAMADA, ids, shown};

#[test]
fn canonical_call_is_published() {
    Payload::of("get-subscription", "/v1/organizations/{yamada}/subscriptions/{subscription}")
        .by("customer")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_shown_with_all_that_belongs_to_it() {
    let world = World::demo().await;
    let reply = world.get(&format!("{OF_YAMADA}/{{wallSubscription}}")).by("customer").send().await;
    assert_eq!(reply.header("etag"), Some("\"2\""));
    let one = reply.ok();
    assert_eq!(one["site"], json!({"siteId": world.id("site"), "url": "https://yamada.example/wall"}));
    assert_eq!(
        (&one["plan"], &one["quantity"], &one["billDate"]),
        (&json!("Standard"), &json!(10), &json!("2031-01-05"))
    );
    assert_eq!(one["partner"], json!({"id": world.id("partner"), "name": "Miyako Security"}));
    let (sora, since) = (world.id("sora"), "2026-01-05T09:47:00.000Z");
    let sora =
        json!({"email": "sora@yamada.example", "name": "Sora Sato", "since": since, "customerId": sora});
    assert_eq!(one["contacts"], json!([sora]));
    let linked = json!({"id": world.id("subscription"), "kind": "subscription", "sku": "ER-1", "plan": "Standard", "status": "active"});
    assert_eq!(one["linkedSubscriptions"], json!([linked]));
    assert_eq!(one["installedApps"], json!([]), "Sora is no contact of the app");
    assert_eq!(one["apps"], json!([]), "nor is its id told");
    let by_manager = shown(&world, "contactManager", "{yamada}", world.id("wallSubscription")).await;
    assert_eq!(ids(&by_manager["installedApps"]), [world.id("app")]);
    let app = shown(&world, "partnerMember", "{yamada}", world.id("app")).await;
    assert_eq!(ids(&app["parentSubscriptions"]), [world.id("subscription"), world.id("wallSubscription")]);
    let number = one["entitlementNumber"].as_str().unwrap();
    let found = world.get(&format!("/v1/entitlements/by-number/{number}")).by("agent").send().await.ok();
    assert_eq!(found["id"], one["entitlementId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn to_everybody_else_it_is_not_there() {
    let world = World::demo().await;
    for (who, id) in [
        ("customer", "collection"),
        ("otherPartnerAdmin", "subscription"),
        ("otherCustomer", "subscription"),
        ("operator", "otherSubscription"),
    ] {
        world.get(&format!("{OF_YAMADA}/{{{id}}}")).by(who).assert_rejected(404, "not-found").await;
    }
    world
        .get("/v1/organizations/{bogazici}/subscriptions/{subscription}")
        .by("operator")
        .assert_rejected(404, "not-found")
        .await;
    world.get(&format!("{OF_YAMADA}/sub_1")).by("operator").assert_rejected(400, "invalid-request").await;
    // Who has the e-mail of a contact, but not its record any more, is none.
    world.delete("/v1/customers/{sora}").by("contactManager").send().await.ok();
    world
        .get(&format!("{OF_YAMADA}/{{subscription}}"))
        .by("customer")
        .assert_rejected(404, "not-found")
        .await;
    let record = json!({"email": "sora@yamada.example", "name": "Another Sora"});
    world.post("/v1/organizations/{yamada}/customers").by("operator").json(record).send().await.ok();
    world
        .get(&format!("{OF_YAMADA}/{{subscription}}"))
        .by("customer")
        .assert_rejected(404, "not-found")
        .await;
}
