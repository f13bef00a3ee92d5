//! `create-product`

use futures_util::future::join_all;
use serde_json::{Value, json};
use system::payload::Payload;
use system::{Call, World};

#[test]
fn canonical_call_is_published() {
    let body = json!({
        "code": "EC-1",
        "description": "A camera that keeps what it saw.",
        "name": "Edge Camera",
    });
    Payload::of("create-product", "/v1/products").by("operator").json(&body).publish();
}

fn create(world: &World, body: Value) -> Call<'_> {
    world.post("/v1/products").by("operator").json(body)
}

#[tokio::test(flavor = "multi_thread")]
async fn product_has_the_requested_values_and_an_event() {
    let world = World::demo().await;
    let body = json!({"name": "Edge Camera ＋", "description": "Sees\u{3000}and tells.", "code": "EC-1"});
    let made = create(&world, body.clone()).send().await;
    let id = made.body["id"].as_str().unwrap().to_owned();
    assert_eq!((made.status, made.header("location")), (201, Some(format!("/v1/products/{id}").as_str())));
    let mut expected = body;
    expected["id"] = id.as_str().into();
    expected["version"] = 1.into();
    assert_eq!(world.timeless(made.body), expected);
    let history = world.get("/v1/history?type=product.created&pageSize=1").by("operator").send().await.ok();
    let data = json!({"productId": id, "name": "Edge Camera ＋", "code": "EC-1"});
    assert_eq!(history["items"][0]["data"], data);
}

#[tokio::test(flavor = "multi_thread")]
async fn name_in_any_case_or_width_and_code_are_unique() {
    let world = World::demo().await;
    create(&world, json!({"name": "C"})).send().await.ok();
    for different in ["C++", "C#", "Ç"] {
        create(&world, json!({"name": different})).send().await.ok();
    }
    for same in ["c", "Ｃ", "c＋＋"] {
        let taken = create(&world, json!({"name": same})).assert_rejected(409, "product-name-taken").await;
        assert_eq!(taken.faults(), [("/name".to_owned(), "product-name-taken".to_owned())]);
    }
    let both = create(&world, json!({"name": "edge RECORDER", "code": "ER-1"}))
        .assert_rejected(409, "product-name-taken")
        .await;
    assert_eq!(both.faults().len(), 2, "all that stands against it: {}", both.body);
    let detail = both.body["errors"][1]["detail"].as_str().unwrap();
    assert!(detail.contains(world.id("product")), "the problem names who has it: {detail}");
    create(&world, json!({"name": "Another", "code": "er-1"})).send().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_duplicates_of_a_name_create_one() {
    let world = World::demo().await;
    world.chaos(5, 2);
    let all =
        join_all((0..32).map(|_| async { create(&world, json!({"name": "Same"})).decided().await.status }));
    let mut told = all.await;
    told.sort_unstable();
    assert_eq!((told[0], told[1], told[31]), (201, 409, 409));
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_body_reports_every_fault() {
    let world = World::demo().await;
    let body = json!({"name": " x", "description": "", "code": "a\u{7}", "colour": "red"});
    let reply = create(&world, body).assert_rejected(400, "invalid-request").await;
    let faults = reply.faults();
    let faults: Vec<_> = faults.iter().map(|(at, code)| (at.as_str(), code.as_str())).collect();
    assert_eq!(
        faults,
        [
            ("/code", "control-character"),
            ("/colour", "unknown-field"),
            ("/description", "invalid-length"),
            ("/name", "surrounding-space"),
        ]
    );
    create(&world, json!({})).assert_rejected(400, "invalid-request").await;
}
