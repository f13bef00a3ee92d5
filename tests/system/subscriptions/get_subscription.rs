//! `get-subscription`

use insta::assert_json_snapshot;
use serde_json::json;
use system::World;
use system::payload::Payload;

use super::{OF_YAMADA, get_as, ids};

#[test]
fn canonical_call_is_published() {
    Payload::of("get-subscription", "/v1/organizations/{yamada}/subscriptions/{subscription}")
        .by("customer")
        .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn site_plan_partner_contacts_and_visible_links_are_included() {
    let world = World::demo().await;
    let reply = world.get(&format!("{OF_YAMADA}/{{wallSubscription}}")).by("customer").send().await;
    assert_eq!(reply.version(), Some(2));
    let one = reply.ok();
    // Sora is not a contact of the app, so neither the app nor its id is shown.
    assert_json_snapshot!(one, @r#"
    {
      "apps": [],
      "billDate": "2031-01-05",
      "contacts": [
        {
          "customerId": "cus_019b8d7b-32a0-7000-8000-000000000002",
          "email": "sora@yamada.example",
          "name": "Sora Sato",
          "since": "2026-01-05T09:47:00.000Z"
        }
      ],
      "createdAt": "2026-01-05T09:47:00.000Z",
      "daysUntilRenewal": 1826,
      "endsAt": "2031-01-05T09:00:00.000Z",
      "entitlementId": "ent_019b8d8d-8220-7000-8000-000000000002",
      "entitlementNumber": "E-F736-GFPK-NP43",
      "hiddenCount": 1,
      "id": "sub_019b8d8d-8220-7000-8000-000000000002",
      "installedApps": [],
      "kind": "subscription",
      "linked": [
        "sub_019b8d8d-8220-7000-8000-000000000001"
      ],
      "linkedSubscriptions": [
        {
          "id": "sub_019b8d8d-8220-7000-8000-000000000001",
          "kind": "subscription",
          "plan": "Standard",
          "product": {
            "code": "ER-1",
            "name": "Edge Recorder"
          },
          "sku": "ER-1",
          "status": "pending-set-up"
        }
      ],
      "organization": {
        "id": "org_019b8d6b-a240-7000-8000-000000000001",
        "name": "株式会社ヤマダ電機"
      },
      "organizationId": "org_019b8d6b-a240-7000-8000-000000000001",
      "parentSubscriptions": [],
      "parents": [],
      "partner": {
        "id": "prt_019b8d63-64e0-7000-8000-000000000001",
        "name": "Miyako Security"
      },
      "partnerId": "prt_019b8d63-64e0-7000-8000-000000000001",
      "plan": "Standard",
      "product": {
        "code": "VW-1",
        "name": "Video Wall"
      },
      "productId": "prd_019b8d77-8920-7000-8000-000000000002",
      "quantity": 10,
      "setUpDue": false,
      "site": {
        "siteId": "sit_019b8d8e-6c80-7000-8000-000000000001",
        "url": "https://yamada.example/wall"
      },
      "sku": "VW-1",
      "startsAt": "2026-01-05T09:00:00.000Z",
      "status": "active",
      "updatedAt": "2026-01-05T09:48:00.000Z",
      "version": 2
    }
    "#);
    let by_manager = get_as(&world, "contactManager", "{yamada}", world.id("wallSubscription")).await;
    assert_eq!(ids(&by_manager["installedApps"]), [world.id("app")]);
    let app = get_as(&world, "partnerMember", "{yamada}", world.id("app")).await;
    assert_eq!(ids(&app["parentSubscriptions"]), [world.id("subscription"), world.id("wallSubscription")]);
    let number = one["entitlementNumber"].as_str().unwrap();
    let found = world.get(&format!("/v1/entitlements/by-number/{number}")).by("agent").send().await.ok();
    assert_eq!(found["id"], one["entitlementId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_callers_get_not_found() {
    let world = World::demo().await;
    for (who, id) in [
        ("customer", "collection"),
        ("otherPartnerAdmin", "subscription"),
        ("otherCustomer", "subscription"),
        ("operator", "otherSubscription"),
    ] {
        world.get(&format!("{OF_YAMADA}/{{{id}}}")).by(who).assert_rejected(404, "not-found").await;
    }
    world
        .get("/v1/organizations/{bogazici}/subscriptions/{subscription}")
        .by("operator")
        .assert_rejected(404, "not-found")
        .await;
    world.get(&format!("{OF_YAMADA}/sub_1")).by("operator").assert_rejected(400, "invalid-request").await;
    // The e-mail of a contact gives no access without its customer record, nor with a new record.
    world.delete("/v1/customers/{sora}").by("contactManager").send().await.ok();
    world
        .get(&format!("{OF_YAMADA}/{{subscription}}"))
        .by("customer")
        .assert_rejected(404, "not-found")
        .await;
    let record = json!({"email": "sora@yamada.example", "name": "Another Sora"});
    world.post("/v1/organizations/{yamada}/customers").by("operator").json(record).send().await.ok();
    world
        .get(&format!("{OF_YAMADA}/{{subscription}}"))
        .by("customer")
        .assert_rejected(404, "not-found")
        .await;
}
