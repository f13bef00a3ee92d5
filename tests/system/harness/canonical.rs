//! Canonical calls: `events/<operation id>.json`, each a payload that succeeds in the demo world.

use local_stack::demo;
use serde_json::{Value, json};

use crate::golden::file;
use crate::payload::{fill, person};
use crate::{Call, World};

/// A canonical call.
#[derive(Debug, Clone)]
pub struct Canonical {
    /// Area of the operation.
    pub area: &'static str,
    /// Name of the operation.
    pub operation: &'static str,
    /// Operation id of the route.
    pub id: String,
    /// Route key of API Gateway: method and path.
    pub route_key: String,
    /// Whether the call must carry an `Idempotency-Key`.
    pub key_required: bool,
    /// Whether the answer is a page of a list.
    pub paged: bool,
    /// Payload of the call.
    pub payload: Value,
}

/// Returns the canonical calls of all routes.
pub fn all() -> Vec<Canonical> {
    let mut calls = Vec::new();
    for entry in functions::operations() {
        let described = entry.description;
        for route in described.routes {
            let id = described.operation_id(route);
            let path = format!("events/{id}.json");
            let text = std::fs::read_to_string(file(&path));
            let text = text.unwrap_or_else(|_| {
                panic!("{path} is missing: declare the call in its test, and run `UPDATE=1 cargo test`")
            });
            let payload = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
            let (area, operation, route_key) = (entry.area, described.name, route.key());
            let (key_required, paged) = (described.key_required, described.paged);
            calls.push(Canonical { area, operation, id, route_key, key_required, paged, payload });
        }
    }
    calls
}

/// Returns the canonical call of one route.
pub fn one(id: &str) -> Canonical {
    all().into_iter().find(|call| call.id == id).unwrap_or_else(|| panic!("there is no route `{id}`"))
}

/// Returns calls that perform actions at the store that no canonical call performs, each with a name and an addition to
/// its query.
pub fn further() -> Vec<(Canonical, String, &'static str)> {
    let history = |query| {
        (one("query-history-of-partner"), format!("`query-history-of-partner` with `{query}`"), query)
    };
    let message = |name: &str, kind: &str, data: Value| {
        let body = json!({"type": kind, "timestamp": "2026-01-05T09:59:59Z", "data": data});
        (one("receive-store-message").with(&body), format!("`receive-store-message` of {name}"), "")
    };
    let listed = |query| (one("list-entitlements"), format!("`list-entitlements` with `{query}`"), query);
    let by_partner = |id: &str, path: &str| {
        let name = format!("`{id}` by a partner");
        let call = one(id).by("otherPartnerAdmin").at(path);
        let renames = id == "update-customer";
        (if renames { call.with(&json!({"name": "Can A."})) } else { call }, name, "")
    };
    let requests = |who: &str, of: &str| {
        let call = one("list-service-requests").by(who).at("/v1/service-requests");
        (call, format!("`list-service-requests` {of}"), "")
    };
    let erased = |email: &str, of: &str| {
        (one("erase-person").with(&json!({"email": email})), format!("`erase-person` {of}"), "")
    };
    let on_request = |id: &str, rest: &str| {
        let path = format!("/v1/organizations/{{yamada}}/service-requests/{{serviceRequest}}{rest}");
        (one(id).by("partnerAdmin").at(&path), format!("`{id}` by a partner"), "")
    };
    let for_haruto = json!({"subject": "Cameras", "description": "Are silent.", "kind": "question", "primaryContact": "haruto@yamada.example"});
    let manager = json!({"email": "m@yamada.example", "name": "M", "manager": true});
    let manager = one("create-customer-of-organization").with(&manager);
    let lines = |quantity: u64| json!([{"kind": "license", "sku": "edge-storage-1y", "quantity": quantity}]);
    let world_subscription = demo::ids()["subscription"].clone();
    let sold = |name: &str, linked_to: usize| {
        let links = if name == "N-1" { json!([]) } else { json!([linked_to, world_subscription]) };
        json!({"kind": "subscription", "sku": "ER-1", "quantity": 1, "startsAt": "2026-01-05T09:00:00Z", "term": "P1Y",
            "organization": {"externalId": "C-1"}, "externalId": name, "linkedTo": links,
            "contacts": [{"email": "new@yamada.example", "name": "New"}]})
    };
    let all = |id: &str, path: &str| (one(id).at(path), format!("`{id}` without `name`"), "");
    let renewals =
        one("list-partner-subscriptions").at("/v1/partners/{partner}/subscriptions?organizationId={yamada}");
    let misspelled =
        one("list-partner-organizations").at("/v1/partners/{partner}/organizations?name=habrour+hotls");
    vec![
        all("list-partners", "/v1/partners"),
        all("list-organizations", "/v1/organizations"),
        all("list-partner-organizations", "/v1/partners/{partner}/organizations"),
        (misspelled, "`list-partner-organizations` with two misspelled words".to_owned(), ""),
        (renewals, "`list-partner-subscriptions` of an organization".to_owned(), ""),
        history("licenseType=edge-storage-1y"),
        history("licenseType=edge-storage-1y,camera-direct-1y"),
        history("totals=true"),
        history("licenseType=edge-storage-1y,camera-direct-1y&totals=true"),
        history("type=license.assigned"),
        history("customer=%E3%82%84%E3%81%BE%E3%81%A0"),
        listed("organizationId={yamada}"),
        (manager, "`create-customer-of-organization` of a contact manager".to_owned(), ""),
        by_partner("create-customer-of-organization", "/v1/organizations/{bogazici}/customers"),
        by_partner("update-customer", "/v1/customers/{can}"),
        by_partner("remove-customer", "/v1/customers/{can}"),
        requests("partnerAdmin", "of a partner's person"),
        requests("agent", "of a month"),
        (one("list-submit-options").by("customer"), "`list-submit-options` of a customer".to_owned(), ""),
        (one("get-my-summary").by("contactManager"), "`get-my-summary` of a contact manager".to_owned(), ""),
        (one("get-my-summary").by("customer"), "`get-my-summary` of a customer".to_owned(), ""),
        (one("get-my-summary").by("operator"), "`get-my-summary` of an operator".to_owned(), ""),
        (
            one("list-partner-organizations").at("/v1/partners/{partner}/organizations?sort=name"),
            "`list-partner-organizations` by name".to_owned(),
            "",
        ),
        on_request("update-service-request", "/updates"),
        erased("ren@miyako.example", "of a member"),
        erased("yuki@yamada.example", "of a contact manager"),
        (
            one("get-support-dashboard").by("partnerAdmin"),
            "`get-support-dashboard` by a partner".to_owned(),
            "",
        ),
        (
            one("set-notification-preference").by("customer"),
            "`set-notification-preference` of a customer".to_owned(),
            "",
        ),
        (
            one("get-notification-preference").by("partnerMember"),
            "`get-notification-preference` of a partner's member".to_owned(),
            "",
        ),
        on_request("set-service-request-contact", "/contacts/haruto@yamada.example"),
        on_request("remove-service-request-contact", "/contacts/ren@miyako.example"),
        (
            one("open-service-request").with(&for_haruto),
            "`open-service-request` for somebody else".to_owned(),
            "",
        ),
        (
            one("open-service-request").by("customer").with(&for_haruto),
            "`open-service-request` of a customer for somebody else".to_owned(),
            "",
        ),
        (
            one("update-service-request").with(&json!({"status": "solved"})),
            "`update-service-request` that solves".to_owned(),
            "",
        ),
        (
            one("list-contact-candidates").by("customer"),
            "`list-contact-candidates` of a customer".to_owned(),
            "",
        ),
        (
            one("list-service-requests").by("agent").at("/v1/service-requests?unsolved=true"),
            "`list-service-requests` of all that are not solved".to_owned(),
            "",
        ),
        on_request("list-service-request-updates", "/updates"),
        message(
            "an order that is parked",
            "order.placed",
            json!({"orderId": "SO-9", "storeAccount": "ec-9", "lines": lines(1)}),
        ),
        message(
            "an `order.changed` that raises",
            "order.changed",
            json!({"orderId": "SO-2000", "sequence": 1, "lines": lines(11)}),
        ),
        message(
            "an `order.changed` that lowers",
            "order.changed",
            json!({"orderId": "SO-2000", "sequence": 1, "lines": lines(9)}),
        ),
        (one("list-sites").by("partnerMember"), "`list-sites` by a partner".to_owned(), ""),
        message(
            "four subscriptions",
            "order.placed",
            json!({"orderId": "SO-9", "storeAccount": "ec-4711", "lines": [sold("N-1", 0), sold("N-2", 0), sold("N-3", 1), sold("N-4", 2)]}),
        ),
        message(
            "an `order.changed` of a subscription",
            "order.changed",
            json!({"orderId": "SO-4001", "sequence": 1, "lines": [{"kind": "subscription", "sku": "ER-1", "quantity": 11,
                "startsAt": "2026-01-05T09:00:00Z", "term": "P5Y", "organization": {"externalId": "C-4"}, "externalId": "S-5"}]}),
        ),
        message(
            "an `order.cancelled` of four subscriptions",
            "order.cancelled",
            json!({"orderId": "SO-4000"}),
        ),
        message(
            "a `subscription.renewed`",
            "subscription.renewed",
            json!({"subscription": {"externalId": "S-1"}, "endsAt": "2032-01-01T00:00:00Z"}),
        ),
        message(
            "a `subscription.renewed` before its order",
            "subscription.renewed",
            json!({"subscription": {"externalId": "N-9"}, "endsAt": "2032-01-01T00:00:00Z"}),
        ),
        message(
            "a `subscription.transferred`",
            "subscription.transferred",
            json!({"subscription": {"externalId": "S-1"}, "storeAccount": "ec-4712"}),
        ),
        message(
            "a `subscription.usage`",
            "subscription.usage",
            json!({"subscription": {"externalId": "S-1"}, "sequence": 1, "activeUsers": 7}),
        ),
        message(
            "a `subscription.suspended`",
            "subscription.suspended",
            json!({"subscription": {"externalId": "S-1"}, "reason": "Not paid"}),
        ),
        message(
            "a `subscription.resumed`",
            "subscription.resumed",
            json!({"subscription": {"externalId": "S-1"}}),
        ),
        message(
            "a `site.migrated` to a new site",
            "site.migrated",
            json!({"subscription": {"externalId": "S-1"}, "url": "https://new.yamada.example"}),
        ),
        message("an `order.cancelled`", "order.cancelled", json!({"orderId": "SO-2000"})),
        message("an `order.cancelled` of a parked order", "order.cancelled", json!({"orderId": "SO-3000"})),
    ]
}

/// Returns everybody who may try a call, by name, with a token; `nobody` has no token.
pub fn callers(world: &World) -> Vec<(String, Option<String>)> {
    let people = demo::people(&demo::ids());
    let unverified = |role: &str, org: Option<&str>| {
        let mut person = json!({"sub": "u", "email": "u@x.example", "email_verified": false, "role": role});
        if let Some(org) = org {
            person["org"] = world.id(org).into();
            person["manager"] = true.into();
        }
        world.token_of(person)
    };
    let expired = world.token_at(people[0].1.clone(), "2026-01-04T00:00:00Z".parse().unwrap());
    let others = [
        ("expired", expired),
        ("rubbish", "a.b.c".to_owned()),
        ("noRole", world.token_of(json!({"sub": "n", "email": "n@x.example"}))),
        ("unverifiedOperator", unverified("operator", None)),
        ("unverifiedPartnerAdmin", unverified("partner", Some("partner"))),
        ("unverifiedContactManager", unverified("customer", Some("yamada"))),
    ];
    let people = people.into_iter().map(|(name, person)| (name, world.token_of(person)));
    let known = people.chain(others).map(|(name, token)| (name.to_owned(), Some(token)));
    std::iter::once(("nobody".to_owned(), None)).chain(known).collect()
}

impl Canonical {
    /// Returns true if the call only reads.
    pub fn reads(&self) -> bool {
        self.route_key.starts_with("GET ")
    }

    /// Returns true if the call is authorized by a signature instead of a token.
    pub fn signed(&self) -> bool {
        self.payload["headers"]["webhook-signature"].is_string()
    }

    /// Returns true if the call needs no token.
    pub fn open(&self) -> bool {
        self.payload["requestContext"]["authorizer"].is_null()
    }

    /// Returns the call with another body.
    pub fn with(mut self, body: &Value) -> Self {
        self.payload["body"] = body.to_string().into();
        self
    }

    /// Returns the call by another person of the demo world.
    pub fn by(mut self, who: &str) -> Self {
        let person = person(who);
        let claims = &mut self.payload["requestContext"]["authorizer"]["jwt"]["claims"];
        for name in ["sub", "email"] {
            claims[name] = person[name].clone();
        }
        for name in ["role", "org", "manager"] {
            claims[format!("vouchsafe:{name}")] = match &person[name] {
                Value::Bool(manager) => manager.to_string().into(),
                other => other.clone(),
            };
        }
        self
    }

    /// Returns the call with another path, which may contain ids of the demo world, such as `{partner}`.
    pub fn at(mut self, path: &str) -> Self {
        self.payload["rawPath"] = fill(path).into();
        self.payload["rawQueryString"] = "".into();
        self
    }

    /// Returns the path of the call, without its query.
    pub fn path(&self) -> String {
        self.payload["rawPath"].as_str().unwrap_or_default().to_owned()
    }

    /// Returns the body of the call.
    pub fn body(&self) -> Option<Value> {
        self.payload["body"].as_str().map(|body| serde_json::from_str(body).unwrap())
    }

    /// Returns the person whose token the call carries, in the form that `/_local/token` takes.
    pub fn person(&self) -> Value {
        let claims = &self.payload["requestContext"]["authorizer"]["jwt"]["claims"];
        let mut person = serde_json::json!({ "sub": claims["sub"], "email": claims["email"] });
        for name in ["role", "org", "manager"] {
            match &claims[format!("vouchsafe:{name}")] {
                Value::Null => {}
                Value::String(text) if name == "manager" => person[name] = (text == "true").into(),
                value => person[name] = value.clone(),
            }
        }
        person
    }

    /// Returns the call over HTTP with its own token; `query` is added to its own query.
    pub fn call<'a>(&self, world: &'a World, query: &str) -> Call<'a> {
        let call = self.anonymous(world, query);
        if self.open() { call } else { call.token(&world.token_of(self.person())) }
    }

    /// Returns the call with this token, or with none. A write is only validated, so that the first caller does not
    /// affect the next one. A signature is left out, because no token may replace it.
    pub fn tried_by<'a>(&self, world: &'a World, token: Option<&str>) -> Call<'a> {
        let query = if self.reads() || self.signed() { "" } else { "validateOnly=true" };
        let call = self.anonymous(world, query).without("webhook-signature");
        if let Some(token) = token { call.token(token) } else { call }
    }

    /// Returns the call over HTTP without a token. It is signed and proven with the time and the key of the world, and
    /// its `expiresAt` is moved to the time of the world.
    pub fn anonymous<'a>(&self, world: &'a World, query: &str) -> Call<'a> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let queries = [text(&self.payload["rawQueryString"]), query.to_owned()];
        let queries: Vec<_> = queries.into_iter().filter(|query| !query.is_empty()).collect();
        let path = format!("{}?{}", text(&self.payload["rawPath"]), queries.join("&"));
        let method = text(&self.payload["requestContext"]["http"]["method"]);
        let mut call = world.call(&method, path.trim_end_matches('?'));
        let headers = &self.payload["headers"];
        for name in ["content-type", "idempotency-key", "if-match"] {
            if let Some(value) = headers[name].as_str() {
                call = call.header(name, value);
            }
        }
        let mut body = text(&self.payload["body"]);
        if let Some(proof) = self.body().and_then(|body| body["proof"].as_str().map(str::to_owned)) {
            let partner = text(&self.payload["pathParameters"]["partnerId"]);
            let account = text(&self.body().unwrap_or_default()["account"]);
            body = body.replace(&proof, &world.proof(&partner, &account, 900));
        }
        if let Some(time) = self.body().and_then(|body| body["expiresAt"].as_str().map(str::to_owned)) {
            body = body.replace(&time, &world.moved(&time).to_string());
        }
        if self.signed() {
            let id = text(&headers["webhook-id"]);
            let signed = demo::sign(world.id("secret"), &id, world.now(), body.as_bytes()).unwrap();
            call = signed.iter().fold(call, |call, (name, value)| call.header(name, value));
        }
        call.bytes(body.as_bytes())
    }
}
