//! Responses of a route in the API's description.

use std::collections::BTreeMap;

use domain::ErrorKind;
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::description::{Description, Example};
use super::parameters::{inlined, parameters_of, put};
use crate::http::problem::{ProblemDocument, STILL_RUNNING_CODE};
use crate::http::request::{takes_if_match, takes_validate_only};
use crate::http::route::{Method, Route, RouteAuth};

pub(super) fn outcomes(
    description: &Description,
    route: &Route,
    generator: &mut SchemaGenerator,
    example: Option<&Example>,
) -> Value {
    let mut outcomes = successes(description, route, generator, example);
    for (status, name) in common_refusals(description, route, generator) {
        outcomes.insert(status.to_owned(), json!({ "$ref": format!("#/components/responses/{name}") }));
    }

    let reused =
        ErrorKind::rule("idempotency-key-reused", "the key was used for another request: send a new key");
    let keyed = route.method == Method::Post && route.access.needs_token();
    let mut own: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for reason in description.errors.into_iter().flatten().chain(keyed.then_some(&reused)) {
        let (status, _) = crate::http::problem::status(reason.kind);
        own.entry(status).or_default().push(format!("`{}`: {}", reason.code, reason.about));
    }
    if let Some(reasons) = own.get_mut(&403) {
        reasons.insert(0, FORBIDDEN.trim_end_matches('.').to_owned());
    }
    let waits = description.errors.into_iter().flatten().any(|reason| reason.code == STILL_RUNNING_CODE);
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
        (false, _) => success(200, "Success.", false),
    }
    if description.defers {
        success(202, "Accepted. It takes effect later.", true);
    }
    outcomes
}

/// Returns the statuses of the error responses that operations share, with the names of their components.
fn common_refusals(
    description: &Description,
    route: &Route,
    generator: &mut SchemaGenerator,
) -> Vec<(&'static str, &'static str)> {
    let mut common =
        vec![("400", "Malformed"), ("429", "Throttled"), ("500", "InternalError"), ("503", "Busy")];
    if route.access.needs_token() {
        common.extend([("401", "NoToken"), ("403", "Forbidden")]);
        // A call can get 404 if it names an object in its path, or an organization in its query …
        let asked = parameters_of(&inlined(description.query, generator), "query", &|_| true);
        let names_owner = asked.iter().any(|parameter| parameter["name"] == "organizationId");
        // … or if it writes on the condition that the caller's own record exists. Operators and agents have none.
        let by_record =
            matches!(route.access, RouteAuth::Roles(roles) if roles.iter().any(|role| !role.is_staff()));
        if route.path.contains('{') || names_owner || (by_record && route.method != Method::Get) {
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

const RETRY_AFTER: &str = "#/components/headers/Retry-After";

pub(super) fn refusal(about: &str, problem: &Value) -> Value {
    json!({ "description": about, "content": { "application/problem+json": { "schema": problem } } })
}

pub(super) fn headers() -> Value {
    let text = |about: &str| json!({ "description": about, "schema": { "type": "string" } });
    json!({
        "Location": text("Path of the created object."),
        "ETag": text("Version of the object, in quotes, to be sent as `If-Match`."),
        "Idempotent-Replayed": text("`true` if this is the stored answer to an earlier, equal call."),
        "Link": text("With `Accept: text/csv`: the next page, as `rel=\"next\"`."),
        "Retry-After": text("Seconds to wait before a retry."),
    })
}

pub(super) fn responses(problem: &Value) -> Value {
    let gateway = |about: &str| {
        let schema = json!({ "type": "object", "properties": { "message": { "type": "string" } } });
        json!({ "description": about, "content": { "application/json": { "schema": schema } } })
    };
    let mut busy = refusal(
        "The call did not finish in time, or its outcome is unknown: retry with the same key.",
        problem,
    );
    put(&mut busy, "headers", json!({ "Retry-After": { "$ref": RETRY_AFTER } }));
    let mut too_large = refusal("The body is too large for the operation or for API Gateway.", problem);
    if let (Some(Value::Object(here)), Some(Value::Object(there))) =
        (too_large.get_mut("content"), gateway("").get("content"))
    {
        here.extend(there.clone());
    }
    json!({
        "Malformed": refusal("The request is malformed; `errors` lists every fault.", problem),
        "NoToken": gateway("The token is missing or invalid. Answered by API Gateway."),
        "NotSigned": refusal("The message is not signed by a known webhook source.", problem),
        "Forbidden": refusal(FORBIDDEN, problem),
        "NotFound": refusal("The object does not exist, or you may not see it.", problem),
        "OtherVersion": refusal("The object has another version than `If-Match` names.", problem),
        "TooLarge": too_large,
        "MediaType": refusal("The body has a media type that the operation does not accept.", problem),
        "Throttled": gateway("Too many requests. Answered by API Gateway."),
        "InternalError": refusal("Internal error. It was logged.", problem),
        "Busy": busy,
    })
}
