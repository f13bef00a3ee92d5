//! What is answered, written.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use domain::Version;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};

use super::call::Call;
use super::problem::{ProblemDocument, STILL_RUNNING};
use super::sheet;
use crate::context::Environment;
use crate::operation::{Answer, Operation, Output};
use crate::table::{self, IdempotencyRecord};

/// What is written, whatever it is.
pub(super) struct Response {
    status: u16,
    content_type: &'static str,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// The answer to this call.
pub(super) fn fresh<O: Operation>(
    environment: &Environment,
    call: &Call,
    answer: &Answer<O::Output>,
) -> Result<Response, table::Error> {
    if let Some(sheet) = answer.body.sheet().filter(|_| sheet::is_wanted(call)) {
        let next = sheet.next_page_token.as_ref().map(|token| ("link", sheet::link(call, token)));
        let (headers, content_type) = (next.into_iter().collect(), "text/csv; charset=utf-8");
        return Ok(Response { status: answer.status, content_type, headers, body: sheet.written()? });
    }
    let body = answer.written()?;
    let (status, location) = (answer.status, answer.location.clone());
    // What was only tried does not exist: it has no version and no secret.
    let (version, body) = match answer.trial {
        true => (None, body),
        false => (answer.body.version(), reveal::<O>(environment, body)?),
    };
    Ok(success(status, location, version, body, None))
}

/// The answer to an earlier, equal call, to the letter.
pub(super) fn repeated<O: Operation>(
    environment: &Environment,
    record: IdempotencyRecord,
) -> Result<Response, table::Error> {
    let IdempotencyRecord { status, location, version, body, .. } = record;
    let replayed = Some(("idempotent-replayed", "true".to_owned()));
    Ok(success(status, location, version, reveal::<O>(environment, body)?, replayed))
}

fn reveal<O: Operation>(environment: &Environment, body: String) -> Result<String, table::Error> {
    let Some(key) = environment.key.as_ref().filter(|_| O::USES_KEY) else { return Ok(body) };
    // The error may quote what the answer says.
    let foreign = |_| table::Error::Internal("an answer is not of its operation's form".to_owned());
    O::reveal(key, body).map_err(foreign)
}

fn success(
    status: u16,
    location: Option<String>,
    version: Option<Version>,
    body: String,
    replayed: Option<(&'static str, String)>,
) -> Response {
    let location = location.map(|location| ("location", location));
    let version = version.map(|version| ("etag", format!("\"{version}\"")));
    let headers = location.into_iter().chain(version).chain(replayed).collect();
    Response { status, content_type: "application/json", headers, body }
}

pub(super) fn refuse<O: Operation>(
    problem: ProblemDocument,
    party: Option<String>,
) -> ApiGatewayV2httpResponse {
    let seconds = match (problem.status, &*problem.code) {
        (503, _) => Some("1"),
        // Until whoever is at it is no more, or somebody else may be.
        (409, STILL_RUNNING) => Some("60"),
        _ => None,
    };
    let headers = seconds.map(|seconds| ("retry-after", seconds.to_owned())).into_iter().collect();
    // Our own types always serialize.
    let body = serde_json::to_string(&problem).unwrap_or_default();
    let content_type = "application/problem+json";
    write::<O>(Response { status: problem.status, content_type, headers, body }, party, Some(&problem.code))
}

pub(super) fn write<O: Operation>(
    written: Response,
    party: Option<String>,
    code: Option<&str>,
) -> ApiGatewayV2httpResponse {
    tracing::info!(operation = O::NAME, org = party, status = written.status, code, "answered");
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = i64::from(written.status);
    response.headers.insert(CONTENT_TYPE, HeaderValue::from_static(written.content_type));
    response.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in written.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers.insert(HeaderName::from_static(name), value);
        }
    }
    response.body = Some(Body::Text(written.body));
    response
}
