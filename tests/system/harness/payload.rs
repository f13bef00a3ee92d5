//! Published payload of a route, `events/<operation id>.json`, made from the call that the operation's test declares.

use api_runtime::Route;
use api_runtime::http::route::Method;
use local_stack::demo;
use local_stack::gateway::{Request, bind, payload};
use local_stack::issuer::Issuer;
use serde_json::Value;

use crate::golden;

/// Assumed URL of the demo world's stack.
const ISSUER: &str = "http://127.0.0.1:9000";

/// A call of one route that succeeds in the demo world. Its texts may contain ids of the demo world, such as
/// `{partner}`.
pub struct Payload {
    id: &'static str,
    caller: Option<&'static str>,
    request: Request,
}

impl Payload {
    /// Returns a call without a token of the route with this operation id, with this path and query.
    pub fn of(id: &'static str, path: &str) -> Self {
        let filled = fill(path);
        let (path, query) = filled.split_once('?').unwrap_or((&filled, ""));
        let request = Request { path: path.to_owned(), query: query.to_owned(), ..Request::default() };
        let usual = [
            ("accept", "*/*"),
            ("host", "127.0.0.1:9000"),
            ("user-agent", "curl/8.5.0"),
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-port", "443"),
            ("x-forwarded-proto", "https"),
        ];
        usual
            .into_iter()
            .fold(Self { id, caller: None, request }, |call, (name, value)| call.header(name, value))
    }

    /// Adds the token of a person of the demo world.
    pub fn by(mut self, caller: &'static str) -> Self {
        self.caller = Some(caller);
        self.header("authorization", "Bearer a.b.c")
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.request.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets a JSON body.
    pub fn json(mut self, body: &Value) -> Self {
        self.request.body = fill(&body.to_string()).into_bytes();
        self.header("content-type", "application/json")
    }

    /// Signs the call as the demo world's store, with this `webhook-id`.
    pub fn signed(self, id: &str) -> Self {
        let ids = demo::ids();
        let secret = ids["secret"].as_str().unwrap();
        let signed = demo::sign(secret, id, demo::COMPLETE.parse().unwrap(), &self.request.body).unwrap();
        signed.iter().fold(self, |call, (name, value)| call.header(name, value))
    }

    /// Compares the published payload with this call; `UPDATE=1 cargo test` writes it.
    #[track_caller]
    pub fn publish(self) {
        let route = route(self.id);
        let now = demo::COMPLETE.parse().unwrap();
        let claims = self.caller.map(|caller| {
            let issuer = Issuer::new(ISSUER).unwrap();
            let token = issuer.token(&serde_json::from_value(person(caller)).unwrap(), now);
            issuer.check(Some(&token), now).unwrap()
        });
        let id = self.id;
        let call = match (route.method, route.access.needs_token()) {
            (Method::Post, true) => self.header("idempotency-key", &format!("{id}-1")),
            _ => self,
        };
        let request = Request { method: route.method.name().to_owned(), ..call.request };
        let parameters = bind(route.path, &request.path);
        let parameters = parameters.unwrap_or_else(|| panic!("{} is not of {}", request.path, route.path));
        let written = payload(&request, route, parameters, claims, (REQUEST_ID, now));
        let text = serde_json::to_string_pretty(&written).unwrap() + "\n";
        golden::check(&format!("events/{id}.json"), &text);
    }
}

/// Request id of all published payloads.
const REQUEST_ID: &str = "0190a000-0000-7000-8000-000000000001";

/// Returns the text with each `{name}` replaced by that id of the demo world.
pub fn fill(text: &str) -> String {
    let ids = demo::ids();
    let ids = ids.as_object().unwrap().iter();
    ids.fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id.as_str().unwrap()))
}

/// Returns a person of the demo world, in the form that `/_local/token` takes.
pub fn person(name: &str) -> Value {
    let people = demo::people(&demo::ids());
    people.into_iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no `{name}`")).1
}

fn route(id: &str) -> &'static Route {
    let operations = functions::operations().into_iter().map(|entry| entry.description);
    let mut routes = operations.flat_map(|described| {
        described.routes.iter().map(move |route| (described.operation_id(route), route))
    });
    let found = routes.find(|(known, _)| known == id);
    found.unwrap_or_else(|| panic!("there is no route `{id}`")).1
}
