//! `add-subscription-contact`

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World};

use super::{OF_YAMADA, created_ids, deactivate, events, get_as, line, order};

#[test]
fn canonical_call_is_published() {
    Payload::of(
        "add-subscription-contact",
        "/v1/organizations/{yamada}/subscriptions/{subscription}/contacts/{haruto}",
    )
    .by("customer")
    .publish();
}

fn add<'a>(world: &'a World, who: &str, id: &str, customer: &str) -> Call<'a> {
    world.put(&format!("{OF_YAMADA}/{id}/contacts/{customer}")).by(who)
}

async fn contacts(world: &World, id: &str) -> Vec<Value> {
    let shown = get_as(world, "operator", "{yamada}", id).await;
    shown["contacts"].as_array().unwrap().iter().map(|one| one["email"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn added_contact_is_recorded_as_first_time_only_once() {
    let world = World::demo().await;
    let (one, other) = (world.id("subscription"), world.id("wallSubscription"));
    add(&world, "customer", one, "{haruto}").send().await.ok();
    assert_eq!(contacts(&world, one).await.last().unwrap(), "haruto@yamada.example");
    let contents = world.contents().await;
    add(&world, "customer", one, "{haruto}").send().await.ok();
    world.assert_unchanged(&contents).await;
    add(&world, "customer", other, "{haruto}").send().await.ok();
    let told = events(&world, "{yamada}", "subscription.contact-added").await;
    let first: Vec<_> = told.iter().map(|event| event["data"]["firstTime"].as_bool().unwrap()).collect();
    assert_eq!(first, [false, true], "the last one first");
    // As a contact, Haruto may set up the subscription.
    let haruto = world.token_of(json!({"sub": "haruto", "email": "haruto@yamada.example", "role": "customer", "org": world.id("yamada")}));
    let path = format!("{OF_YAMADA}/{{subscription}}/set-up");
    world.post(&path).token(&haruto).json(json!({"site": {"organization": true}})).send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn partner_may_assign_only_the_first_contact() {
    let world = World::demo().await;
    let collection = world.id("collection");
    add(&world, "partnerMember", world.id("subscription"), "{haruto}")
        .assert_rejected(422, "not-the-first-contact")
        .await;
    add(&world, "otherPartnerAdmin", collection, "{haruto}").assert_rejected(404, "not-found").await;
    add(&world, "partnerMember", collection, "{can}").assert_rejected(422, "unknown-customer").await;
    let reply = add(&world, "partnerMember", collection, "{haruto}").send().await;
    assert_eq!((reply.status, reply.header("etag")), (200, Some("\"2\"")));
    let contents = world.contents().await;
    assert_eq!(add(&world, "partnerMember", collection, "{haruto}").send().await.status, 200, "again");
    world.assert_unchanged(&contents).await;
    add(&world, "partnerAdmin", collection, "{sora}").assert_rejected(422, "not-the-first-contact").await;
    assert_eq!(contacts(&world, collection).await, ["haruto@yamada.example"]);
    // If no contact is a customer any more, the partner may assign a first contact again.
    world.delete("/v1/customers/{haruto}").by("contactManager").send().await.ok();
    add(&world, "partnerAdmin", collection, "{sora}").send().await.ok();
    add(&world, "partnerAdmin", collection, "{sora}").send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn unauthorized_caller_and_unknown_customer_are_refused() {
    let world = World::demo().await;
    let one = world.id("subscription");
    add(&world, "contactManager", world.id("collection"), "{sora}")
        .assert_rejected(403, "not-a-contact")
        .await;
    add(&world, "agent", one, "{haruto}").assert_rejected(403, "role-not-allowed").await;
    add(&world, "customer", one, "{can}").assert_rejected(422, "unknown-customer").await;
    add(&world, "customer", one, "cus_019b8c3e-5c00-7000-8000-000000000009")
        .assert_rejected(422, "unknown-customer")
        .await;
    add(&world, "customer", one, "haruto@yamada.example").assert_rejected(400, "invalid-request").await;
    add(&world, "customer", one, "{haruto}")
        .header("if-match", "\"9\"")
        .assert_rejected(412, "version-mismatch")
        .await;
    world.delete("/v1/customers/{haruto}").by("contactManager").send().await.ok();
    add(&world, "customer", one, "{haruto}").assert_rejected(422, "unknown-customer").await;
    deactivate(&world, "operator", "{yamada}", one).send().await.ok();
    let kenji = json!({"email": "kenji@yamada.example", "name": "Kenji"});
    let kenji =
        world.post("/v1/organizations/{yamada}/customers").by("operator").json(kenji).send().await.ok();
    add(&world, "customer", one, kenji["id"].as_str().unwrap())
        .assert_rejected(409, "subscription-deactivated")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_of_20_contacts_holds_under_concurrency() {
    let world = World::demo().await;
    let one = created_ids(
        &order(&world, "SO-Y", json!([line("subscription", "ER-1", "C-1", json!({}))])).await.ok(),
    );
    let mut people = Vec::new();
    for number in 0..24 {
        let body = json!({"email": format!("p{number}@yamada.example"), "name": "P"});
        let created =
            world.post("/v1/organizations/{yamada}/customers").by("operator").json(body).send().await.ok();
        people.push(created["id"].as_str().unwrap().to_owned());
    }
    let calls = people.iter().map(|person| add(&world, "operator", &one[0], person).decided());
    let replies = join_all(calls).await;
    let count = |status: u16| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!((count(200), count(409)), (20, 4));
    let refused = replies.iter().find(|reply| reply.status == 409).unwrap();
    assert_eq!((refused.code(), &refused.body["errors"][0]["limit"]), ("too-many-contacts", &json!(20)));
    assert_eq!(contacts(&world, &one[0]).await.len(), 20);
}
