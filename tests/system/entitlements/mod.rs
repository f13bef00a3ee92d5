automod::dir!("entitlements");

use serde_json::{Value, json};
use system::{Call, World};

/// Path of the organization's entitlement in the demo world.
pub const OF_ORGANIZATION: &str = "/v1/organizations/{yamada}/entitlements/{entitlement}";
/// Path of the customer's entitlement in the demo world.
pub const OF_CUSTOMER: &str = "/v1/customers/{sora}/entitlements/{ownEntitlement}";

pub fn create<'a>(world: &'a World, owner: &str, body: Value) -> Call<'a> {
    world.post(&format!("/v1/{owner}/entitlements")).by("operator").json(body)
}

/// Returns the entitlement at a path as a caller sees it.
pub async fn seen(world: &World, path: &str, who: &str) -> Value {
    world.get(path).by(who).send().await.ok()
}

/// Returns an entitlement as the answer to a write shows it: without the name and e-mail of who last changed its details.
pub fn without_names(mut entitlement: Value) -> Value {
    if let Some(Value::Object(by)) = entitlement.pointer_mut("/detailsChanged/by") {
        by.retain(|name, _| name != "name" && name != "email");
    }
    entitlement
}

pub fn update<'a>(world: &'a World, path: &str, details: Value) -> Call<'a> {
    world.patch(&format!("{path}/details")).by("agent").json(json!({"details": details}))
}

/// Creates a detail field and returns its id; `more` restricts its viewers or editors.
pub async fn field(world: &World, mut body: Value, more: Value) -> String {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = world.post("/v1/detail-fields").by("operator").json(body).send().await.ok();
    made["id"].as_str().unwrap().to_owned()
}

/// Returns the token of another person of the demo world's organization.
pub fn colleague(world: &World) -> String {
    let org = world.id("yamada");
    let person = json!({"sub": "kenji", "email": "kenji@yamada.example", "role": "customer", "org": org});
    world.token_of(person)
}

/// Returns the entitlement events of a log as a caller sees them, oldest first.
pub async fn events(world: &World, path: &str, who: &str) -> Vec<(String, Value)> {
    let history = world.get(&format!("{path}?order=asc&pageSize=100")).by(who).send().await.ok();
    let events = history["items"].as_array().unwrap().iter();
    let events = events.map(|event| (event["type"].as_str().unwrap().to_owned(), event["data"].clone()));
    events.filter(|(kind, _)| kind.starts_with("entitlement.")).collect()
}
