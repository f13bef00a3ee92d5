//! `move-customer`

use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("move-customer", "/v1/customers/{sora}/move")
        .by("operator")
        .json(&json!({"organizationId": "{bogazici}"}))
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn moved_customer_opens_nothing_in_the_organization_it_left() {
    let world = World::demo().await;
    let found = world.get("/v1/customers?email=yuki%40yamada.example").by("operator").send().await.ok();
    let yuki = format!("/v1/customers/{}", found["items"][0]["id"].as_str().unwrap());
    let body = json!({"organizationId": world.id("bogazici")});
    let to = |query: &str| world.post(&format!("{yuki}/move{query}")).by("operator").json(body.clone());
    let contents = world.contents().await;
    let preview = to("?validateOnly=true").send().await.ok();
    world.assert_unchanged(&contents).await;
    let moved = to("").send().await.ok();
    assert_eq!((&preview["moves"], &preview["ends"]), (&moved["moves"], &moved["ends"]));
    assert_eq!(moved["ends"]["contactManager"], true);
    assert_eq!(moved["customer"]["organizationId"], world.id("bogazici"));
    assert_eq!(moved["customer"]["manager"], false);
    // The token still names the old organization and the role that has ended.
    for path in ["/v1/organizations/{yamada}/customers", yuki.as_str()] {
        world.get(path).by("contactManager").assert_rejected(404, "not-found").await;
    }
    let name = json!({"name": "x"});
    let call = world.patch("/v1/customers/{sora}").by("contactManager").json(name);
    call.assert_rejected(404, "not-found").await;
    // The e-mail is free in the organization that the customer left.
    let again = json!({"email": "yuki@yamada.example", "name": "Another"});
    world.post("/v1/organizations/{yamada}/customers").by("operator").json(again).send().await.ok();
    for (organization, kind) in [("yamada", "customer.moved-out"), ("bogazici", "customer.moved-in")] {
        let path = format!("/v1/organizations/{{{organization}}}/history?type={kind}");
        let history = world.get(&path).by("operator").send().await.ok();
        let event = &history["items"][0];
        assert_eq!(event["data"], json!({"customerId": moved["customer"]["id"]}), "{history}");
        let other = if organization == "yamada" { "bogazici" } else { "yamada" };
        assert!(!event.to_string().contains(world.id(other)), "{event}");
    }
    let contents = world.contents().await;
    let repeated = to("").send().await.ok();
    assert_eq!(repeated["customer"], moved["customer"]);
    world.assert_unchanged(&contents).await;
    let back = json!({"organizationId": world.id("yamada")});
    world.post(&format!("{yuki}/move")).by("operator").json(back).assert_rejected(409, "email-taken").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn customer_moves_out_of_all_organizations_and_in_again() {
    let world = World::demo().await;
    let to = |organization: Value| {
        world.post("/v1/customers/{sora}/move").by("operator").json(json!({"organizationId": organization}))
    };
    let out = to(Value::Null).send().await.ok();
    assert_eq!(out["customer"].get("organizationId"), None);
    let back = to(world.id("yamada").into()).send().await.ok();
    assert_eq!(back["customer"]["organizationId"], world.id("yamada"));
    let found = world.get("/v1/organizations/{yamada}/customers?email=sora%40yamada.example");
    assert_eq!(found.by("contactManager").send().await.ok()["items"][0]["id"], world.id("sora"));
}

#[tokio::test(flavor = "multi_thread")]
async fn impossible_move_is_refused() {
    let world = World::demo().await;
    let to = |who: &str, body: Value| world.post("/v1/customers/{sora}/move").by(who).json(body);
    let there = json!({"organizationId": world.id("bogazici")});
    to("contactManager", there.clone()).assert_rejected(403, "role-not-allowed").await;
    assert_eq!(to("operator", json!({})).send().await.status, 400);
    let absent = "org_019b8c3e-5c00-7000-8000-0000000000ff";
    to("operator", json!({"organizationId": absent})).assert_rejected(422, "unknown-organization").await;
    world.patch("/v1/customers/{haruto}").by("operator").json(json!({"manager": false})).send().await.ok();
    let found = world.get("/v1/customers?email=yuki%40yamada.example").by("operator").send().await.ok();
    let yuki = format!("/v1/customers/{}/move", found["items"][0]["id"].as_str().unwrap());
    world.post(&yuki).by("operator").json(there.clone()).assert_rejected(409, "last-contact-manager").await;
    world.delete("/v1/customers/{sora}").by("operator").send().await.ok();
    to("operator", there).assert_rejected(404, "not-found").await;
}
