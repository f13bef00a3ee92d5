//! Contacts of subscriptions who were removed as customers or renamed.

use serde_json::{Value, json};
use system::World;

use super::{OF_YAMADA, created_ids, get_as, line, order};

async fn names(world: &World, id: &str) -> Vec<Value> {
    let shown = get_as(world, "operator", "{yamada}", id).await;
    let path = format!("{OF_YAMADA}/{id}/contacts");
    let listed = world.get(&path).by("operator").send().await.ok();
    assert_eq!(listed["contacts"], shown["contacts"]);
    shown["contacts"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect()
}

async fn create_customer(world: &World, email: &str, name: &str) -> String {
    let body = json!({"email": email, "name": name});
    let made = world.post("/v1/organizations/{yamada}/customers").by("operator").json(body).send().await.ok();
    made["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn current_names_are_shown_and_removed_customers_are_not() {
    let world = World::demo().await;
    let one = world.id("subscription");
    assert_eq!(names(&world, one).await, ["Sora Sato", "Yuki Yamada"]);
    let renamed = json!({"name": "Sora Suzuki"});
    world.patch("/v1/customers/{sora}").by("contactManager").json(renamed).send().await.ok();
    assert_eq!(names(&world, one).await, ["Sora Suzuki", "Yuki Yamada"]);
    world.delete("/v1/customers/{sora}").by("contactManager").send().await.ok();
    assert_eq!(names(&world, one).await, ["Yuki Yamada"]);
    // Another record with the same e-mail is another person.
    create_customer(&world, "sora@yamada.example", "Another Sora").await;
    assert_eq!(names(&world, one).await, ["Yuki Yamada"]);

    // A contact whom the store named before the person had a customer record.
    let contacts = json!([{"email": "kenji@yamada.example", "name": "K."}]);
    let lines = json!([line("subscription", "ER-1", "C-1", json!({"contacts": contacts}))]);
    let id = created_ids(&order(&world, "SO-Y", lines).await.ok())[0].clone();
    assert_eq!(names(&world, &id).await, ["K."]);
    let kenji = create_customer(&world, "kenji@yamada.example", "Kenji Ito").await;
    assert_eq!(names(&world, &id).await, ["Kenji Ito"]);
    world.delete(&format!("/v1/customers/{kenji}")).by("operator").send().await.ok();
    assert!(names(&world, &id).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_customers_make_room_for_new_contacts() {
    let world = World::demo().await;
    let lines = json!([line("subscription", "ER-1", "C-1", json!({}))]);
    let id = created_ids(&order(&world, "SO-Y", lines).await.ok())[0].clone();
    let add = |customer: &str| world.put(&format!("{OF_YAMADA}/{id}/contacts/{customer}")).by("operator");
    let mut people = Vec::new();
    for number in 0..23 {
        people
            .push(create_customer(&world, &format!("p{number}@yamada.example"), &format!("P{number}")).await);
    }
    for person in &people[..20] {
        add(person).send().await.ok();
    }
    add(&people[20]).assert_rejected(409, "too-many-contacts").await;
    for person in &people[..2] {
        world.delete(&format!("/v1/customers/{person}")).by("operator").send().await.ok();
    }
    assert_eq!(names(&world, &id).await.len(), 18);
    for person in &people[20..22] {
        add(person).send().await.ok();
    }
    add(&people[22]).assert_rejected(409, "too-many-contacts").await;
    let expected: Vec<Value> = (2..22).map(|number| json!(format!("P{number}"))).collect();
    assert_eq!(names(&world, &id).await, expected);
}
