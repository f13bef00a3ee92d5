//! `get-product`

use serde_json::json;
use system::World;
use system::payload::Payload;

#[test]
fn canonical_call_is_published() {
    Payload::of("get-product", "/v1/products/{product}").by("customer").publish();
}

#[tokio::test(flavor = "multi_thread")]
async fn new_product_is_found_at_its_location_even_when_archived() {
    let world = World::demo().await;
    let body = json!({"name": "Edge Camera", "code": "EC-1"});
    let created = world.post("/v1/products").by("operator").json(body).send().await;
    let location = created.header("location").unwrap();
    let shown = world.get(location).by("partnerMember").send().await;
    assert_eq!((shown.status, shown.version(), &shown.body), (200, created.version(), &created.body));
    let archived = world.patch(location).by("operator").json(json!({"archived": true})).send().await;
    let shown = world.get(location).by("agent").send().await;
    assert_eq!((shown.version(), &shown.body), (archived.version(), &archived.body));
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_or_malformed_id_is_refused() {
    let world = World::demo().await;
    let unknown = format!("/v1/products/{}", world.id("product").replace("0001", "0009"));
    world.get(&unknown).by("customer").assert_rejected(404, "not-found").await;
    world.get("/v1/products/{partner}").by("customer").assert_rejected(400, "invalid-request").await;
}
