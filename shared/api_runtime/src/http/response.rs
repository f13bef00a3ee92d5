//! Writes results as HTTP responses.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use domain::Version;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};

use super::call::Call;
use super::problem::{ProblemDocument, STILL_RUNNING_CODE};
use crate::answer::{self, Answer, Output, Reply};
use crate::context::Environment;
use crate::http::operation::Operation;
use crate::table::{self, IdempotencyRecord};

/// A response of any kind, before it is converted to API Gateway's format.
pub(super) struct Response {
    status: u16,
    content_type: &'static str,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// Returns the response for a reply.
pub(super) fn written<O: Operation>(
    environment: &Environment,
    call: &Call,
    reply: Reply<O::Output>,
) -> Result<Response, table::Error> {
    match reply {
        Reply::Answer(answer) => written_answer::<O>(environment, call, &answer),
        // An object that was only validated may not exist, so its version, location and secrets are left out.
        Reply::Validated(answer) => Ok(success(answer.status, None, None, answer.written()?, None)),
        Reply::Replay(answer::Replay(record)) => replayed::<O>(environment, *record),
    }
}

fn written_answer<O: Operation>(
    environment: &Environment,
    call: &Call,
    answer: &Answer<O::Output>,
) -> Result<Response, table::Error> {
    if let Some(table) = answer.body.csv_table().filter(|_| wants_csv(call)) {
        let next = table.next_page_token.as_ref().map(|token| ("link", next_link(call, token)));
        let (headers, content_type) = (next.into_iter().collect(), "text/csv; charset=utf-8");
        let body = table.written().ok_or_else(|| table::Error::Internal("a table has a gap".to_owned()))?;
        return Ok(Response { status: answer.status, content_type, headers, body });
    }
    let body = reveal_secrets::<O>(environment, answer.written()?)?;
    Ok(success(answer.status, answer.location.clone(), answer.body.version(), body, None))
}

/// Returns the stored answer to an earlier, equal call, unchanged.
fn replayed<O: Operation>(
    environment: &Environment,
    record: IdempotencyRecord,
) -> Result<Response, table::Error> {
    let IdempotencyRecord { status, location, version, body, .. } = record;
    let replayed = Some(("idempotent-replayed", "true".to_owned()));
    Ok(success(status, location, version, reveal_secrets::<O>(environment, body)?, replayed))
}

fn reveal_secrets<O: Operation>(environment: &Environment, body: String) -> Result<String, table::Error> {
    let Some(key) = environment.key.as_ref().filter(|_| O::USES_KEY) else { return Ok(body) };
    // The deserialization error may quote the answer, which must not be logged.
    let foreign = |_| table::Error::Internal("an answer is not of its operation's form".to_owned());
    O::reveal_secrets(key, body).map_err(foreign)
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

pub(super) fn problem_response<O: Operation>(
    problem: ProblemDocument,
    party: Option<String>,
) -> ApiGatewayV2httpResponse {
    let seconds = match (problem.status, &*problem.code) {
        (503, _) => Some("1"),
        // By then the other call has ended, or its lease has expired and the work can be resumed.
        (409, STILL_RUNNING_CODE) => Some("60"),
        _ => None,
    };
    let headers = seconds.map(|seconds| ("retry-after", seconds.to_owned())).into_iter().collect();
    // A problem always serializes.
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

/// Returns true if a call prefers CSV to JSON (RFC 9110, section 12.5.1).
fn wants_csv(call: &Call) -> bool {
    let (mut table, mut json) = (0.0, 0.0);
    for range in call.header("accept").unwrap_or_default().split(',') {
        let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
        let media = parts.next().unwrap_or_default();
        let weight =
            parts.find_map(|part| part.strip_prefix("q=").map(|weight| weight.parse::<f32>().unwrap_or(0.0)));
        let weight = weight.unwrap_or(1.0);
        match media.as_str() {
            // Among equal weights the first one in the header wins.
            "text/csv" | "text/*" if weight > json => table = weight.max(table),
            "application/json" | "application/*" | "*/*" => json = weight.max(json),
            _ => {}
        }
    }
    table > 0.0 && table >= json
}

/// Returns the `Link` header that points to the next page (RFC 8288).
fn next_link(call: &Call, next_page_token: &str) -> String {
    let asked = form_urlencoded::parse(call.query.as_bytes()).filter(|(name, _)| name != "pageToken");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(asked).append_pair("pageToken", next_page_token);
    format!("<{}?{}>; rel=\"next\"", call.path, query.finish())
}
