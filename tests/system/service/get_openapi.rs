//! `get-openapi`

use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("get-openapi", "/v1/openapi.json").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn document_is_public_and_describes_every_route() {
    let world = World::demo().await;
    let document = world.get("/v1/openapi.json").send().await.ok();
    assert_eq!(document["openapi"], "3.1.0");
    let operations = functions::operations();
    for route in operations.iter().flat_map(|entry| entry.description.routes) {
        let described = &document["paths"][route.path][route.method.name().to_lowercase()];
        assert!(described["operationId"].is_string(), "{} is not described", route.key());
        let parameters = described["parameters"].as_array().unwrap().iter();
        let mut names: Vec<_> = parameters.map(|one| (one["in"].as_str(), one["name"].as_str())).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{} has a parameter twice", route.key());
        let needs_token = !described["security"].as_array().unwrap().is_empty();
        assert_eq!(needs_token, route.access.needs_token(), "{}", route.key());
    }
}
