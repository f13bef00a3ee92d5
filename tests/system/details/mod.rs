automod::dir!("details");

use serde_json::{Value, json};
use system::{Call, World};

pub fn create(world: &World, body: Value) -> Call<'_> {
    world.post("/v1/detail-fields").by("operator").json(body)
}

pub fn update(world: &World, body: Value) -> Call<'_> {
    world.patch("/v1/detail-fields/{field}").by("operator").json(body)
}

/// Returns the detail fields that a caller sees.
pub async fn seen(world: &World, who: &str, query: &str) -> Vec<Value> {
    let page = world.get(&format!("/v1/detail-fields?{query}")).by(who).send().await.ok();
    page["items"].as_array().unwrap().clone()
}

pub fn names(fields: &[Value]) -> Vec<&str> {
    fields.iter().map(|field| field["name"].as_str().unwrap()).collect()
}

/// Returns a body that creates the fields from number `from` to `to` (exclusive).
/// The demo world already has five.
pub fn fields(from: usize, to: usize) -> Value {
    let field = |number| json!({"name": format!("Field {number}"), "type": {"name": "TEXT"}});
    json!({"detailFields": (from..to).map(field).collect::<Vec<_>>()})
}
