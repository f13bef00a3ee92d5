//! `add-subscription-contact`

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World};

use crate::access::set_time;

use super::{OF_YAMADA, created_ids, deactivate, events, get_as, line, order, send_message};

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
async fn managing_partner_adds_and_replaces_contacts() {
    let world = World::demo().await;
    let collection = world.id("collection");
    add(&world, "otherPartnerAdmin", collection, "{haruto}").assert_rejected(404, "not-found").await;
    add(&world, "partnerMember", collection, "{can}").assert_rejected(422, "unknown-customer").await;
    let reply = add(&world, "partnerMember", collection, "{haruto}").send().await;
    assert_eq!((reply.status, reply.header("etag")), (200, Some("\"2\"")));
    let contents = world.contents().await;
    assert_eq!(add(&world, "partnerMember", collection, "{haruto}").send().await.status, 200, "again");
    world.assert_unchanged(&contents).await;
    // It replaces the contact: adds another one, and removes the first.
    let path = format!("{OF_YAMADA}/{collection}/contacts/{{haruto}}");
    world.delete(&path).by("partnerMember").assert_rejected(409, "last-contact").await;
    add(&world, "partnerAdmin", collection, "{sora}").send().await.ok();
    world.delete(&path).by("partnerMember").send().await.ok();
    assert_eq!(contacts(&world, collection).await, ["sora@yamada.example"]);
    // A partner from which the subscription was transferred does not see it any more.
    let data = json!({"subscription": {"externalId": "S-3"}, "storeAccount": "ec-4712"});
    send_message(&world, "m1", "subscription.transferred", "2026-01-05T09:59:00Z", data).await.ok();
    add(&world, "partnerAdmin", collection, "{haruto}").assert_rejected(404, "not-found").await;
    add(&world, "otherPartnerAdmin", collection, "{haruto}").send().await.ok();
    // A removed member adds nobody, although its token is still valid.
    world.delete("/v1/partners/{partner}/members/{ren}").by("partnerAdmin").send().await.ok();
    add(&world, "partnerMember", world.id("subscription"), "{haruto}")
        .assert_rejected(404, "not-found")
        .await;
}

/// A contact that is chosen by e-mail is the customer who has the e-mail at that time.
#[tokio::test(flavor = "multi_thread")]
async fn contact_is_chosen_by_email_and_named_by_its_record() {
    let world = World::demo().await;
    let one = world.id("subscription");
    add(&world, "customer", one, "nobody@yamada.example").assert_rejected(422, "unknown-customer").await;
    add(&world, "customer", one, "can@bogazici.example").assert_rejected(422, "unknown-customer").await;
    add(&world, "customer", one, "Haruto@Yamada.example").send().await.ok();
    let contents = world.contents().await;
    add(&world, "customer", one, "{haruto}").send().await.ok();
    world.assert_unchanged(&contents).await;
    let added = events(&world, "{yamada}", "subscription.contact-added").await;
    assert_eq!(added[0]["data"]["customerId"], world.id("haruto"));
    assert!(!added[0]["data"].to_string().contains('@'), "{}", added[0]);
    // A person whom an order named without a record is replaced by the record.
    let contacts_of_order = json!([{"email": "kenji@yamada.example", "name": "K."}]);
    let lines = json!([line("subscription", "ER-1", "C-1", json!({"contacts": contacts_of_order}))]);
    let new = created_ids(&order(&world, "SO-Y", lines).await.ok());
    let ordered = events(&world, "{yamada}", "subscription.ordered").await;
    assert_eq!(ordered[0]["data"]["contacts"], json!(["kenji@yamada.example"]));
    let kenji = json!({"email": "kenji@yamada.example", "name": "Kenji"});
    let kenji =
        world.post("/v1/organizations/{yamada}/customers").by("operator").json(kenji).send().await.ok();
    add(&world, "operator", &new[0], "kenji@yamada.example").send().await.ok();
    let shown = get_as(&world, "operator", "{yamada}", &new[0]).await["contacts"].clone();
    assert_eq!(
        (shown.as_array().unwrap().len(), &shown[0]["customerId"], &shown[0]["name"]),
        (1, &kenji["id"], &json!("Kenji"))
    );
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
    add(&world, "customer", one, "haruto").assert_rejected(400, "invalid-request").await;
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

/// Moves a customer out of its organization and back, which ends what it was there.
async fn move_away_and_back(world: &World, customer: &str) {
    for organization in ["bogazici", "yamada"] {
        let body = json!({"organizationId": world.id(organization)});
        let path = format!("/v1/customers/{{{customer}}}/move");
        world.post(&path).by("operator").json(body).send().await.ok();
    }
    set_time(world, "2026-01-05T10:30:00Z").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn customer_who_was_moved_away_and_back_is_added_again() {
    let world = World::demo().await;
    let one = world.id("subscription");
    move_away_and_back(&world, "sora").await;
    assert!(!contacts(&world, one).await.contains(&json!("sora@yamada.example")));
    let path = format!("{OF_YAMADA}/{one}/contact-candidates?search=sora");
    let found = world.get(&path).by("operator").send().await.ok();
    assert_eq!(found["items"][0]["customerId"], world.id("sora"));
    add(&world, "operator", one, "{sora}").send().await.ok();
    assert!(contacts(&world, one).await.contains(&json!("sora@yamada.example")));
    let found = world.get(&path).by("operator").send().await.ok();
    assert_eq!(found["items"], json!([]), "it is a contact again");
    let contents = world.contents().await;
    add(&world, "operator", one, "{sora}").send().await.ok();
    world.assert_unchanged(&contents).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disabled_customer_is_refused_until_it_is_enabled() {
    let world = World::demo().await;
    let one = world.id("subscription");
    world.post("/v1/customers/{haruto}/disable").by("operator").send().await.ok();
    for haruto in ["{haruto}", "haruto@yamada.example"] {
        let refused = add(&world, "operator", one, haruto).assert_rejected(422, "customer-disabled").await;
        assert_eq!(refused.faults(), [("customerId".to_owned(), "customer-disabled".to_owned())]);
    }
    let unknown = add(&world, "operator", one, "{can}").assert_rejected(422, "unknown-customer").await;
    assert_eq!(unknown.faults(), [("customerId".to_owned(), "unknown-customer".to_owned())]);
    world.post("/v1/customers/{haruto}/enable").by("operator").send().await.ok();
    add(&world, "operator", one, "haruto@yamada.example").send().await.ok();
}
