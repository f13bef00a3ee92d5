//! Parameters of a route in the API's description.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::description::Description;
use crate::http::request::{takes_if_match, takes_validate_only};
use crate::http::route::{Method, Route, RouteAuth};

pub(super) fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(map) = object {
        map.insert(name.to_owned(), value);
    }
}

/// Returns a schema in which the references among its alternatives (`anyOf`) are replaced by the schemas they refer to.
pub(super) fn inlined(schema: fn(&mut SchemaGenerator) -> Schema, generator: &mut SchemaGenerator) -> Value {
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

/// Returns the parameters that the schema of an object describes, of those whose names `is_here` accepts.
pub(super) fn parameters_of(schema: &Value, place: &str, is_here: &dyn Fn(&str) -> bool) -> Vec<Value> {
    if let Some(Value::Array(choices)) = schema.get("anyOf") {
        let mut parameters: Vec<Value> = Vec::new();
        for parameter in choices.iter().flat_map(|choice| parameters_of(choice, place, is_here)) {
            // A parameter that several alternatives have is listed once.
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
        // A path or query has no null: an optional parameter is left out.
        if let Some(Value::Array(choices)) = schema.get("anyOf")
            && let Some(only) = choices.iter().find(|choice| choice.get("type") != Some(&json!("null")))
        {
            schema = only.clone();
        }
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|one| one != "null");
        }
        if let Some([only]) = schema.get("type").and_then(Value::as_array).map(Vec::as_slice) {
            let only = only.clone();
            put(&mut schema, "type", only);
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

pub(super) fn parameters(
    description: &Description,
    route: &Route,
    generator: &mut SchemaGenerator,
) -> Vec<Value> {
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
        add(
            "pageSize",
            "query",
            false,
            size,
            "Maximum number of items in the page. Values above 100 count as 100.",
        );
        add(
            "pageToken",
            "query",
            false,
            json!({ "type": "string" }),
            "`nextPageToken` of the previous page.",
        );
    }
    if takes_validate_only(route) {
        let schema = json!({ "type": "boolean", "default": false });
        add("validateOnly", "query", false, schema, "Only checks the call, and answers what it would do.");
    }
    match (route.method, route.access) {
        (_, RouteAuth::Signature) => {
            for (name, about) in [
                ("webhook-id", "Id of the message, the same at every delivery attempt."),
                ("webhook-timestamp", "Unix time of the attempt in seconds, at most 5 minutes off."),
                (
                    "webhook-signature",
                    "`v1,<base64 HMAC-SHA256 of id.timestamp.body>`; several are separated by spaces.",
                ),
            ] {
                let most = if name == "webhook-id" { 255 } else { 4096 };
                add(
                    name,
                    "header",
                    true,
                    json!({ "type": "string", "minLength": 1, "maxLength": most }),
                    about,
                );
            }
        }
        (Method::Post, _) => {
            let schema = json!({ "type": "string", "pattern": "^[ -~]{1,255}$" });
            let about = "Makes retries safe: a request takes effect once per key, and its answer is replayed for 30 days.";
            add("Idempotency-Key", "header", description.key_required, schema, about);
        }
        _ => {}
    }
    if takes_if_match(route, description.takes_version) {
        let about = "`ETag` of the version that the call is meant for, or `*` for any version.";
        let schema = json!({ "type": "string", "pattern": IF_MATCH });
        add("If-Match", "header", false, schema, about);
    }
    if route.method == Method::Get && description.versioned {
        let about =
            "`ETag` of the version that the caller has; if it is still the current one, the answer is 304.";
        add("If-None-Match", "header", false, json!({ "type": "string" }), about);
    }
    parameters.push(json!({ "$ref": "#/components/parameters/RequestId" }));
    parameters
}

/// Pattern of `If-Match`: `*`, or an `ETag` as an answer has it.
const IF_MATCH: &str = r#"^(\*|"(0|[1-9][0-9]*)(\.[A-Za-z0-9_-]{11})?")$"#;
