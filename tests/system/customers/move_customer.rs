//! `move-customer`

use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World};

use crate::orders::run_job_after_a_minute;
use crate::people::erase;
use crate::service_requests::PATH;

#[test]
fn canonical_call_is_published() {
    Payload::of("move-customer", "/v1/customers/{can}/move")
        .by("operator")
        .json(&json!({"organizationId": "{yamada}"}))
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

/// Returns the call that moves a person to Boğaziçi Otel.
fn to_bogazici<'a>(world: &'a World, path: &str) -> Call<'a> {
    let body = json!({"organizationId": world.id("bogazici")});
    world.post(&format!("{path}/move")).by("operator").json(body)
}

#[tokio::test(flavor = "multi_thread")]
async fn organization_that_a_customer_left_is_shown_the_name_that_it_left_with() {
    let world = World::demo().await;
    let update = format!("{PATH}/{{serviceRequest}}/updates");
    world.post(&update).by("customer").json(json!({"text": "Still silent."})).send().await.ok();
    let moved = to_bogazici(&world, "/v1/customers/{sora}").send().await.ok();
    let former = &moved["customer"]["formerly"][0];
    assert_eq!(
        (&former["name"], &former["organizationId"]),
        (&json!("Sora Sato"), &json!(world.id("yamada")))
    );
    let rename = world.patch("/v1/customers/{sora}").by("operator").json(json!({"name": "Sora Demir"}));
    rename.send().await.ok();

    let history = "/v1/organizations/{yamada}/history?pageSize=100";
    for (who, name, is_former) in [
        ("contactManager", "Sora Sato", true),
        ("partnerAdmin", "Sora Sato", true),
        ("agent", "Sora Demir", false),
    ] {
        let request = world.get(&format!("{PATH}/{{serviceRequest}}")).by(who).send().await.ok();
        let by = &request["submittedBy"];
        assert_eq!((&by["displayName"], by["former"] == true), (&json!(name), is_former), "{who}: {request}");
        assert!(!is_former || !request.to_string().contains("Demir"), "{who}: {request}");
        let updates = world.get(&update).by(who).send().await.ok();
        let by = &updates["items"][0]["by"];
        assert_eq!((&by["displayName"], by["former"] == true), (&json!(name), is_former), "{who}: {updates}");
        if who != "partnerAdmin" {
            let events = world.get(history).by(who).send().await.ok();
            let events = events["items"].as_array().unwrap();
            let own = events.iter().find(|event| event["actor"]["id"] == world.id("sora")).unwrap();
            let actor = &own["actor"];
            assert_eq!((&actor["name"], actor["former"] == true), (&json!(name), is_former), "{who}: {own}");
        }
    }
    // The new organization does not learn where the customer was before.
    let shown = world.get("/v1/customers/{sora}").by("otherContactManager").send().await.ok();
    assert_eq!((&shown["name"], shown.get("formerly")), (&json!("Sora Demir"), None));
    let back = json!({"organizationId": world.id("yamada")});
    world.post("/v1/customers/{sora}/move").by("operator").json(back).send().await.ok();
    let request = world.get(&format!("{PATH}/{{serviceRequest}}")).by("contactManager").send().await.ok();
    let by = &request["submittedBy"];
    assert_eq!((&by["displayName"], by.get("former")), (&json!("Sora Demir"), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn erasure_removes_former_names() {
    let world = World::demo().await;
    to_bogazici(&world, "/v1/customers/{sora}").send().await.ok();
    erase(&world, "sora@yamada.example", true).send().await.ok();
    run_job_after_a_minute(&world).await;
    let shown = world.get("/v1/customers/{sora}").by("operator").send().await.ok();
    assert_eq!((&shown["erased"], shown.get("formerly"), shown.get("email")), (&json!(true), None, None));
    let request = world.get(&format!("{PATH}/{{serviceRequest}}")).by("contactManager").send().await.ok();
    let by = &request["submittedBy"];
    assert_eq!((&by["erased"], by.get("displayName"), by.get("email")), (&json!(true), None, None));
    let left = world.contents().await.into_iter();
    let left: Vec<_> = left
        .filter(|((pk, _), item)| !pk.starts_with("IDEMPOTENCY#") && item.contains("Sora Sato"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unauthorized_caller_is_refused() {
    let world = World::demo().await;
    for who in ["contactManager", "agent", "partnerAdmin"] {
        let body = json!({"organizationId": world.id("bogazici")});
        let call = world.post("/v1/customers/{sora}/move").by(who).json(body);
        call.assert_rejected(403, "role-not-allowed").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn body_without_organization_is_refused_with_one_fault() {
    let world = World::demo().await;
    let reply = world.post("/v1/customers/{sora}/move").by("operator").json(json!({})).send().await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.faults(), [("/organizationId".to_owned(), "missing".to_owned())], "{}", reply.body);
    assert!(reply.body.to_string().contains("send `null` for no organization"), "{}", reply.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_organization_is_refused() {
    let world = World::demo().await;
    let body = json!({"organizationId": "org_019b8c3e-5c00-7000-8000-0000000000ff"});
    let call = world.post("/v1/customers/{sora}/move").by("operator").json(body);
    call.assert_rejected(422, "unknown-organization").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn last_contact_manager_cannot_leave() {
    let world = World::demo().await;
    world.patch("/v1/customers/{haruto}").by("operator").json(json!({"manager": false})).send().await.ok();
    let found = world.get("/v1/customers?email=yuki%40yamada.example").by("operator").send().await.ok();
    let yuki = format!("/v1/customers/{}", found["items"][0]["id"].as_str().unwrap());
    to_bogazici(&world, &yuki).assert_rejected(409, "last-contact-manager").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_customer_is_not_found() {
    let world = World::demo().await;
    world.delete("/v1/customers/{sora}").by("operator").send().await.ok();
    to_bogazici(&world, "/v1/customers/{sora}").assert_rejected(404, "not-found").await;
}
