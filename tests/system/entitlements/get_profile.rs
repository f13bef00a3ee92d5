//! `get-profile`

use serde_json::{Value, json};
use system::World;
use system::payload::Payload;

use super::{OF_ORGANIZATION, colleague, create};

#[test]
fn canonical_calls_are_published() {
    Payload::of("get-profile-of-customer", "/v1/customers/{sora}/profile").by("agent").publish();
    Payload::of("get-profile-of-organization", "/v1/organizations/{yamada}/profile").by("agent").publish();
}

const OF_SORA: &str = "/v1/customers/{sora}/profile";
const OF_YAMADA: &str = "/v1/organizations/{yamada}/profile";

const SUBSCRIPTIONS: [&str; 4] = ["subscription", "wallSubscription", "collection", "app"];

/// Returns the product and the origin of each entitlement that was created manually.
fn manual_entitlements<'a>(world: &World, profile: &'a Value) -> Vec<(&'a str, &'a str)> {
    let given = SUBSCRIPTIONS.map(|name| world.id(name).replace("sub_", "ent_"));
    let entitlements = profile["entitlements"].as_array().unwrap().iter();
    let entitlements = entitlements
        .filter(|one| one["id"].as_str().is_some_and(|id| !given.iter().any(|given| given == id)));
    entitlements
        .map(|one| (one["product"]["name"].as_str().unwrap(), one["from"].as_str().unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn customer_sees_own_and_organization_entitlements() {
    let world = World::demo().await;
    let profile = world.get(OF_SORA).by("agent").send().await.ok();
    assert_eq!(
        manual_entitlements(&world, &profile),
        [("Door Station", "own"), ("Edge Recorder", "organization")]
    );
    assert_eq!(profile["customer"]["name"], "Sora Sato");
    assert_eq!(profile["organization"]["externalId"], "C-1");
    let recorder = &profile["entitlements"][1];
    let shown = world.get(OF_ORGANIZATION).by("agent").send().await.ok();
    for name in ["id", "number", "details", "detailsChanged", "status", "externalId"] {
        assert_eq!(recorder[name], shown[name], "{name}");
    }
    assert_eq!(recorder["product"], json!({"name": "Edge Recorder", "code": "ER-1"}));

    let own = world.get(OF_SORA).by("customer").send().await.ok();
    assert_eq!(manual_entitlements(&world, &own), manual_entitlements(&world, &profile));
    assert_eq!(own["organization"].get("externalId"), None);
    assert_eq!(own["entitlements"][1]["details"].get("Internal note"), None);

    let of_all = world.get(OF_YAMADA).by("customer").send().await.ok();
    assert_eq!(manual_entitlements(&world, &of_all), [("Edge Recorder", "own")]);
    assert_eq!(
        (&of_all["organization"]["name"], of_all.get("customer")),
        (&json!("株式会社ヤマダ電機"), None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn manual_subscription_and_license_entitlements_are_shown() {
    let world = World::demo().await;
    let sources = |profile: &Value| -> Vec<(String, String)> {
        let entries = profile["entitlements"].as_array().unwrap().iter();
        let source = |one: &Value| match (&one["subscriptionId"], &one["assignmentId"]) {
            (Value::String(id), _) | (_, Value::String(id)) => id.clone(),
            _ => one["id"].as_str().unwrap().to_owned(),
        };
        entries.map(|one| (source(one), one["from"].as_str().unwrap().to_owned())).collect()
    };
    let named = |names: &[(&str, &str)]| -> Vec<(String, String)> {
        names.iter().map(|(name, from)| (world.id(name).to_owned(), (*from).to_owned())).collect()
    };
    let of_yamada = world.get(OF_YAMADA).by("contactManager").send().await.ok();
    let four = |from: &'static str| SUBSCRIPTIONS.map(|name| (name, from));
    let expected = [&[("entitlement", "own")], &four("own")[..], &[("assignment", "license")]].concat();
    assert_eq!(sources(&of_yamada), named(&expected));
    let of_sora = world.get(OF_SORA).by("agent").send().await.ok();
    let shared = [("entitlement", "organization")];
    let expected =
        [&[("ownEntitlement", "own")], &shared[..], &four("organization"), &[("assignment", "license")]];
    assert_eq!(sources(&of_sora), named(&expected.concat()));
    let licensed = of_yamada["entitlements"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&licensed["status"], &licensed["partnerId"]),
        (&json!("active"), &json!(world.id("partner")))
    );
    assert_eq!(licensed["partner"]["name"], "Miyako Security");
    let line = json!({"licenseType": "edge-storage-1y", "name": "Edge storage recording, 1 year", "quantity": 5,
        "endsAt": licensed["licenses"][0]["endsAt"]});
    assert_eq!(licensed["licenses"], json!([line]));
    // A customer sees only the subscriptions of which it is a contact. Of the others it sees the
    // entitlements, but not the subscription ids.
    let shown = world.get(OF_YAMADA).by("customer").send().await.ok();
    let shown = shown["entitlements"].as_array().unwrap();
    assert_eq!(shown.len(), of_yamada["entitlements"].as_array().unwrap().len());
    assert!(shown.iter().all(|one| one["subscriptionId"].is_null()), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_licenses_and_subscriptions_are_shown_on_request() {
    let world = World::demo().await;
    world.post("/_local/time").bytes(br#"{"set":"2032-01-01T00:00:00Z"}"#).send().await.ok();
    let count = async |query: &str| {
        let profile = world.get(&format!("{OF_YAMADA}{query}")).by("agent").send().await.ok();
        profile["entitlements"].as_array().unwrap().len()
    };
    assert_eq!((count("").await, count("?ended=true").await), (1, 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn new_customer_shares_entitlements_and_removed_customer_keeps_its_own() {
    let world = World::demo().await;
    let kenji = json!({"email": "kenji@yamada.example", "name": "Kenji"});
    let kenji =
        world.post("/v1/organizations/{yamada}/customers").by("operator").json(kenji).send().await.ok();
    let path = format!("/v1/customers/{}/profile", kenji["id"].as_str().unwrap());
    let profile = world.get(&path).token(&colleague(&world)).send().await.ok();
    assert_eq!(manual_entitlements(&world, &profile), [("Edge Recorder", "organization")]);

    world.delete("/v1/customers/{sora}").by("operator").send().await.ok();
    let left = world.get(OF_SORA).by("agent").send().await.ok();
    assert_eq!(manual_entitlements(&world, &left), [("Door Station", "own")]);
    assert!(left["customer"]["removedAt"].is_string());
    world.get(OF_SORA).by("customer").assert_rejected(404, "not-found").await;

    let nobody = json!({"email": "ana@x.example", "name": "Ana"});
    let nobody = world.post("/v1/customers").by("operator").json(nobody).send().await.ok();
    let path = format!("/v1/customers/{}/profile", nobody["id"].as_str().unwrap());
    let ana = world.token_of(json!({"sub": "ana", "email": "ana@x.example", "role": "customer"}));
    let profile = world.get(&path).token(&ana).send().await.ok();
    assert_eq!((manual_entitlements(&world, &profile), profile.get("organization")), (vec![], None));
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_entitlements_are_shown_on_request() {
    let world = World::demo().await;
    world.post(&format!("{OF_ORGANIZATION}/end")).by("operator").send().await.ok();
    assert_eq!(
        manual_entitlements(&world, &world.get(OF_SORA).by("agent").send().await.ok()),
        [("Door Station", "own")]
    );
    let all = world.get(&format!("{OF_SORA}?ended=true")).by("agent").send().await.ok();
    assert_eq!(
        manual_entitlements(&world, &all),
        [("Door Station", "own"), ("Edge Recorder", "organization")]
    );
    assert_eq!(all["entitlements"][1]["status"], "ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_any_size_return_every_entitlement_in_order() {
    let world = World::demo().await;
    for owner in ["customers/{sora}", "organizations/{yamada}"] {
        for _ in 0..3 {
            create(&world, owner, json!({"productId": "{videoWall}"})).send().await.ok();
        }
    }
    let ids = |profile: &Value| -> Vec<String> {
        let entitlements = profile["entitlements"].as_array().unwrap().iter();
        let id = |one: &Value| one["id"].as_str().or(one["assignmentId"].as_str()).unwrap().to_owned();
        entitlements.map(id).collect()
    };
    for key in ["one", "two"] {
        let lines = json!([{"licenseType": "edge-storage-1y", "quantity": 1}]);
        let call = world.post("/v1/partners/{partner}/license-assignments").by("partnerMember").key(key);
        call.json(json!({"organizationId": "{yamada}", "lines": lines})).send().await.ok();
    }
    let whole = world.get(OF_SORA).by("agent").send().await.ok();
    assert!(ids(&whole).len() >= 14 && whole["nextPageToken"].is_null(), "{whole}");
    for size in 1..16 {
        let (mut found, mut token) = (Vec::new(), String::new());
        loop {
            let path = format!("{OF_SORA}?pageSize={size}{token}");
            let page = world.get(&path).by("agent").send().await.ok();
            assert!(ids(&page).len() <= size);
            found.extend(ids(&page));
            match page["nextPageToken"].as_str() {
                Some(next) => token = format!("&pageToken={next}"),
                None => break,
            }
        }
        assert_eq!(found, ids(&whole), "pages of {size}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_profile_is_not_found() {
    let world = World::demo().await;
    for who in ["contactManager", "otherCustomer", "otherContactManager"] {
        world.get(OF_SORA).by(who).assert_rejected(404, "not-found").await;
    }
    for who in ["otherCustomer", "otherContactManager"] {
        world.get(OF_YAMADA).by(who).assert_rejected(404, "not-found").await;
    }
    for path in [OF_SORA, OF_YAMADA] {
        world.get(path).by("partnerAdmin").assert_rejected(403, "role-not-allowed").await;
    }
    let absent = world.id("yamada").replace("0001", "0009");
    world
        .get(&format!("/v1/organizations/{absent}/profile"))
        .by("agent")
        .assert_rejected(404, "not-found")
        .await;
}
