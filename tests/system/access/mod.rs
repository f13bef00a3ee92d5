automod::dir!("access");

use serde_json::{Value, json};
use system::{Call, World};

/// Until when the demo world's access of all lasts.
pub const EXPIRY: &str = "2027-01-05T09:00:00Z";

/// What is asked of Yuki, the contact manager: `more` says for whom.
pub fn wish(more: Value) -> Value {
    let mut wish = json!({"contactManagerEmail": "yuki@yamada.example", "expiresAt": EXPIRY});
    wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    wish
}

/// For one member.
pub fn single(name: &str, level: &str) -> Value {
    json!({"individuals": [{"email": format!("{name}@miyako.example"), "level": level}]})
}

pub fn ask<'a>(world: &'a World, who: &str, wish: Value) -> Call<'a> {
    world.post("/v1/partners/{partner}/access-requests").by(who).json(wish)
}

/// Asks, and answers the request's id.
pub async fn asked(world: &World, more: Value) -> String {
    let made = ask(world, "partnerAdmin", wish(more)).send().await.ok();
    made["id"].as_str().unwrap().to_owned()
}

pub fn decide<'a>(world: &'a World, request: &str, verb: &str, body: Value) -> Call<'a> {
    let call = world.post(&format!("/v1/access-requests/{request}/{verb}"));
    let call = call.by(if verb == "cancel" { "partnerAdmin" } else { "contactManager" });
    if verb == "cancel" { call } else { call.json(body) }
}

/// What Yuki gives a partner in Yamada: `more` says for whom.
pub fn give<'a>(world: &'a World, partner: &str, more: Value) -> Call<'a> {
    let mut body = json!({"partnerId": format!("{{{partner}}}"), "expiresAt": EXPIRY});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.post("/v1/organizations/{yamada}/access").by("contactManager").json(body)
}

/// What a member may do in Yamada, as the contact manager sees it.
pub async fn resolved(world: &World, name: &str) -> Value {
    let path = "/v1/organizations/{yamada}/access/resolve?partnerId={partner}";
    world.get(&format!("{path}&email={name}%40miyako.example")).by("contactManager").send().await.ok()
}

pub async fn level(world: &World, name: &str) -> Option<String> {
    resolved(world, name).await["level"].as_str().map(str::to_owned)
}

pub async fn set(world: &World, time: &str) {
    world.post("/_local/time").bytes(json!({"set": time}).to_string().as_bytes()).send().await.ok();
}

/// The events of access in a log, oldest first.
pub async fn events(world: &World, log: &str, who: &str) -> Vec<(String, Value)> {
    let log = format!("{log}{}order=asc&pageSize=100", if log.contains('?') { '&' } else { '?' });
    let history = world.get(&log).by(who).send().await.ok();
    let events = history["items"].as_array().unwrap().iter();
    let events = events.map(|event| (event["type"].as_str().unwrap().to_owned(), event["data"].clone()));
    events.filter(|(kind, _)| kind.starts_with("access.")).collect()
}
