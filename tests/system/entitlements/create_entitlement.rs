//! `create-entitlement`

use futures_util::future::join_all;
use insta::assert_json_snapshot;
use local_stack::{Options, Stack};
use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{create, events, field};

#[test]
fn canonical_calls_are_published() {
    let body = json!({"productId": "{videoWall}"});
    Payload::of("create-entitlement-of-customer", "/v1/customers/{sora}/entitlements")
        .by("agent")
        .json(&body)
        .publish();
    let body = json!({
        "details": {"Seats": {"values": [10]}, "Support level": {"values": ["Gold"]}},
        "endsAt": "2027-01-01T00:00:00Z",
        "externalId": "CRM-2001",
        "productId": "{videoWall}",
        "startsAt": "2026-01-01T00:00:00Z",
    });
    Payload::of("create-entitlement-of-organization", "/v1/organizations/{sol}/entitlements")
        .by("operator")
        .json(&body)
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn organization_or_customer_becomes_the_owner() {
    let world = World::demo().await;
    let body = json!({
        "productId": "{product}", "externalId": "CRM-9", "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "2227-01-01T00:00:00Z",
        "details": {"Support level": {"values": ["Gold"]}, "{field}": {"values": ["EU"]}, "Seats": {"values": []}},
    });
    let made = create(&world, "organizations/{sol}", body).send().await;
    let id = made.body["id"].as_str().unwrap().to_owned();
    let location = world.fill(&format!("/v1/organizations/{{sol}}/entitlements/{id}"));
    assert_eq!(
        (made.status, made.header("location"), made.header("etag")),
        (201, Some(&*location), Some("\"1\""))
    );
    let shown = super::without_names(world.get(&location).by("agent").send().await.ok());
    assert_eq!(shown, made.body);
    let mut shown = world.timeless(shown);
    let (number, change) = (shown["number"].take(), shown["detailsChanged"].take());
    assert!(number.as_str().unwrap().starts_with("E-"));
    assert_eq!(change["by"]["id"], "olivia");
    assert_json_snapshot!(shown, @r#"
    {
      "details": {
        "Region": {
          "values": [
            "EU"
          ]
        },
        "Support level": {
          "values": [
            "Gold"
          ]
        }
      },
      "detailsChanged": null,
      "endsAt": "2227-01-01T00:00:00.000Z",
      "externalId": "CRM-9",
      "id": "ent_019b8d99-6900-7000-8000-0000000003e8",
      "number": null,
      "organizationId": "org_019b8d6c-8ca0-7000-8000-000000000002",
      "productId": "prd_019b8d76-9ec0-7000-8000-000000000001",
      "startsAt": "2026-01-01T00:00:00.000Z",
      "status": "active",
      "version": 1
    }
    "#);
    let created = json!({
        "entitlementId": id, "productId": world.id("product"),
        "startsAt": "2026-01-01T00:00:00.000Z", "endsAt": "2227-01-01T00:00:00.000Z",
    });
    let history = events(&world, "/v1/organizations/{sol}/history", "operator").await;
    assert_eq!(history, [("entitlement.created".to_owned(), created)]);

    let made = create(&world, "customers/{sora}", json!({"productId": "{product}"})).send().await.ok();
    assert_eq!(made["customerId"], world.id("sora"));
    assert_eq!((&made["details"], made.get("detailsChanged")), (&json!({}), None));
    let (_, data) = events(&world, "/v1/history", "operator").await.pop().unwrap();
    let customer = world.id("sora");
    let created =
        json!({"entitlementId": made["id"], "productId": world.id("product"), "customerId": customer});
    assert_eq!(data, created, "a person's own is not the organization's business");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_or_archived_product_is_refused() {
    let world = World::demo().await;
    let of = |body| create(&world, "organizations/{sol}", body);
    let absent = world.id("product").replace("0001", "0009");
    of(json!({"productId": absent})).assert_rejected(422, "unknown-product").await;
    world.patch("/v1/products/{product}").by("operator").json(json!({"archived": true})).send().await.ok();
    of(json!({"productId": "{product}"})).assert_rejected(422, "archived-product").await;
    // An existing entitlement to the archived product remains active.
    let kept = world.get("/v1/organizations/{yamada}/profile").by("customer").send().await.ok();
    assert_eq!(kept["entitlements"][0]["product"]["name"], "Edge Recorder");
    assert_eq!(kept["entitlements"][0]["status"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_catalog_is_refused_with_a_hint_to_create_a_product() {
    let world = World::around(Stack::start(Options::default()).await.unwrap());
    let body = json!({"name": "Alone"});
    let organization = world.post("/v1/organizations").by("operator").json(body).send().await.ok();
    let path = format!("/v1/organizations/{}/entitlements", organization["id"].as_str().unwrap());
    let body = json!({"productId": "prd_019b8c3e-5c00-7000-8000-000000000001"});
    let refused = world.post(&path).by("operator").json(body).assert_rejected(422, "no-product").await;
    assert!(refused.body["detail"].as_str().unwrap().contains("POST /v1/products"));
    let body =
        json!({"productId": "prd_019b8c3e-5c00-7000-8000-000000000001", "details": {"X": {"values": []}}});
    let refused = world.post(&path).by("operator").json(body).assert_rejected(422, "unknown-field").await;
    let fault = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    assert_eq!(refused.faults(), [fault("/details/X", "unknown-field"), fault("/productId", "no-product")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_are_reported_together() {
    let world = World::demo().await;
    let hidden = json!({"name": "Secret", "type": {"name": "TEXT"}});
    let secret = field(&world, hidden, json!({"viewers": ["operator"]})).await;
    let body = json!({
        "productId": world.id("product").replace("0001", "0009"), "externalId": "CRM-1001",
        "details": {
            "Region ": {"values": ["EU"]}, "Region": {"values": ["eu", "EU"]}, "Support level": {"values": ["gold"]},
            "Seats": {"values": ["1e400"]}, secret.clone(): {"values": ["x"]},
        },
    });
    let refused = world.post("/v1/organizations/{sol}/entitlements").by("agent").json(body.clone());
    let refused = refused.assert_rejected(409, "entitlement-external-id-taken").await;
    let fault = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    assert_eq!(
        refused.faults(),
        [
            fault("/details/Region", "too-many-values"),
            fault("/details/Region ", "unknown-field"),
            fault("/details/Seats/values/0", "invalid-value"),
            fault("/details/Support level/values/0", "unknown-option"),
            fault(&format!("/details/{secret}"), "unknown-field"),
            fault("/externalId", "entitlement-external-id-taken"),
            fault("/productId", "unknown-product"),
        ]
    );
    let text = refused.body.to_string();
    assert!(text.contains("`Gold` is one") && text.contains(world.id("entitlement")), "{text}");

    let wrong = json!({
        "productId": "x", "startsAt": "2027-01-01T00:00:00Z", "endsAt": "2027-01-01T00:00:00Z",
        "externalId": "{number}", "details": {"Seats": {"values": [[1]]}, "Region": ["EU"]}, "colour": 1,
    });
    let refused = create(&world, "organizations/{sol}", wrong).assert_rejected(400, "invalid-request").await;
    let codes: Vec<_> = refused.faults().into_iter().map(|(at, code)| format!("{at} {code}")).collect();
    assert_eq!(
        codes,
        [
            "/colour unknown-field",
            "/details/Region wrong-type",
            "/details/Seats/values/0 wrong-type",
            "/endsAt invalid-interval",
            "/externalId ambiguous-external-id",
            "/productId invalid-id",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_or_removed_owner_is_not_found() {
    let world = World::demo().await;
    let body = || json!({"productId": "{product}"});
    let absent = world.id("sol").replace("0002", "0009");
    create(&world, &format!("organizations/{absent}"), body()).assert_rejected(404, "not-found").await;
    world.delete("/v1/customers/{sora}").by("operator").send().await.ok();
    create(&world, "customers/{sora}", body()).assert_rejected(404, "not-found").await;
    let call = world.post("/v1/organizations/{yamada}/entitlements").by("contactManager").json(body());
    call.assert_rejected(403, "role-not-allowed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_duplicates_of_an_external_id_create_one() {
    let world = World::demo().await;
    world.chaos(4, 7);
    let body = || json!({"productId": "{product}", "externalId": "CRM-7"});
    let calls = (0..16).map(async |number: u32| {
        create(&world, "organizations/{sol}", body()).key(&format!("k{number}")).decided().await
    });
    let made = join_all(calls).await.into_iter().filter(|reply| reply.status == 201).count();
    assert_eq!(made, 1);
    let listed = world.get("/v1/entitlements?organizationId={sol}").by("agent").send().await.ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}
