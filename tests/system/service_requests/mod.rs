automod::dir!("service_requests");

use serde_json::{Value, json};
use system::{Call, World};

use crate::access::{grant, individual_grantee};

pub const PATH: &str = "/v1/organizations/{yamada}/service-requests";

pub fn open<'a>(world: &'a World, who: &str, kind: &str) -> Call<'a> {
    let body = json!({"subject": "Cameras", "description": "Line one\nline two", "kind": kind});
    world.post(PATH).by(who).json(body)
}

/// Opens a service request, and returns its id.
pub async fn open_for_id(world: &World, who: &str) -> String {
    open(world, who, "question").send().await.ok()["id"].as_str().unwrap().to_owned()
}

/// Grants Ren, a member of the partner, this access level in Yamada.
pub async fn grant_ren(world: &World, level: &str) {
    grant(world, "partner", individual_grantee("ren", level)).send().await.ok();
}

/// Returns the call that makes the person with this e-mail a contact of a service request.
pub fn contact<'a>(world: &'a World, who: &str, request: &str, email: &str, role: &str) -> Call<'a> {
    world.put(&format!("{PATH}/{request}/contacts/{email}")).by(who).json(json!({"role": role}))
}

/// Returns a customer of the demo world as a service request shows it.
pub fn customer(world: &World, id: &str, name: &str) -> Value {
    let email = format!("{id}@yamada.example");
    json!({"email": email, "displayName": name, "customerId": world.id(id)})
}

/// Returns Ren as a service request shows it.
pub fn ren(world: &World) -> Value {
    json!({"email": "ren@miyako.example", "displayName": "Ren Mori", "partnerId": world.id("partner"),
        "memberId": world.id("ren")})
}

/// Makes Ren an additional contact of a service request.
pub async fn add_ren(world: &World, id: &str) {
    contact(world, "contactManager", id, "ren@miyako.example", "additional").send().await.ok();
}

/// Returns the ids of the service requests that a caller is shown, over all pages.
pub async fn listed_ids(world: &World, who: &str, query: &str) -> Vec<String> {
    let (mut ids, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/service-requests?{query}{token}");
        let page = world.get(&path).by(who).send().await.ok();
        ids.extend(
            page["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()),
        );
        match &page["nextPageToken"] {
            Value::String(next) => token = format!("&pageToken={next}"),
            _ => return ids,
        }
    }
}
