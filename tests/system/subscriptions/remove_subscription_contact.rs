//! `remove-subscription-contact`

use futures_util::future::join;
use serde_json::json;
use system::payload::Payload;
use system::{Call, World};

use super::{OF_YAMADA, created_ids, deactivate, events, get_as, line, order};

#[test]
fn canonical_call_is_published() {
    Payload::of(
        "remove-subscription-contact",
        "/v1/organizations/{yamada}/subscriptions/{subscription}/contacts/yuki@yamada.example",
    )
    .by("customer")
    .publish();
}

fn remove<'a>(world: &'a World, who: &str, id: &str, customer: &str) -> Call<'a> {
    world.delete(&format!("{OF_YAMADA}/{id}/contacts/{customer}")).by(who)
}

#[tokio::test(flavor = "multi_thread")]
async fn contact_is_removed_by_id_or_email_and_loses_access() {
    let world = World::demo().await;
    let one = world.id("subscription");
    remove(&world, "contactManager", one, "{sora}").send().await.ok();
    world.get(&format!("{OF_YAMADA}/{one}")).by("customer").assert_rejected(404, "not-found").await;
    let contents = world.contents().await;
    remove(&world, "contactManager", one, "{sora}").send().await.ok();
    remove(&world, "contactManager", one, "nobody@yamada.example").send().await.ok();
    world.assert_unchanged(&contents).await;
    let removed = events(&world, "{yamada}", "subscription.contact-removed").await[0]["data"].clone();
    assert_eq!((&removed["customerId"], removed.get("email")), (&json!(world.id("sora")), None));
    // A contact without a customer record is named by the e-mail that the order contained.
    let contacts =
        json!([{"email": "a@yamada.example", "name": "A"}, {"email": "yuki@yamada.example", "name": "Y"}]);
    let new = created_ids(
        &order(&world, "SO-Y", json!([line("subscription", "ER-1", "C-1", json!({"contacts": contacts}))]))
            .await
            .ok(),
    );
    remove(&world, "contactManager", &new[0], "A@yamada.example").send().await.ok();
    let left = get_as(&world, "operator", "{yamada}", &new[0]).await["contacts"].clone();
    assert_eq!((left.as_array().unwrap().len(), &left[0]["email"]), (1, &json!("yuki@yamada.example")));
    let removed = events(&world, "{yamada}", "subscription.contact-removed").await[0]["data"].clone();
    assert_eq!((removed.get("customerId"), &removed["email"]), (None, &json!("a@yamada.example")));
}

#[tokio::test(flavor = "multi_thread")]
async fn last_contact_and_unauthorized_caller_are_refused() {
    let world = World::demo().await;
    let (one, wall) = (world.id("subscription"), world.id("wallSubscription"));
    remove(&world, "customer", wall, "{sora}").assert_rejected(409, "last-contact").await;
    remove(&world, "contactManager", wall, "{sora}").assert_rejected(403, "not-a-contact").await;
    remove(&world, "otherPartnerAdmin", one, "{sora}").assert_rejected(404, "not-found").await;
    remove(&world, "agent", one, "{sora}").assert_rejected(403, "role-not-allowed").await;
    remove(&world, "otherCustomer", one, "{sora}").assert_rejected(404, "not-found").await;
    remove(&world, "customer", one, "nobody").assert_rejected(400, "invalid-request").await;
    remove(&world, "customer", one, "{sora}")
        .header("if-match", "\"9\"")
        .assert_rejected(412, "version-mismatch")
        .await;
    // A contact whose customer record was removed does not count as a remaining contact.
    let contacts = json!([{"email": "sora@yamada.example", "name": "S"}, {"email": "haruto@yamada.example", "name": "H"}]);
    let new = created_ids(
        &order(&world, "SO-Z", json!([line("subscription", "ER-1", "C-1", json!({"contacts": contacts}))]))
            .await
            .ok(),
    );
    world.delete("/v1/customers/{haruto}").by("contactManager").send().await.ok();
    remove(&world, "customer", &new[0], "{sora}").assert_rejected(409, "last-contact").await;
    // Two contacts remove each other concurrently: one stays.
    world.chaos(4, 5);
    let both = join(
        remove(&world, "customer", one, "yuki@yamada.example").decided(),
        remove(&world, "contactManager", one, "{sora}").decided(),
    );
    let (sora, yuki) = both.await;
    world.chaos(0, 0);
    assert!(
        [(200, 404), (404, 200), (200, 403), (403, 200)].contains(&(sora.status, yuki.status)),
        "{} {}",
        sora.body,
        yuki.body
    );
    assert_eq!(get_as(&world, "operator", "{yamada}", one).await["contacts"].as_array().unwrap().len(), 1);
    deactivate(&world, "operator", "{yamada}", wall).send().await.ok();
    remove(&world, "operator", wall, "{sora}").assert_rejected(409, "subscription-deactivated").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_contact_is_removed_by_email() {
    let world = World::demo().await;
    let one = world.id("subscription");
    world.post("/v1/customers/{sora}/disable").by("operator").send().await.ok();
    remove(&world, "operator", one, "sora@yamada.example").send().await.ok();
    let removed = events(&world, "{yamada}", "subscription.contact-removed").await[0]["data"].clone();
    assert_eq!(removed["customerId"], world.id("sora"));
    world.post("/v1/customers/{sora}/enable").by("operator").send().await.ok();
    world.get(&format!("{OF_YAMADA}/{one}")).by("customer").assert_rejected(404, "not-found").await;
}
