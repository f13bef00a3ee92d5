//! `list-products`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("list-products", "/v1/products").by("customer").publish();
}

async fn names(world: &World, who: &str, query: &str) -> Vec<String> {
    let (mut names, mut token) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("/v1/products?{query}{token}")).by(who).send().await.ok();
        let items = page["items"].as_array().unwrap().iter();
        names.extend(items.map(|product| product["name"].as_str().unwrap().to_owned()));
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => return names,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_caller_sees_products_and_archived_ones_on_request() {
    let world = World::demo().await;
    for who in ["operator", "agent", "partnerMember", "customer"] {
        for size in [1, 2, 100] {
            let query = format!("pageSize={size}");
            assert_eq!(
                names(&world, who, &query).await,
                ["Edge Recorder", "Video Wall", "Door Station"],
                "{who}"
            );
        }
        assert!(names(&world, who, "archived=true").await.is_empty());
    }
    let archive = world.patch("/v1/products/{product}").by("operator").json(json!({"archived": true}));
    archive.send().await.ok();
    assert_eq!(names(&world, "customer", "pageSize=1").await, ["Video Wall", "Door Station"]);
    assert_eq!(names(&world, "customer", "archived=true&pageSize=1").await, ["Edge Recorder"]);
    world.get("/v1/products?archived=yes").by("customer").assert_rejected(400, "invalid-request").await;
}
