//! Description of the API (OpenAPI 3.1), generated from the types of the operations.

mod description;
mod parameters;
mod responses;

use std::collections::BTreeMap;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::http::problem::ProblemDocument;
use crate::http::route::{Route, RouteAuth};
use parameters::{parameters, put};
use responses::{headers, outcomes, responses};

pub use description::{Description, Example};

/// Returns the description of all operations, each given with its area; `examples` are keyed by operation id. `areas`
/// are given in reading order, each with a sentence about it.
pub fn document(
    areas: &[(&str, &str)],
    operations: &[(&str, Description)],
    examples: &BTreeMap<String, Example>,
) -> Value {
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
    let tag = |(area, about): &(&str, &str)| json!({ "name": in_words(area), "description": about });
    let tags: Vec<Value> = areas.iter().map(tag).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Vouchsafe",
            "version": "1",
            "summary": "The channel backend of a vendor that sells through partners.",
            "description": DESCRIPTION,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/", "description": "The deployment that serves this document." }],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas(generator.take_definitions(true)),
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

const DESCRIPTION: &str = "Times are RFC 3339 in UTC. Ids are a prefix and a UUIDv7. Unknown fields are faults. \
    Errors are `application/problem+json` (RFC 9457) with a stable `code` and every fault in `errors`; a call \
    that fails changes nothing. A POST may carry an `Idempotency-Key`: its answer is stored for 30 days and \
    replayed. With `?validateOnly=true` a write is only checked, and answers what it would do.";

/// Returns the schemas with each closed set of words as an `enum`, which generators turn into one; the meaning of each
/// word goes into the description.
fn schemas(mut schemas: Map<String, Value>) -> Map<String, Value> {
    for schema in schemas.values_mut() {
        let Some(words) = schema.get("oneOf").and_then(Value::as_array) else { continue };
        let Some(names) = words.iter().map(|word| word.get("const").cloned()).collect::<Option<Vec<_>>>()
        else {
            continue;
        };
        let about =
            |value: &Value| value.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        let meanings =
            words.iter().zip(&names).map(|(word, name)| format!("- `{}`: {}", text(name), about(word)));
        let description = format!("{}\n\n{}", about(schema), meanings.collect::<Vec<_>>().join("\n"));
        *schema = json!({ "type": "string", "enum": names, "description": description });
    }
    schemas
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Returns the name of an area in words: `service_requests` becomes "Service requests".
fn in_words(area: &str) -> String {
    let words = area.replace('_', " ");
    let mut letters = words.chars();
    let initial = letters.next().map(|letter| letter.to_ascii_uppercase());
    initial.into_iter().chain(letters).collect()
}

fn describe(
    area: &str,
    description: &Description,
    route: &Route,
    generator: &mut SchemaGenerator,
    example: Option<&Example>,
) -> Value {
    let mut described = json!({
        "operationId": description.operation_id(route),
        "summary": description.summary,
        "description": description.description,
        "tags": [in_words(area)],
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
            put(&mut contents, media, json!({ "schema": { "type": "string" } }));
        }
        put(&mut described, "requestBody", json!({ "required": true, "content": contents }));
    }
    described
}
