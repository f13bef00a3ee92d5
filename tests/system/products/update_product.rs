//! `update-product`

use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World};

#[test]
fn canonical_call_is_published() {
    let body = json!({"archived": true, "name": "Edge Recorder 2"});
    Payload::of("update-product", "/v1/products/{product}").by("operator").json(&body).publish();
}

fn update(world: &World, body: Value) -> Call<'_> {
    world.patch("/v1/products/{product}").by("operator").json(body)
}

async fn events(world: &World) -> Vec<String> {
    let history = world.get("/v1/history?order=asc&pageSize=100").by("operator").send().await.ok();
    let types = history["items"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap());
    types
        .filter(|kind| kind.starts_with("product.") && *kind != "product.created")
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_given_properties_change() {
    let world = World::demo().await;
    let body = json!({"name": "Edge Recorder 2", "description": "Records."});
    let changed = update(&world, body).send().await;
    assert_eq!((changed.status, changed.header("etag")), (200, Some("\"2\"")));
    let fields = |body: &Value| [body["name"].clone(), body["description"].clone(), body["code"].clone()];
    assert_eq!(fields(&changed.body), ["Edge Recorder 2".into(), "Records.".into(), json!("ER-1")]);
    let cleared = update(&world, json!({"description": null, "code": null})).send().await.ok();
    assert_eq!(fields(&cleared), ["Edge Recorder 2".into(), Value::Null, Value::Null]);
    assert_eq!(events(&world).await, ["product.updated", "product.updated"]);

    // A name or code that a product has given up is free for another product.
    let other = json!({"name": "Edge Recorder", "code": "ER-1"});
    world.post("/v1/products").by("operator").json(other).send().await.ok();
    update(&world, json!({"name": "EDGE recorder"})).assert_rejected(409, "product-name-taken").await;
    update(&world, json!({"code": "ER-1"})).assert_rejected(409, "product-code-taken").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_values_change_nothing() {
    let world = World::demo().await;
    let before = world.contents().await;
    for body in [json!({}), json!({"name": "Edge Recorder"}), json!({"archived": false, "description": null})]
    {
        let same = update(&world, body).send().await;
        assert_eq!((same.status, same.header("etag")), (200, Some("\"1\"")));
    }
    world.assert_unchanged(&before).await;
    let cased = update(&world, json!({"name": "EDGE RECORDER"})).send().await.ok();
    assert_eq!(cased["name"], "EDGE RECORDER", "another writing of the name is no other's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_archived_and_restored() {
    let world = World::demo().await;
    let archived = update(&world, json!({"archived": true})).send().await.ok();
    assert!(archived["archivedAt"].is_string());
    let contents = world.contents().await;
    assert_eq!(update(&world, json!({"archived": true})).send().await.ok(), archived);
    world.assert_unchanged(&contents).await;
    let name = json!({"name": "Edge Recorder"});
    world.post("/v1/products").by("operator").json(name).assert_rejected(409, "product-name-taken").await;
    let restored = update(&world, json!({"archived": false})).send().await.ok();
    assert!(restored["archivedAt"].is_null());
    assert_eq!(events(&world).await, ["product.archived", "product.restored"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_version_absent_product_and_invalid_body_are_refused() {
    let world = World::demo().await;
    let body = || json!({"name": "Other"});
    update(&world, body()).header("if-match", "\"2\"").assert_rejected(412, "version-mismatch").await;
    update(&world, json!({})).header("if-match", "\"2\"").assert_rejected(412, "version-mismatch").await;
    update(&world, body()).header("if-match", "\"1\"").send().await.ok();
    let absent = world.id("product").replace("0001", "0009");
    let call = world.patch(&format!("/v1/products/{absent}")).by("operator").json(body());
    call.assert_rejected(404, "not-found").await;
    let rubbish = json!({"name": null, "archived": "yes", "id": "prd_7", "code": ""});
    let reply = update(&world, rubbish).assert_rejected(400, "invalid-request").await;
    let places: Vec<_> = reply.faults().into_iter().map(|(at, _)| at).collect();
    assert_eq!(places, ["/archived", "/code", "/id", "/name"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_changes_are_both_applied() {
    let world = World::demo().await;
    world.chaos(4, 3);
    let change = async |body: Value| update(&world, body.clone()).decided().await;
    let both =
        futures_util::future::join(change(json!({"description": "One."})), change(json!({"code": "TWO"})));
    both.await;
    world.chaos(0, 0);
    let seen = update(&world, json!({})).send().await.ok();
    assert_eq!(
        (&seen["description"], &seen["code"], &seen["version"]),
        (&json!("One."), &json!("TWO"), &json!(3))
    );
}
