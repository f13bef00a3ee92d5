//! Description of the API (OpenAPI 3.1), generated from the types of the operations.

mod catalogue;
mod description;
mod parameters;
mod responses;
mod schemas;

use std::collections::BTreeMap;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::http::problem::ProblemDocument;
use crate::http::route::{Route, RouteAuth};
use parameters::{parameters, put};
use responses::{GatewayMessage, headers, outcomes, responses};

pub use catalogue::{ListedCode, fault_codes, problem_codes};
pub use description::{Description, Example};

/// Area of the API: a folder of operations.
#[derive(Debug, Clone, Copy)]
pub struct Area {
    /// Name of the folder.
    pub name: &'static str,
    /// Name for API users, in words.
    pub title: &'static str,
    /// One sentence about the area.
    pub about: &'static str,
}

/// Returns the description of all operations, each given with its area; `examples` are keyed by operation id. `areas`
/// are given in reading order.
pub fn document(
    areas: &[Area],
    operations: &[(&str, Description)],
    examples: &BTreeMap<String, Example>,
) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<ProblemDocument>();
    let gateway = generator.subschema_for::<GatewayMessage>();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for (area, description) in operations {
        for route in description.routes {
            let id = description.operation_id(route);
            let title = areas.iter().find(|known| known.name == *area).map_or(*area, |area| area.title);
            let described = describe(title, description, route, &mut generator, examples.get(&id));
            let method = route.method.name().to_lowercase();
            paths.entry(route.path).or_default().insert(method, described);
        }
    }
    let tag = |area: &Area| json!({ "name": area.title, "description": area.about });
    let tags: Vec<Value> = areas.iter().map(tag).collect();
    let described: Vec<Description> = operations.iter().map(|(_, description)| *description).collect();
    let mut named = schemas::shaped(generator.take_definitions(true));
    catalogue::add_to(&mut named, &described);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": info(),
        "servers": [
            { "url": "/", "description": "The deployment that serves this document." },
        ],
        "security": [{ "token": [] }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": named,
            "headers": headers(),
            "parameters": { "RequestId": request_id() },
            "responses": responses(&problem.to_value(), &gateway.to_value()),
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
    });
    schemas::pruned(&mut document);
    document
}

fn info() -> Value {
    json!({
        "title": "Vouchsafe",
        "version": "1",
        "summary": "The channel backend of a vendor that sells through partners.",
        "description": DESCRIPTION,
        "contact": { "name": "The operators of this deployment" },
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    })
}

/// Returns the header of all requests by which the caller names the request.
fn request_id() -> Value {
    json!({
        "name": "x-request-id",
        "in": "header",
        "required": false,
        "schema": { "type": "string", "pattern": "^[A-Za-z0-9._:-]{1,128}$" },
        "description": "Id by which the caller knows the request; the answer and the log repeat it.",
    })
}

const DESCRIPTION: &str = "Times are RFC 3339: requests and messages take any offset, and answers are in UTC with \
    milliseconds. \
    Ids are a prefix and a UUIDv7. Unknown fields are faults. \
    Errors are `application/problem+json` (RFC 9457) with a stable `code` (see the schema `ErrorCode`) and \
    every fault in `errors`; a call that fails changes nothing. A POST may carry an `Idempotency-Key`: its \
    answer is stored for 30 days and replayed. With `?validateOnly=true` a write is only checked, and \
    answers what it would do. Every answer of a function has an `x-request-id`; an answer above 1 KB is \
    compressed if `Accept-Encoding` has `gzip`. Clients must ignore fields, codes and event types that they \
    do not know.";

fn describe(
    area: &str,
    description: &Description,
    route: &Route,
    generator: &mut SchemaGenerator,
    example: Option<&Example>,
) -> Value {
    let mut described = json!({
        "operationId": description.operation_id(route),
        "summary": route.summary.unwrap_or(description.summary),
        "description": description.description,
        "tags": [area],
        "parameters": parameters(description, route, generator),
        "responses": outcomes(description, route, generator, example),
        "security": if route.access.needs_token() { json!([{ "token": [] }]) } else { json!([]) },
    });
    if let RouteAuth::Roles(roles) = route.access {
        let roles: Vec<_> = roles.iter().map(|role| role.name()).collect();
        let text = format!("{}\n\nFor: {}.", description.description, roles.join(", "));
        put(&mut described, "description", json!(text));
    }
    if let Some(schema) = (description.body)(generator) {
        let mut content = json!({ "schema": schema });
        if let Some(request) = example.and_then(|example| example.request.clone()) {
            put(&mut content, "example", request);
        }
        let mut contents = json!({ "application/json": content });
        for media in description.also {
            put(&mut contents, media, json!({ "schema": { "type": "string", "format": "binary" } }));
        }
        put(&mut described, "requestBody", json!({ "required": true, "content": contents }));
    }
    described
}
