//! Responses of a route in the API's description.

use std::collections::BTreeMap;

use domain::ErrorKind;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::description::{Description, Example};
use super::parameters::{inlined, parameters_of, put};
use crate::answer::Failure;
use crate::http::problem::{self, ProblemDocument, STILL_RUNNING_CODE};
use crate::http::request::{takes_if_match, takes_validate_only};
use crate::http::route::{Method, Route, RouteAuth};

pub(super) fn outcomes(
    description: &Description,
    route: &Route,
    generator: &mut SchemaGenerator,
    example: Option<&Example>,
) -> Value {
    let mut outcomes = successes(description, route, generator, example);
    let problem = generator.subschema_for::<ProblemDocument>().to_value();
    let gateway = generator.subschema_for::<GatewayMessage>().to_value();
    let shared = responses(&problem, &gateway);
    for (status, name) in common_refusals(description, route, generator) {
        let recorded = example.and_then(|example| {
            let by_status = || example.refusals.get(&status.parse().ok()?);
            // A fault in the body tells more than an unknown parameter.
            example.problems.get("invalid-request").filter(|_| status == "400").or_else(by_status)
        });
        let outcome = match recorded {
            // The response of the component, with the operation's own example.
            Some(body) => with_example(shared.get(name).cloned().unwrap_or_default(), body),
            None => json!({ "$ref": format!("#/components/responses/{name}") }),
        };
        outcomes.insert(status.to_owned(), outcome);
    }
    for (status, kinds) in own_errors(description, route) {
        let texts = kinds.iter().map(|kind| format!("`{}`: {}", kind.code, kind.about));
        let role = (status == 403).then(|| FORBIDDEN.trim_end_matches('.').to_owned());
        let about = role.into_iter().chain(texts).collect::<Vec<_>>().join("; ");
        let mut outcome = refusal(&about, &problem);
        let mut examples = Map::new();
        if let Some(body) = example.and_then(|example| example.refusals.get(&status)) {
            examples.insert(body.get("code").map(text).unwrap_or_default(), json!({ "value": body }));
        }
        let path = example.map(|example| example.path.as_str()).unwrap_or_default();
        for kind in &kinds {
            let recorded = example.and_then(|example| example.problems.get(kind.code)).cloned();
            let body = recorded.unwrap_or_else(|| problem::example(kind, path));
            examples.insert(kind.code.to_owned(), json!({ "summary": kind.about, "value": body }));
        }
        if let Some(content) = outcome.pointer_mut("/content/application~1problem+json") {
            put(content, "examples", Value::Object(examples));
        }
        if kinds.iter().any(|kind| kind.code == STILL_RUNNING_CODE) {
            add_header(&mut outcome, "Retry-After");
        }
        outcomes.insert(status.to_string(), outcome);
    }
    Value::Object(outcomes)
}

/// Returns the errors by which the operation itself refuses a call of this route, by their status.
fn own_errors(description: &Description, route: &Route) -> BTreeMap<u16, Vec<ErrorKind>> {
    let keyed = route.method == Method::Post && route.access.needs_token();
    let mut own: BTreeMap<u16, Vec<ErrorKind>> = BTreeMap::new();
    for kind in description.errors.into_iter().flatten().chain(keyed.then_some(&Failure::KEY_REUSED)) {
        own.entry(problem::status(kind.kind).0).or_default().push(*kind);
    }
    own
}

/// Returns a response with an example of its body.
fn with_example(mut response: Value, body: &Value) -> Value {
    // Problems have a code; what API Gateway answers itself has none.
    let media = if body.get("code").is_some() { "application~1problem+json" } else { "application~1json" };
    if let Some(content) = response.pointer_mut(&format!("/content/{media}")) {
        put(content, "example", body.clone());
    }
    response
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Error that API Gateway answers itself.
#[derive(JsonSchema)]
pub(super) struct GatewayMessage {
    /// Explanation for people.
    #[expect(dead_code, reason = "only its schema is used")]
    message: String,
}

/// Returns the responses of successful calls, by status.
fn successes(
    description: &Description,
    route: &Route,
    generator: &mut SchemaGenerator,
    example: Option<&Example>,
) -> Map<String, Value> {
    let mut outcomes = Map::new();
    let schema = (description.output)(generator);
    let mut success = |status: u16, about: &str, made: bool| {
        let example = example.and_then(|example| match example.status == status {
            true => Some(&example.response),
            false => example.others.get(&status),
        });
        let answer = success((description, route), &schema, about, made, example);
        outcomes.insert(status.to_string(), answer);
    };
    match (description.creates, route.method) {
        (true, Method::Post) => {
            success(201, "Created.", true);
            success(
                200,
                "With `validateOnly`: the object that would be created. Its id is not reserved.",
                false,
            );
        }
        (true, _) => {
            success(201, "Created.", true);
            success(
                200,
                "The object exists already; or, with `validateOnly`, the one that would be created.",
                false,
            );
        }
        (false, _) if takes_validate_only(route) => {
            success(200, "Done; or, with `validateOnly`, what the call would answer.", false);
        }
        (false, _) => success(200, "Success.", false),
    }
    if description.defers {
        success(202, "Accepted. It takes effect later.", true);
    }
    if route.method == Method::Get && description.versioned {
        let mut headers = request_id_header();
        headers.insert("ETag".to_owned(), json!({ "$ref": "#/components/headers/ETag" }));
        let about = "The caller has the current version, as `If-None-Match` says. There is no body.";
        outcomes.insert("304".to_owned(), json!({ "description": about, "headers": headers }));
    }
    outcomes
}

/// Returns the response of a successful call; `made` tells whether it created an object.
fn success(
    (description, route): (&Description, &Route),
    schema: &schemars::Schema,
    about: &str,
    made: bool,
    example: Option<&Value>,
) -> Value {
    let mut content = json!({ "schema": schema });
    if let Some(example) = example {
        put(&mut content, "example", example.clone());
    }
    let mut headers = request_id_header();
    let mut carries = |name: &str| {
        headers.insert(name.to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
    };
    if description.paged {
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
    json!({ "description": about, "headers": headers, "content": contents })
}

/// Returns the statuses of the error responses that operations share, with the names of their components.
fn common_refusals(
    description: &Description,
    route: &Route,
    generator: &mut SchemaGenerator,
) -> Vec<(&'static str, &'static str)> {
    let mut common = vec![("429", "Throttled"), ("500", "InternalError"), ("503", "Busy")];
    if !matches!(route.access, RouteAuth::Anyone) {
        common.push(("400", "Malformed"));
    }
    if route.access.needs_token() {
        common.extend([("401", "NoToken"), ("403", "Forbidden")]);
        // A call can get 404 if it names an object in its path, or an organization in its query …
        let asked = parameters_of(&inlined(description.query, generator), "query", &|_| true);
        let names_owner = asked.iter().any(|parameter| parameter["name"] == "organizationId");
        // … or if the caller may be a person whose record is disabled or removed. The vendor's staff have none.
        let by_record =
            matches!(route.access, RouteAuth::Roles(roles) if roles.iter().any(|role| !role.is_staff()));
        // … or if it reads what belongs to the caller's e-mail.
        let is_own = route.path.starts_with("/v1/me/");
        if route.path.contains('{') || names_owner || is_own || (by_record && !description.open_to_inactive) {
            common.push(("404", "NotFound"));
        }
    }
    if matches!(route.access, RouteAuth::Signature) {
        common.extend([("401", "NotSigned"), ("413", "TooLarge")]);
    }
    if takes_if_match(route, description.takes_version) {
        common.push(("412", "OtherVersion"));
    }
    if takes_validate_only(route) {
        common.extend([("413", "TooLarge"), ("415", "MediaType")]);
    }
    common
}

const FORBIDDEN: &str = "Your role may not use this operation.";

fn add_header(response: &mut Value, name: &str) {
    if let Some(headers) = response.get_mut("headers") {
        put(headers, name, json!({ "$ref": format!("#/components/headers/{name}") }));
    }
}

/// Returns the header that every answer of a function has.
fn request_id_header() -> Map<String, Value> {
    Map::from_iter([("x-request-id".to_owned(), json!({ "$ref": "#/components/headers/x-request-id" }))])
}

fn refusal(about: &str, problem: &Value) -> Value {
    json!({ "description": about, "headers": request_id_header(), "content": { "application/problem+json": { "schema": problem } } })
}

pub(super) fn headers() -> Value {
    let text = |about: &str| json!({ "description": about, "schema": { "type": "string" } });
    json!({
        "Location": text("Path of the created object."),
        "ETag": text("Version of the object and, of a read, a digest of the answer; to be sent as `If-Match` or `If-None-Match`."),
        "Idempotent-Replayed": text("`true` if this is the stored answer to an earlier, equal call."),
        "Link": text("The next page, as `rel=\"next\"`. Absent on the last page."),
        "x-request-id": text("Id of the request: the caller's own if it was well-formed, otherwise ours."),
        "Retry-After": text("Seconds to wait before a retry. A lease that would refuse the retry has ended by then."),
        "WWW-Authenticate": text("How to authenticate."),
    })
}

pub(super) fn responses(problem: &Value, gateway: &Value) -> Value {
    let refusal = |about: &str, code: &str| {
        let example = problem::common_example(code);
        let content = json!({ "schema": problem, "example": example });
        let headers = request_id_header();
        json!({ "description": about, "headers": headers, "content": { "application/problem+json": content } })
    };
    let gateway = |about: &str, message: &str| {
        let content = json!({ "schema": gateway, "example": { "message": message } });
        json!({ "description": about, "content": { "application/json": content } })
    };
    // What API Gateway answers itself under the same status has another form.
    let also = |mut response: Value, message: &str| {
        if let (Some(Value::Object(here)), Some(Value::Object(there))) =
            (response.get_mut("content"), gateway("", message).get("content"))
        {
            here.extend(there.clone());
        }
        response
    };
    let mut busy = also(
        refusal(
            "The call did not finish in time, or its outcome is unknown: retry with the same key.",
            "busy",
        ),
        "Service Unavailable",
    );
    add_header(&mut busy, "Retry-After");
    let failed = also(refusal("Internal error. It was logged.", "internal"), "Internal Server Error");
    let too_large = also(
        refusal("The body is too large for the operation or for API Gateway.", "body-too-large"),
        "Request Entity Too Large",
    );
    let mut no_token = gateway("The token is missing or invalid. Answered by API Gateway.", "Unauthorized");
    put(&mut no_token, "headers", json!({}));
    add_header(&mut no_token, "WWW-Authenticate");
    let mut not_signed = refusal("The message is not signed by a known webhook source.", "invalid-signature");
    add_header(&mut not_signed, "WWW-Authenticate");
    json!({
        "Malformed": refusal("The request is malformed; `errors` lists every fault.", "invalid-request"),
        "NoToken": no_token,
        "NotSigned": not_signed,
        "Forbidden": refusal(FORBIDDEN, "role-not-allowed"),
        "NotFound": refusal("The object does not exist, or you may not see it.", "not-found"),
        "OtherVersion": refusal("The object has another version than `If-Match` names.", "version-mismatch"),
        "TooLarge": too_large,
        "MediaType":
            refusal("The body has a media type that the operation does not accept.", "unsupported-media-type"),
        "Throttled": gateway("Too many requests. Answered by API Gateway.", "Too Many Requests"),
        "InternalError": failed,
        "Busy": busy,
    })
}
