//! `list-subscription-contacts`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{OF_YAMADA, send_message};

#[test]
fn canonical_call_is_published() {
    Payload::of(
        "list-subscription-contacts",
        "/v1/organizations/{yamada}/subscriptions/{subscription}/contacts",
    )
    .by("partnerMember")
    .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_billing_partner_and_the_customers_are_shown() {
    let world = World::demo().await;
    let path = format!("{OF_YAMADA}/{{subscription}}/contacts");
    let shown = world.get(&path).by("customer").send().await.ok();
    assert_eq!(shown["billingPartner"], json!({"id": world.id("partner"), "name": "Miyako Security"}));
    let emails: Vec<_> =
        shown["contacts"].as_array().unwrap().iter().map(|one| one["email"].clone()).collect();
    assert_eq!(emails, ["sora@yamada.example", "yuki@yamada.example"]);
    assert_eq!(shown["contacts"][0]["customerId"], world.id("sora"));
    let data = json!({"subscription": {"externalId": "S-1"}, "storeAccount": "ec-4712"});
    send_message(&world, "m1", "subscription.transferred", "2026-01-05T09:59:00Z", data).await.ok();
    assert_eq!(
        world.get(&path).by("customer").send().await.ok()["billingPartner"]["name"],
        "Anadolu Güvenlik"
    );
    world.get(&path).by("partnerMember").assert_rejected(404, "not-found").await;
}
