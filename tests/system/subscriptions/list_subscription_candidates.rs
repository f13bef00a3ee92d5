//! `list-subscription-candidates`

use serde_json::json;
use system::World;
use system::payload::Payload;

use super::OF_YAMADA;

#[test]
fn canonical_call_is_published() {
    Payload::of(
        "list-subscription-candidates",
        "/v1/organizations/{yamada}/subscriptions/{collection}/contact-candidates?search=haruto",
    )
    .by("partnerMember")
    .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_who_are_not_contacts_are_found_by_name_or_email() {
    let world = World::demo().await;
    let names = async |who: &str, subscription: &str, query: &str| {
        let path = format!("{OF_YAMADA}/{}/contact-candidates{query}", world.id(subscription));
        let page = world.get(&path).by(who).send().await.ok();
        let items = page["items"].as_array().unwrap().iter();
        items.map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("partnerMember", "collection", "").await, ["Haruto Ono", "Sora Sato", "Yuki Yamada"]);
    assert_eq!(names("operator", "collection", "?search=sat").await, ["Sora Sato"]);
    assert_eq!(names("partnerAdmin", "collection", "?search=haruto@yamada").await, ["Haruto Ono"]);
    assert!(names("operator", "collection", "?search=can").await.is_empty(), "another organization's");
    // Sora and Yuki are contacts of this one.
    assert_eq!(names("customer", "subscription", "").await, ["Haruto Ono"]);
    // The index still has a customer who was removed a moment ago.
    world.fault_proxy().delay_indexes(true);
    world.delete("/v1/customers/{haruto}").by("contactManager").send().await.ok();
    assert!(names("customer", "subscription", "").await.is_empty());
    world.fault_proxy().delay_indexes(false);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_who_may_not_add_contacts_are_refused() {
    let world = World::demo().await;
    let path = format!("{OF_YAMADA}/{{collection}}/contact-candidates");
    world.get(&path).by("contactManager").assert_rejected(403, "not-a-contact").await;
    world.get(&path).by("agent").assert_rejected(403, "role-not-allowed").await;
    for who in ["customer", "otherCustomer", "otherPartnerAdmin"] {
        world.get(&path).by(who).assert_rejected(404, "not-found").await;
    }
    let data = json!({"subscription": {"externalId": "S-3"}, "storeAccount": "ec-4712"});
    super::send_message(&world, "m1", "subscription.transferred", "2026-01-05T09:59:00Z", data).await.ok();
    world.get(&path).by("partnerMember").assert_rejected(404, "not-found").await;
    world.get(&format!("{path}?search=%20")).by("operator").assert_rejected(400, "invalid-request").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_customers_are_left_out_and_removed_members_refused() {
    let world = World::demo().await;
    let path = format!("{OF_YAMADA}/{{collection}}/contact-candidates");
    world.post("/v1/customers/{haruto}/disable").by("operator").send().await.ok();
    let page = world.get(&path).by("partnerMember").send().await.ok();
    assert!(!page.to_string().contains("haruto@"), "{page}");
    world.post("/v1/customers/{haruto}/enable").by("operator").send().await.ok();
    let page = world.get(&path).by("partnerMember").send().await.ok();
    assert!(page.to_string().contains("haruto@"), "{page}");
    world.delete("/v1/partners/{partner}/members/{ren}").by("operator").send().await.ok();
    world.get(&path).by("partnerMember").assert_rejected(404, "not-found").await;
}
