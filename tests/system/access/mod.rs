automod::dir!("access");

use serde_json::{Value, json};
use system::{Call, World};

/// Expiry of the demo world's grant to all members of the partner.
pub const EXPIRY: &str = "2027-01-05T09:00:00Z";

/// Returns the body of an access request to Yuki, the contact manager; `more` names the grantees.
pub fn request_body(more: Value) -> Value {
    let mut request_body = json!({"contactManagerEmail": "yuki@yamada.example", "expiresAt": EXPIRY});
    request_body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    request_body
}

/// Returns the part of a body that names one member of the partner and its level.
pub fn individual_grantee(name: &str, level: &str) -> Value {
    json!({"individuals": [{"email": format!("{name}@miyako.example"), "level": level}]})
}

pub fn ask<'a>(world: &'a World, who: &str, request_body: Value) -> Call<'a> {
    world.post("/v1/partners/{partner}/access-requests").by(who).json(request_body)
}

/// Sends an access request as the partner's admin and returns its id.
pub async fn send_request_for_id(world: &World, more: Value) -> String {
    let made = ask(world, "partnerAdmin", request_body(more)).send().await.ok();
    made["id"].as_str().unwrap().to_owned()
}

pub fn decide<'a>(world: &'a World, request: &str, verb: &str, body: Value) -> Call<'a> {
    let call = world.post(&format!("/v1/access-requests/{request}/{verb}"));
    let call = call.by(if verb == "cancel" { "partnerAdmin" } else { "contactManager" });
    if verb == "cancel" { call } else { call.json(body) }
}

/// Returns the call by which Yuki grants a partner access to Yamada; `more` names the grantees.
pub fn grant<'a>(world: &'a World, partner: &str, more: Value) -> Call<'a> {
    let mut body = json!({"partnerId": format!("{{{partner}}}"), "expiresAt": EXPIRY});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.post("/v1/organizations/{yamada}/access").by("contactManager").json(body)
}

/// Returns a member's access to Yamada, as the contact manager sees it.
pub async fn resolved(world: &World, name: &str) -> Value {
    let path = "/v1/organizations/{yamada}/access/resolve?partnerId={partner}";
    world.get(&format!("{path}&email={name}%40miyako.example")).by("contactManager").send().await.ok()
}

pub async fn level(world: &World, name: &str) -> Option<String> {
    resolved(world, name).await["level"].as_str().map(str::to_owned)
}

pub async fn set_time(world: &World, time: &str) {
    world.post("/_local/time").bytes(json!({"set": time}).to_string().as_bytes()).send().await.ok();
}

/// Returns the access events of a log, oldest first.
pub async fn events(world: &World, log: &str, who: &str) -> Vec<(String, Value)> {
    let log = format!("{log}{}order=asc&pageSize=100", if log.contains('?') { '&' } else { '?' });
    let history = world.get(&log).by(who).send().await.ok();
    let events = history["items"].as_array().unwrap().iter();
    let events = events.map(|event| (event["type"].as_str().unwrap().to_owned(), event["data"].clone()));
    events.filter(|(kind, _)| kind.starts_with("access.")).collect()
}
