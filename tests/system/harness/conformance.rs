//! Checks that every call of the tests is as the API's description says: each answer, and each request that succeeded.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

use crate::Reply;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../functions/src/service/openapi.json")).unwrap()
});

/// The description, to whose schemas the validators refer.
static REGISTRY: LazyLock<Registry<'static>> =
    LazyLock::new(|| Registry::new().add("urn:api", DOCUMENT.clone()).unwrap().prepare().unwrap());

/// Validators by the place of their schema in the description. Each is compiled once per process.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

fn validator(place: &str) -> Arc<Validator> {
    let mut validators = VALIDATORS.lock().unwrap();
    let compile = || {
        let schema = json!({ "$ref": format!("urn:api#{place}") });
        let options = jsonschema::options().with_registry(&REGISTRY).should_validate_formats(true);
        Arc::new(options.build(&schema).unwrap_or_else(|error| panic!("{place}: {error}")))
    };
    validators.entry(place.to_owned()).or_insert_with(compile).clone()
}

/// A request, as it is compared with the description.
pub struct Sent<'a> {
    /// Method.
    pub method: &'a str,
    /// Path with its query.
    pub path: &'a str,
    /// Headers.
    pub headers: &'a [(String, String)],
    /// Body.
    pub body: &'a [u8],
}

/// Asserts that the answer to a request, and the request if it succeeded, are as the description says.
pub fn assert_described(sent: &Sent<'_>, reply: &Reply) {
    let (path, query) = sent.path.split_once('?').unwrap_or((sent.path, ""));
    let Some((template, operation)) = operation(sent.method, path) else { return };
    let place = format!("/paths/{}/{}", escaped(template), sent.method.to_lowercase());
    let call = format!("{} {}", sent.method, sent.path);
    assert_answer(&call, &place, operation, reply);
    if reply.status >= 400 && is_problem(reply) {
        assert_codes(&call, reply);
    }
    // An import reports the cells that it refuses, and a message of an unknown type is ignored whatever its data.
    let lenient = reply.body["refused"].as_u64().is_some_and(|rows| rows > 0)
        || reply.body["outcome"] == "ignored"
        || reply.header("idempotent-replayed").is_some();
    for failure in reply.body["failures"].as_array().into_iter().flatten() {
        let code = &failure["code"];
        assert!(
            is_listed("ErrorCode", code) || is_listed("FaultCode", code),
            "{call}: {code} is in no catalogue"
        );
    }
    if (200..300).contains(&reply.status) && !lenient {
        assert_request(&call, &place, operation, sent, query);
    }
}

fn is_problem(reply: &Reply) -> bool {
    reply.header("content-type") == Some("application/problem+json")
}

/// Returns the id of the operation that the description has for a call.
pub fn operation_id(method: &str, path: &str) -> Option<&'static str> {
    operation(method, path.split('?').next()?)?.1["operationId"].as_str()
}

/// Returns the operation that the description has for a call, with the template of its path.
fn operation(method: &str, path: &str) -> Option<(&'static str, &'static Value)> {
    let matches = |template: &str| {
        let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        let same = |(wanted, given): (&&str, &&str)| wanted.starts_with('{') || wanted == given;
        template.len() == path.len() && template.iter().zip(&path).all(same)
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let (template, item) = paths.iter().find(|(template, _)| matches(template))?;
    Some((template, item.get(method.to_lowercase())?))
}

/// Escapes a step of a JSON pointer in a URI.
fn escaped(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1").replace('{', "%7B").replace('}', "%7D")
}

/// Asserts that the status, the headers and the body of an answer are described.
fn assert_answer(call: &str, place: &str, operation: &Value, reply: &Reply) {
    let status = reply.status.to_string();
    let mut place = format!("{place}/responses/{status}");
    let mut described = &operation["responses"][&status];
    assert!(!described.is_null(), "{call}: {status} is not described: {}", reply.body);
    if let Some(reference) = described["$ref"].as_str() {
        place = reference.trim_start_matches('#').to_owned();
        described = DOCUMENT.pointer(&place).unwrap();
    }
    for name in
        ["ETag", "Location", "Link", "Retry-After", "Idempotent-Replayed", "WWW-Authenticate", "x-request-id"]
    {
        let is_described = described["headers"][name].is_object();
        assert!(
            reply.header(&name.to_lowercase()).is_none() || is_described,
            "{call}: `{name}` is not described"
        );
    }
    if [403, 409, 422].contains(&reply.status) && is_problem(reply) {
        let about = described["description"].as_str().unwrap();
        let is_common = ["role-not-allowed", "unknown-caller"].contains(&reply.code());
        assert!(
            is_common || about.contains(&format!("`{}`", reply.code())),
            "{call}: `{}` is not described",
            reply.code()
        );
    }
    let Some(content_type) = reply.header("content-type") else {
        assert!(described["content"].is_null() && reply.bytes.is_empty(), "{call}: no body");
        return;
    };
    let media = content_type.split(';').next().unwrap();
    assert!(described["content"][media].is_object(), "{call}: {status} with {media} is not described");
    if media.ends_with("json") {
        // API Gateway's own answers have none.
        let by_a_function = reply.header("x-request-id").is_some();
        assert!(reply.bytes.ends_with(b"\n") || !by_a_function, "{call}: no newline at the end");
        let place = format!("{place}/content/{}/schema", escaped(media));
        assert_valid(&format!("the answer {status} to {call}"), &place, &reply.body);
    }
}

/// Returns true if a catalogue of codes in the description lists a code.
fn is_listed(catalogue: &str, code: &Value) -> bool {
    let about = DOCUMENT["components"]["schemas"][catalogue]["description"].as_str().unwrap();
    about.contains(&format!("- `{}` (", code.as_str().unwrap()))
}

/// Asserts that the codes of a problem are in the catalogue, and that its title is the reason phrase (RFC 9110, section 15).
fn assert_codes(call: &str, reply: &Reply) {
    let code = &reply.body["code"];
    assert!(is_listed("ErrorCode", code), "{call}: `{code}` is not in the catalogue of error codes");
    for fault in reply.body["errors"].as_array().into_iter().flatten() {
        let known = is_listed(if reply.status == 400 { "FaultCode" } else { "ErrorCode" }, &fault["code"])
            || code == "invalid-message" && is_listed("FaultCode", &fault["code"]);
        assert!(known, "{call}: {} is not in the catalogue", fault["code"]);
    }
    let phrase = match reply.status {
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        other => http::StatusCode::from_u16(other).unwrap().canonical_reason().unwrap(),
    };
    assert_eq!(
        (&reply.body["status"], &reply.body["title"]),
        (&json!(reply.status), &json!(phrase)),
        "{call}"
    );
    assert_eq!(reply.body["requestId"].as_str(), reply.header("x-request-id"), "{call}");
}

/// Asserts that a request that succeeded is one that the description allows.
fn assert_request(call: &str, place: &str, operation: &Value, sent: &Sent<'_>, query: &str) {
    let given =
        |name: &str| sent.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let mut values: HashMap<String, Vec<String>> = HashMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
        values.entry(name).or_default().push(value);
    }
    // A list may be repeated parameters, or values separated by commas.
    let mut query: HashMap<String, String> =
        values.into_iter().map(|(name, values)| (name, values.join(","))).collect();
    for (index, parameter) in operation["parameters"].as_array().into_iter().flatten().enumerate() {
        if parameter["$ref"].is_string() {
            continue;
        }
        let name = parameter["name"].as_str().unwrap();
        let value = match parameter["in"].as_str().unwrap() {
            "query" => query.remove(name),
            "header" => given(&name.to_lowercase()),
            _ => path_parameter(place, sent.path, name),
        };
        let Some(value) = value else {
            // A call that is only validated uses no key.
            let excused = name == "Idempotency-Key" && sent.path.contains("validateOnly=true");
            assert!(parameter["required"] != true || excused, "{call}: `{name}` is not required");
            continue;
        };
        let schema = &parameter["schema"];
        let value = match schema["type"].as_str() {
            Some("array") => value.split(',').collect(),
            Some("integer" | "boolean") => serde_json::from_str(&value).unwrap(),
            _ => json!(value),
        };
        assert_valid(&format!("`{name}` of {call}"), &format!("{place}/parameters/{index}/schema"), &value);
    }
    // Operations that need no token ignore unknown parameters.
    let ignores = operation["security"].as_array().is_some_and(Vec::is_empty);
    assert!(query.is_empty() || ignores, "{call}: {query:?} is not described");
    let media = given("content-type").unwrap_or_else(|| "application/json".to_owned());
    if media.starts_with("application/json")
        && operation["requestBody"].is_object()
        && let Ok(body) = serde_json::from_slice(sent.body)
    {
        let place = format!("{place}/requestBody/content/application~1json/schema");
        assert_valid(&format!("the body of {call}"), &place, &body);
    }
}

/// Returns the value of a parameter of the path, decoded.
fn path_parameter(place: &str, path: &str, name: &str) -> Option<String> {
    let template = place.split('/').nth(2)?.replace("~1", "/").replace("%7B", "{").replace("%7D", "}");
    let path = path.split('?').next()?;
    let bound = local_stack::gateway::bind(&template, path)?;
    bound.get(name).cloned()
}

fn assert_valid(what: &str, place: &str, value: &Value) {
    let validator = validator(place);
    if !validator.is_valid(value) {
        let errors = validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path()));
        panic!("{what} is not as described: {:#?}\n{value}", errors.collect::<Vec<_>>());
    }
}
