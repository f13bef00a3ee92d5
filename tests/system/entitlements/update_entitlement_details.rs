//! `update-entitlement-details`

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use system::World;
use system::payload::Payload;

use super::{OF_CUSTOMER, OF_ORGANIZATION, create, events, field, seen, update, without_names};

#[test]
fn canonical_calls_are_published() {
    let body = json!({"details": {"Renewal contact": {"values": ["sora@yamada.example"]}}});
    Payload::of(
        "update-entitlement-details-of-customer",
        "/v1/customers/{sora}/entitlements/{ownEntitlement}/details",
    )
    .by("agent")
    .json(&body)
    .publish();
    let body = json!({"details": {"Internal note": {"values": []}, "Support level": {"values": ["Silver"]}}});
    Payload::of(
        "update-entitlement-details-of-organization",
        "/v1/organizations/{yamada}/entitlements/{entitlement}/details",
    )
    .by("agent")
    .json(&body)
    .publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn given_values_change_and_an_empty_list_clears() {
    let world = World::demo().await;
    let details = json!({"Support level": {"values": ["Silver"]}, "Seats": {"values": []}});
    let changed = update(&world, OF_ORGANIZATION, details.clone()).send().await;
    assert_eq!((changed.status, changed.header("etag")), (200, Some("\"2\"")));
    let shown = seen(&world, OF_ORGANIZATION, "agent").await;
    assert_eq!(without_names(shown.clone()), changed.body);
    let expected = json!({
        "Region": {"values": ["EU"]}, "Support level": {"values": ["Silver"]},
        "Internal note": {"values": ["Renewed by phone"]},
    });
    assert_eq!((&shown["details"], &shown["detailsChanged"]["by"]["id"]), (&expected, &json!("amir")));
    let (kind, data) = events(&world, "/v1/organizations/{yamada}/history", "operator").await.pop().unwrap();
    assert_eq!((&*kind, data["changedFields"].as_array().unwrap().len()), ("entitlement.details-changed", 2));

    // Repeating the change is idempotent.
    let contents = world.contents().await;
    update(&world, OF_ORGANIZATION, details).send().await.ok();
    world.assert_unchanged(&contents).await;
    let stale =
        update(&world, OF_ORGANIZATION, json!({"Seats": {"values": [1]}})).header("if-match", "\"1\"");
    stale.assert_rejected(412, "version-mismatch").await;
    let both =
        update(&world, OF_ORGANIZATION, json!({"Seats": {"values": ["x"]}})).header("if-match", "\"1\"");
    both.assert_rejected(412, "version-mismatch").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn change_with_one_invalid_value_is_refused_entirely() {
    let world = World::demo().await;
    let details = json!({
        "Support level": {"values": ["Silver"]}, "Renewal contact": {"values": ["nobody"]},
        "{field}": {"values": ["US"]}, "Region": {"values": ["AU"]},
    });
    let refused = update(&world, OF_ORGANIZATION, details).assert_rejected(422, "invalid-value").await;
    let fault = |at: &str, code: &str| (at.to_owned(), code.to_owned());
    let second = world.fill("/details/{field}");
    assert_eq!(
        refused.faults(),
        [fault("/details/Renewal contact/values/0", "invalid-value"), fault(&second, "duplicate-field")]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_editors_change_a_field_and_hidden_changes_leave_no_trace() {
    let world = World::demo().await;
    let text = |name: &str| json!({"name": name, "type": {"name": "TEXT"}});
    field(&world, text("Site"), json!({"editors": ["customer"]})).await;
    field(&world, text("Secret"), json!({"viewers": ["agent"], "editors": ["customer", "agent"]})).await;
    let call = |who: &str, path: &str, name: &str| {
        let details = json!({"details": {name: {"values": ["x"]}}});
        world.patch(&format!("{path}/details")).by(who).json(details)
    };
    for (who, path) in
        [("customer", OF_ORGANIZATION), ("contactManager", OF_ORGANIZATION), ("customer", OF_CUSTOMER)]
    {
        call(who, path, "Site").send().await.ok();
        call(who, path, "Renewal contact").assert_rejected(403, "field-not-editable").await;
        // A field that the caller may not view is refused in the same way as one that does not exist.
        call(who, path, "Secret").assert_rejected(422, "unknown-field").await;
        call(who, path, "Nonsense").assert_rejected(422, "unknown-field").await;
    }
    for who in ["operator", "agent"] {
        call(who, OF_ORGANIZATION, "Site").assert_rejected(403, "field-not-editable").await;
    }
    call("operator", OF_ORGANIZATION, "Secret").assert_rejected(403, "field-not-editable").await;
    call("agent", OF_ORGANIZATION, "Secret").send().await.ok();
    for (who, path) in [("otherCustomer", OF_ORGANIZATION), ("contactManager", OF_CUSTOMER)] {
        call(who, path, "Site").assert_rejected(404, "not-found").await;
    }
    call("partnerAdmin", OF_ORGANIZATION, "Site").assert_rejected(403, "role-not-allowed").await;

    // The history, too, must not reveal a field that the caller may not view.
    let history = events(&world, "/v1/organizations/{yamada}/history", "contactManager").await;
    let changes = history.iter().filter(|(kind, _)| kind == "entitlement.details-changed").count();
    assert_eq!(changes, 1, "the change of `Secret` is absent: {history:?}");
    assert_eq!(events(&world, "/v1/organizations/{yamada}/history", "agent").await.len(), 3);
    // The page tokens before and after the hidden event must not contain its id.
    let path = "/v1/organizations/{yamada}/history?order=asc&pageSize=100";
    let all = world.get(path).by("operator").send().await.ok();
    let ids = all["items"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned());
    let (mut shown, mut positions, mut token) = (Vec::new(), Vec::new(), String::new());
    loop {
        let path = format!("/v1/organizations/{{yamada}}/history?order=asc&pageSize=1{token}");
        let page = world.get(&path).by("contactManager").send().await.ok();
        let events = page["items"].as_array().unwrap();
        shown.extend(events.iter().map(|event| event["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["nextPageToken"].as_str() else { break };
        // The hidden event must not leave an empty page, either.
        assert_eq!(events.len(), 1);
        positions.push(URL_SAFE_NO_PAD.decode(next).unwrap());
        token = format!("&pageToken={next}");
    }
    let hidden: Vec<String> = ids.filter(|id| !shown.contains(id)).collect();
    assert_eq!(hidden.len(), 1);
    let tells =
        |position: &Vec<u8>| position.windows(hidden[0].len()).any(|part| part == hidden[0].as_bytes());
    assert!(!positions.is_empty() && !positions.iter().any(tells));
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_and_editors_are_enforced_on_every_route() {
    let world = World::demo().await;
    let text = |name: &str| json!({"name": name, "type": {"name": "TEXT"}});
    field(&world, text("Secret"), json!({"viewers": ["operator"], "editors": ["operator"]})).await;
    field(&world, text("Fixed"), json!({"editors": ["operator"]})).await;
    let details = json!({"details": {"Secret": {"values": ["x"]}, "Fixed": {"values": ["y"]}}});
    world.patch(&format!("{OF_ORGANIZATION}/details")).by("operator").json(details).send().await.ok();
    for path in [
        OF_ORGANIZATION,
        "/v1/organizations/{yamada}/profile",
        "/v1/customers/{sora}/profile",
        "/v1/entitlements?productId={product}",
        "/v1/entitlements/by-number/{number}",
    ] {
        let shown = |body: Value| (body.to_string().contains("Secret"), body.to_string().contains("Fixed"));
        assert_eq!(shown(world.get(path).by("agent").send().await.ok()), (false, true), "{path}");
        assert_eq!(shown(world.get(path).by("operator").send().await.ok()), (true, true), "{path}");
    }
    for (status, name, code) in [(422, "Secret", "unknown-field"), (403, "Fixed", "field-not-editable")] {
        let details = json!({name: {"values": ["z"]}});
        let body = json!({"productId": "{product}", "details": details});
        world
            .post("/v1/organizations/{yamada}/entitlements")
            .by("agent")
            .json(body)
            .assert_rejected(status, code)
            .await;
        let body = json!({"details": details});
        let change = world.patch(&format!("{OF_ORGANIZATION}/details")).by("agent").json(body);
        change.assert_rejected(status, code).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn details_over_64_kb_are_refused() {
    let world = World::demo().await;
    world.stock(2).await;
    let names: Vec<String> = (0..33).map(|number| format!("Site {number:02}")).collect();
    for name in &names {
        field(&world, json!({"name": name, "type": {"name": "URL"}}), json!({"editors": ["operator"]})).await;
    }
    let address = "https://x.example/".to_owned() + &"\\\\".repeat(1_000);
    let details = |names: &[String]| -> Value {
        names.iter().map(|name| (name.clone(), json!({"values": [address]}))).collect::<Map<_, _>>().into()
    };
    let change = |path: &str, details: Value| {
        world.patch(&format!("{path}/details")).by("operator").json(json!({"details": details}))
    };
    let (most, one_more) = names.split_at(31);
    change(OF_ORGANIZATION, details(most)).key("x").send().await.ok();
    let refused = change(OF_ORGANIZATION, details(one_more)).assert_rejected(422, "details-too-large").await;
    assert_eq!(refused.faults(), [("/details".to_owned(), "details-too-large".to_owned())]);
    let body = json!({"productId": "{product}", "details": details(&names)});
    create(&world, "organizations/{yamada}", body).assert_rejected(422, "details-too-large").await;
    // The values of archived fields are kept and still count towards the limit.
    let fields = world.get("/v1/detail-fields").by("operator").send().await.ok();
    for one in fields["items"].as_array().unwrap() {
        if most.contains(&one["name"].as_str().unwrap().to_owned()) {
            let path = format!("/v1/detail-fields/{}", one["id"].as_str().unwrap());
            world.patch(&path).by("operator").json(json!({"archived": true})).send().await.ok();
        }
    }
    change(OF_ORGANIZATION, details(one_more)).assert_rejected(422, "details-too-large").await;
    let rows = json!({"rows": [
        {"entitlement": "CRM-1001", "details": details(one_more)},
        {"entitlement": "X-0", "details": details(one_more)},
    ]});
    let report = world.post("/v1/entitlement-details/import").by("operator").json(rows).send().await.ok();
    assert_eq!(
        (&report["applied"], &report["failures"][0]["code"]),
        (&json!(1), &json!("details-too-large"))
    );
    assert_eq!((report["failures"].as_array().unwrap().len(), report["failures"][0].get("field")), (1, None));
    change(OF_ORGANIZATION, json!({"Region": {"values": []}, "Seats": {"values": []}})).send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn archived_field_keeps_values_and_renamed_option_shows_its_new_label() {
    let world = World::demo().await;
    let change = |body| world.patch("/v1/detail-fields/{field}").by("operator").json(body);
    change(json!({"archived": true})).send().await.ok();
    assert_eq!(seen(&world, OF_ORGANIZATION, "agent").await["details"].get("Region"), None);
    let wanted = || json!({"Region": {"values": ["US"]}});
    update(&world, OF_ORGANIZATION, wanted()).assert_rejected(422, "archived-field").await;
    change(json!({"archived": false})).send().await.ok();
    assert_eq!(seen(&world, OF_ORGANIZATION, "agent").await["details"]["Region"], json!({"values": ["EU"]}));

    let before = world.contents().await;
    change(json!({"options": [{"id": 2, "label": "Europe", "retired": true}]})).send().await.ok();
    let touched = world.contents().await.iter().filter(|(key, item)| before.get(*key) != Some(*item)).count();
    assert_eq!(touched, 2, "the field and its event: no value is rewritten");
    assert_eq!(
        seen(&world, OF_ORGANIZATION, "agent").await["details"]["Region"],
        json!({"values": ["Europe"]})
    );
    // An entitlement keeps a retired option that it has; no other one can get it.
    let contents = world.contents().await;
    update(&world, OF_ORGANIZATION, json!({"Region": {"values": ["Europe"]}})).send().await.ok();
    world.assert_unchanged(&contents).await;
    update(&world, OF_CUSTOMER, json!({"Region": {"values": ["Europe"]}}))
        .assert_rejected(422, "retired-option")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_changes_are_all_kept() {
    let world = World::demo().await;
    world.chaos(4, 11);
    let names = ["Seats", "Renewal contact", "Internal note", "Region"];
    let values = [json!(7), json!("a@x.example"), json!("note"), json!("US")];
    let calls = names.iter().zip(&values).map(async |(name, value)| {
        update(&world, OF_ORGANIZATION, json!({*name: {"values": [value]}})).decided().await.status
    });
    assert_eq!(join_all(calls).await, [200; 4]);
    let shown = seen(&world, OF_ORGANIZATION, "agent").await;
    for (name, value) in names.iter().zip(&values) {
        assert_eq!(shown["details"][name], json!({"values": [value]}));
    }
}
