//! Writes the canonical payload of a route, `events/<operation id>.json`: a call of somebody in the demo world.
//!
//! `cargo run --package system --example payload -- assign-license partnerMember \
//!     '/v1/partners/{partner}/license-assignments' '{"organizationId": "{yamada}", "lines": []}'`

use local_stack::gateway::{Request, bind, payload};
use local_stack::issuer::Issuer;
use local_stack::{Options, Stack, demo};
use serde_json::{Value, json};
use system::{World, golden};

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [id, who, path, body @ ..] = arguments.as_slice() else {
        panic!(
            "which route's id, who (`-` is nobody), which path with its query, and the body, if there is one?"
        );
    };
    let world = World::around(Stack::start(Options::default()).await.unwrap());
    let operations = functions::operations();
    let described = operations.iter().map(|entry| entry.description);
    let mut routes =
        described.flat_map(|described| described.routes.iter().map(move |route| (described, route)));
    let found = routes.find(|(described, route)| described.operation_id(route) == *id);
    let (_, route) = found.unwrap_or_else(|| panic!("there is no route `{id}`"));

    let filled = world.fill(path);
    let (path, query) = filled.split_once('?').unwrap_or((&filled, ""));
    let now = demo::COMPLETE.parse().unwrap();
    let mut headers = vec![("accept", "*/*"), ("host", "127.0.0.1:9000"), ("user-agent", "curl/8.5.0")];
    headers.extend([
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-port", "443"),
        ("x-forwarded-proto", "https"),
    ]);
    let mut claims = None;
    if who != "-" {
        let people = demo::people(&demo::ids());
        let (_, person) =
            people.into_iter().find(|(name, _)| name == who).unwrap_or_else(|| panic!("no `{who}`"));
        let issuer = Issuer::new("http://127.0.0.1:9000").unwrap();
        let token = issuer.token(&serde_json::from_value(person).unwrap(), now);
        claims = issuer.check(Some(&token), now);
        headers.push(("authorization", "Bearer a.b.c"));
    }
    let key = format!("{id}-1");
    if route.method.name() == "POST" {
        headers.push(("idempotency-key", &key));
    }
    let body = body.first().map(|body| serde_json::from_str::<Value>(&world.fill(body)).unwrap().to_string());
    if body.is_some() {
        headers.push(("content-type", "application/json"));
    }
    let request = Request {
        method: route.method.name().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        body: body.unwrap_or_default().into_bytes(),
    };
    let parameters = bind(route.path, path).unwrap_or_else(|| panic!("{path} is not of {}", route.path));
    let mut written = payload(&request, route, parameters, claims, now);
    written["requestContext"]["requestId"] = json!("0190a000-0000-7000-8000-000000000001");
    let text = serde_json::to_string_pretty(&written).unwrap() + "\n";
    std::fs::write(golden::file(&format!("events/{id}.json")), text).unwrap();
}
