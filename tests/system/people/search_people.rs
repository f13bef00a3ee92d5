//! `search-people`

use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("search-people", "/v1/people?email=sora%40yamada.example").by("agent").publish();
}

async fn search(world: &World, query: &str) -> Vec<Value> {
    let found = world.get(&format!("/v1/people?{query}")).by("agent").send().await.ok();
    found["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_email_in_all_parties() {
    let world = World::demo().await;
    let member = json!({"email": "sora@yamada.example", "name": "Sora M"});
    world.post("/v1/partners/{partner}/members").by("operator").json(member).send().await.ok();
    let found = search(&world, "email=Sora%40Yamada.example").await;
    let kinds: Vec<_> = found.iter().map(|one| one["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["customer", "member"]);
    assert_eq!(found[0]["id"], world.id("sora"));
    assert_eq!((&found[0]["state"], &found[1]["manager"]), (&json!("active"), &json!(false)));
    assert!(found[0]["organization"]["name"].is_string() && found[1]["partner"]["name"].is_string());
    world.post("/v1/customers/{sora}/disable").by("operator").send().await.ok();
    assert_eq!(search(&world, "email=sora%40yamada.example").await[0]["state"], "disabled");
    world.delete("/v1/customers/{sora}").by("operator").send().await.ok();
    assert_eq!(search(&world, "email=sora%40yamada.example").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_their_current_names() {
    let world = World::demo().await;
    let name = "name=Quillivere";
    assert!(search(&world, name).await.is_empty());
    let rename = |name: &str| world.patch("/v1/customers/{sora}").by("operator").json(json!({"name": name}));
    rename("Sora Quillivere").send().await.ok();
    assert_eq!(search(&world, name).await[0]["id"], world.id("sora"));
    let typing_error = search(&world, "name=Quilivere").await;
    assert_eq!(typing_error[0]["id"], world.id("sora"));
    rename("Sora Yamada").send().await.ok();
    assert!(search(&world, name).await.is_empty());
    let member = json!({"email": "q@miyako.example", "name": "Quillivere"});
    let made = world.post("/v1/partners/{partner}/members").by("operator").json(member).send().await.ok();
    assert_eq!(search(&world, name).await[0]["id"], made["id"]);
    let path = format!("/v1/partners/{{partner}}/members/{}", made["id"].as_str().unwrap());
    world.delete(&path).by("operator").send().await.ok();
    assert!(search(&world, name).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn query_needs_exactly_one_of_name_and_email() {
    let world = World::demo().await;
    let get = |query: &str| world.get(&format!("/v1/people{query}")).by("operator");
    for query in ["", "?name=Sora&email=sora%40yamada.example"] {
        assert_eq!(get(query).send().await.status, 400, "{query}");
    }
    for who in ["contactManager", "partnerAdmin"] {
        world.get("/v1/people?name=Sora").by(who).assert_rejected(403, "role-not-allowed").await;
    }
}
