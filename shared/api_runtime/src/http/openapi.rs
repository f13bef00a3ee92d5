//! The API's description (OpenAPI 3.1), made from the operations' own types.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::body::Body;
use super::problem::{ProblemDocument, STILL_RUNNING};
use super::request::{takes_if_match, takes_validate_only};
use domain::{ErrorKind, Role};

use crate::answer::Output;
use crate::http::operation::{Operation, Size};
use crate::http::route::{Access, Method, Route};

/// What an operation is, without its types.
#[derive(Clone, Copy)]
pub struct Description {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub about: &'static str,
    /// How it is called.
    pub routes: &'static [Route],
    /// Whether a call must carry an `Idempotency-Key`.
    pub key_required: bool,
    /// What its function has.
    pub size: Size,
    /// Whether its function has the deployment's key.
    pub uses_key: bool,
    /// The kinds of callers who write by their token alone, and why.
    pub by_token: &'static [(Role, &'static str)],
    also: &'static [&'static str],
    creates: bool,
    takes_version: bool,
    defers: bool,
    /// Whether its answer is a page of a list.
    pub paged: bool,
    versioned: bool,
    tabular: bool,
    reasons: &'static [ErrorKind],
    path: fn(&mut SchemaGenerator) -> Schema,
    query: fn(&mut SchemaGenerator) -> Schema,
    body: fn(&mut SchemaGenerator) -> Option<Schema>,
    output: fn(&mut SchemaGenerator) -> Schema,
}

impl Description {
    /// The description of an operation.
    pub fn of<O: Operation>() -> Self {
        Self {
            name: O::NAME,
            about: O::ABOUT,
            routes: O::ROUTES,
            key_required: O::KEY_REQUIRED,
            size: O::SIZE,
            uses_key: O::USES_KEY,
            by_token: O::BY_TOKEN,
            also: O::Body::ALSO,
            creates: O::CREATES,
            takes_version: O::TAKES_VERSION,
            defers: O::DEFERS,
            paged: O::PAGED,
            versioned: O::Output::VERSIONED,
            tabular: O::Output::TABULAR,
            reasons: O::ERRORS,
            path: <O::Path as JsonSchema>::json_schema,
            query: <O::Query as JsonSchema>::json_schema,
            body: <O::Body as Body>::schema,
            output: |generator| generator.subschema_for::<O::Output>(),
        }
    }

    /// A route's name among all routes.
    pub fn operation_id(&self, route: &Route) -> String {
        match (route.id, route.owner) {
            (Some(id), _) => id.to_owned(),
            (None, Some(owner)) => format!("{}-of-{owner}", self.name),
            (None, None) => self.name.to_owned(),
        }
    }
}

/// A call that succeeds in the demo world, and its answer.
#[derive(Debug, Clone)]
pub struct Example {
    /// The body that is sent.
    pub request: Option<Value>,
    /// The status of the answer.
    pub status: u16,
    /// The body of the answer.
    pub response: Value,
}

/// The description of all operations, each with its area; `examples` go by operation id.
pub fn document(operations: &[(&str, Description)], examples: &BTreeMap<String, Example>) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<ProblemDocument>();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for (area, description) in operations {
        for route in description.routes {
            let id = description.operation_id(route);
            let described = describe(area, description, route, &mut generator, examples.get(&id));
            let method = route.method.name().to_lowercase();
            paths.entry(route.path).or_default().insert(method, described);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Vouchsafe",
            "version": "1",
            "summary": "The channel backend of a vendor that sells through partners.",
            "description": DESCRIPTION,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "headers": headers(),
            "responses": responses(&problem.to_value()),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "A token of the deployment's issuer. The claims `role` (operator, agent, \
                        partner, customer), `org` and `manager` carry the deployment's prefix.",
                },
            },
        },
    })
}

const DESCRIPTION: &str = "Times are RFC 3339 in UTC, ids a prefix and a UUIDv7, unknown fields faults. \
    Refusals are `application/problem+json` with a stable `code` and every fault in `errors`; a refusal \
    changes nothing. A POST may carry an `Idempotency-Key`: its first effect is remembered for 30 days and \
    answered again. `?validateOnly=true` answers what a write would do, and does nothing.";

fn describe(
    area: &str,
    description: &Description,
    route: &Route,
    generator: &mut SchemaGenerator,
    example: Option<&Example>,
) -> Value {
    let mut described = json!({
        "operationId": description.operation_id(route),
        "summary": description.about,
        "tags": [area],
        "parameters": parameters(description, route, generator),
        "responses": outcomes(description, route, generator, example),
        "security": if route.access.needs_token() { json!([{ "token": [] }]) } else { json!([]) },
    });
    if let Access::Roles(roles) = route.access {
        let roles: Vec<_> = roles.iter().map(|role| role.name()).collect();
        put(&mut described, "description", json!(format!("For: {}.", roles.join(", "))));
    }
    if let Some(schema) = (description.body)(generator) {
        let mut content = json!({ "schema": schema });
        if let Some(request) = example.and_then(|example| example.request.clone()) {
            put(&mut content, "example", request);
        }
        let mut contents = json!({ "application/json": content });
        for media in description.also {
            put(&mut contents, media, json!({ "schema": { "type": "string" } }));
        }
        put(&mut described, "requestBody", json!({ "required": true, "content": contents }));
    }
    described
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(map) = object {
        map.insert(name.to_owned(), value);
    }
}

/// A schema with those it refers to at its first level in it.
fn inlined(schema: fn(&mut SchemaGenerator) -> Schema, generator: &mut SchemaGenerator) -> Value {
    let mut schema = schema(generator).to_value();
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        for choice in choices {
            let name = choice.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
            if let Some(definition) = name.and_then(|name| generator.definitions().get(name)) {
                *choice = definition.clone();
            }
        }
    }
    schema
}

/// The parameters that a schema of an object describes, as far as `is_here` lets them.
fn parameters_of(schema: &Value, place: &str, is_here: &dyn Fn(&str) -> bool) -> Vec<Value> {
    if let Some(Value::Array(choices)) = schema.get("anyOf") {
        let mut parameters: Vec<Value> = Vec::new();
        for parameter in choices.iter().flat_map(|choice| parameters_of(choice, place, is_here)) {
            // What all paths name is one parameter.
            if parameters.iter().all(|known| known.get("name") != parameter.get("name")) {
                parameters.push(parameter);
            }
        }
        return parameters;
    }
    let required = |name: &str| {
        let listed = schema.get("required").and_then(Value::as_array);
        place == "path" || listed.is_some_and(|names| names.iter().any(|listed| listed == name))
    };
    let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut parameters = Vec::new();
    for (name, mut schema) in properties.into_iter().filter(|(name, _)| is_here(name)) {
        let about = match &mut schema {
            Value::Object(map) => map.remove("description"),
            _ => None,
        };
        // An absent parameter is absent: there is no null in a path or query.
        if let Some(Value::Array(choices)) = schema.get("anyOf")
            && let Some(only) = choices.iter().find(|choice| choice.get("type") != Some(&json!("null")))
        {
            schema = only.clone();
        }
        let mut parameter =
            json!({ "name": name, "in": place, "required": required(&name), "schema": schema });
        if let Some(about) = about {
            put(&mut parameter, "description", about);
        }
        parameters.push(parameter);
    }
    parameters
}

fn parameters(description: &Description, route: &Route, generator: &mut SchemaGenerator) -> Vec<Value> {
    let in_path = |name: &str| route.path.contains(&format!("{{{name}}}"));
    let mut parameters = parameters_of(&inlined(description.path, generator), "path", &in_path);
    parameters.extend(parameters_of(&inlined(description.query, generator), "query", &|_| true));
    let mut add = |name: &str, place: &str, required: bool, schema: Value, about: &str| {
        parameters.push(json!({
            "name": name, "in": place, "required": required, "schema": schema, "description": about,
        }));
    };
    if description.paged {
        let size = json!({ "type": "integer", "minimum": 1, "default": 25 });
        add("pageSize", "query", false, size, "How many items at most; more than 100 is 100.");
        add(
            "pageToken",
            "query",
            false,
            json!({ "type": "string" }),
            "The `nextPageToken` of the page before.",
        );
    }
    if takes_validate_only(route) {
        let schema = json!({ "type": "boolean", "default": false });
        add("validateOnly", "query", false, schema, "Whether to answer what would happen, and do nothing.");
    }
    match (route.method, route.access) {
        (_, Access::Signature) => {
            for (name, about) in [
                ("webhook-id", "The same at every attempt to deliver a message."),
                ("webhook-timestamp", "Unix seconds of the attempt, within 5 minutes of our clock."),
                ("webhook-signature", "`v1,<base64 HMAC-SHA256 of id.timestamp.body>`; several, by spaces."),
            ] {
                add(name, "header", true, json!({ "type": "string" }), about);
            }
        }
        (Method::Post, _) => {
            let schema = json!({ "type": "string", "minLength": 1, "maxLength": 255 });
            let about = "Under one key, one request takes effect once; its answer is replayed for 30 days.";
            add("Idempotency-Key", "header", description.key_required, schema, about);
        }
        _ => {}
    }
    if takes_if_match(route, description.takes_version) {
        let about = "The `ETag` of the version that is meant, or `*`.";
        add("If-Match", "header", false, json!({ "type": "string" }), about);
    }
    parameters
}

fn outcomes(
    description: &Description,
    route: &Route,
    generator: &mut SchemaGenerator,
    example: Option<&Example>,
) -> Value {
    let mut outcomes = Map::new();
    let schema = (description.output)(generator);
    let mut success = |status: u16, about: &str, made: bool| {
        let mut content = json!({ "schema": schema });
        if let Some(example) = example.filter(|example| example.status == status) {
            put(&mut content, "example", example.response.clone());
        }
        let mut headers = Map::new();
        let mut carries = |name: &str| {
            headers.insert(name.to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
        };
        if description.tabular {
            carries("Link");
        }
        if made {
            carries("Location");
        }
        if description.versioned && (made || route.method != Method::Post || !description.creates) {
            carries("ETag");
        }
        if route.method == Method::Post && (made || !description.creates) {
            carries("Idempotent-Replayed");
        }
        let mut contents = json!({ "application/json": content });
        if description.tabular {
            put(&mut contents, "text/csv", json!({ "schema": { "type": "string" } }));
        }
        let answer = json!({ "description": about, "headers": headers, "content": contents });
        outcomes.insert(status.to_string(), answer);
    };
    match (description.creates, route.method) {
        (true, Method::Post) => {
            success(201, "Made.", true);
            success(200, "What would be made (`validateOnly`); its id is not kept.", false);
        }
        (true, _) => {
            success(201, "Made.", true);
            success(200, "It is so already; or, with `validateOnly`, what would be made.", false);
        }
        (false, _) => success(200, "Done.", false),
    }
    if description.defers {
        success(202, "Taken; it takes effect later.", true);
    }

    let mut common = vec![("400", "Malformed"), ("429", "Throttled"), ("500", "OurFault"), ("503", "Busy")];
    if route.access.needs_token() {
        common.extend([("401", "NoToken"), ("403", "Forbidden")]);
        // What is somebody's is named in the path, or in the query.
        let asked = parameters_of(&inlined(description.query, generator), "query", &|_| true);
        let names_owner = asked.iter().any(|parameter| parameter["name"] == "organizationId");
        // A party's people write only while they are on its record.
        let by_record =
            matches!(route.access, Access::Roles(roles) if roles.iter().any(|role| !role.is_staff()));
        if route.path.contains('{') || names_owner || (by_record && route.method != Method::Get) {
            common.push(("404", "NotFound"));
        }
    }
    if matches!(route.access, Access::Signature) {
        common.extend([("401", "NotSigned"), ("413", "TooLarge")]);
    }
    if takes_if_match(route, description.takes_version) {
        common.push(("412", "OtherVersion"));
    }
    if takes_validate_only(route) {
        common.extend([("413", "TooLarge"), ("415", "MediaType")]);
    }
    for (status, name) in common {
        outcomes.insert(status.to_owned(), json!({ "$ref": format!("#/components/responses/{name}") }));
    }

    let reused = ErrorKind::rule("idempotency-key-reused", "the key was used for another request");
    let keyed = route.method == Method::Post && route.access.needs_token();
    let mut own: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for reason in description.reasons.iter().chain(keyed.then_some(&reused)) {
        let (status, _) = super::problem::status(reason.kind);
        own.entry(status).or_default().push(format!("`{}`: {}", reason.code, reason.about));
    }
    if let Some(reasons) = own.get_mut(&403) {
        reasons.insert(0, FORBIDDEN.trim_end_matches('.').to_owned());
    }
    let waits = description.reasons.iter().any(|reason| reason.code == STILL_RUNNING);
    for (status, reasons) in own {
        let mut outcome =
            refusal(&reasons.join("; "), &generator.subschema_for::<ProblemDocument>().to_value());
        if waits && status == 409 {
            put(&mut outcome, "headers", json!({ "Retry-After": { "$ref": RETRY_AFTER } }));
        }
        outcomes.insert(status.to_string(), outcome);
    }
    Value::Object(outcomes)
}

const FORBIDDEN: &str = "Your role may never do this.";
const RETRY_AFTER: &str = "#/components/headers/Retry-After";

fn refusal(about: &str, problem: &Value) -> Value {
    json!({ "description": about, "content": { "application/problem+json": { "schema": problem } } })
}

fn headers() -> Value {
    let text = |about: &str| json!({ "description": about, "schema": { "type": "string" } });
    json!({
        "Location": text("Where what was made is."),
        "ETag": text("The version, in quotes, for `If-Match`."),
        "Idempotent-Replayed": text("`true` when this is the first answer to an earlier, equal call."),
        "Link": text("Of a table (`Accept: text/csv`): the page after it, as `rel=\"next\"`."),
        "Retry-After": text("Seconds to wait before trying again."),
    })
}

fn responses(problem: &Value) -> Value {
    let gateway = |about: &str| {
        let schema = json!({ "type": "object", "properties": { "message": { "type": "string" } } });
        json!({ "description": about, "content": { "application/json": { "schema": schema } } })
    };
    let mut busy = refusal("Not done in time, or not known to be: try again, with the same key.", problem);
    put(&mut busy, "headers", json!({ "Retry-After": { "$ref": RETRY_AFTER } }));
    let mut too_large = refusal("The body is larger than is read, or than API Gateway hands on.", problem);
    if let (Some(Value::Object(here)), Some(Value::Object(there))) =
        (too_large.get_mut("content"), gateway("").get("content"))
    {
        here.extend(there.clone());
    }
    json!({
        "Malformed": refusal("The request is malformed; every fault is listed.", problem),
        "NoToken": gateway("No token, or not a good one. Answered by API Gateway."),
        "NotSigned": refusal("No known source signed this message.", problem),
        "Forbidden": refusal(FORBIDDEN, problem),
        "NotFound": refusal("There is no such thing for you.", problem),
        "OtherVersion": refusal("The object is of another version than `If-Match` says.", problem),
        "TooLarge": too_large,
        "MediaType": refusal("The body is of a media type that is not read.", problem),
        "Throttled": gateway("Too many requests. Answered by API Gateway."),
        "OurFault": refusal("Something is wrong on our side.", problem),
        "Busy": busy,
    })
}
