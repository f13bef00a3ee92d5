//! Writes results as HTTP responses.

use std::io::Write;

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Version;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use super::call::Call;
use super::problem::{ProblemDocument, STILL_RUNNING_CODE};
use crate::answer::{self, Answer, Output, Reply};
use crate::context::Environment;
use crate::http::operation::Operation;
use crate::table::{self, IdempotencyRecord};

/// A response of any kind, before it is converted to API Gateway's format.
pub(super) struct Response {
    pub(super) status: u16,
    /// Code of the problem; `None` for a success.
    pub(super) code: Option<String>,
    /// Media type of the body; `None` without a body.
    content_type: Option<&'static str>,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// Number of characters of the digest in an `ETag`.
pub(super) const DIGEST_LENGTH: usize = 11;

impl Response {
    /// Returns the response for a reply.
    pub(super) fn of_reply<O: Operation>(
        environment: &Environment,
        call: &Call,
        reply: Reply<O::Output>,
    ) -> Result<Self, table::Error> {
        match reply {
            Reply::Answer(answer) => Self::of_answer::<O>(environment, call, &answer),
            // An object that was only validated may not exist, so its version, location and secrets are left out.
            Reply::Validated(answer) => Ok(Self::success(answer.status, Vec::new(), answer.written()?)),
            Reply::Replay(answer::Replay(record)) => Self::of_replay::<O>(environment, *record),
        }
    }

    fn of_answer<O: Operation>(
        environment: &Environment,
        call: &Call,
        answer: &Answer<O::Output>,
    ) -> Result<Self, table::Error> {
        let mut headers = Vec::new();
        if let Some(token) = answer.body.next_page_token() {
            headers.push(("link", next_link(call, token)));
        }
        if wants_csv(call)
            && let Some(table) = answer.body.csv_table()
        {
            let body =
                table.written().ok_or_else(|| table::Error::Internal("a table has a gap".to_owned()))?;
            let content_type = Some("text/csv; charset=utf-8");
            return Ok(Self { status: answer.status, code: None, content_type, headers, body });
        }
        headers.extend(answer.location.clone().map(|location| ("location", location)));
        let body = reveal_secrets::<O>(environment, answer.written()?)?;
        if let Some(version) = answer.body.version() {
            let reads = call.route_key.starts_with("GET ");
            // The body of a read also depends on the reader and on other objects, so the version does not identify it.
            let etag = match reads {
                true => format!("\"{version}.{}\"", digest(&body)),
                false => etag(version),
            };
            let unchanged = reads && is_among(&etag, call.header("if-none-match").unwrap_or_default());
            headers.push(("etag", etag));
            if unchanged {
                return Ok(Self {
                    status: 304,
                    code: None,
                    content_type: None,
                    headers,
                    body: String::new(),
                });
            }
        }
        Ok(Self::success(answer.status, headers, body))
    }

    /// Returns the stored answer to an earlier, equal call, unchanged.
    fn of_replay<O: Operation>(
        environment: &Environment,
        record: IdempotencyRecord,
    ) -> Result<Self, table::Error> {
        let IdempotencyRecord { status, location, version, body, .. } = record;
        let location = location.map(|location| ("location", location));
        let version = version.map(|version| ("etag", etag(version)));
        let replayed = ("idempotent-replayed", "true".to_owned());
        let headers = location.into_iter().chain(version).chain([replayed]).collect();
        Ok(Self::success(status, headers, reveal_secrets::<O>(environment, body)?))
    }

    fn success(status: u16, headers: Vec<(&'static str, String)>, body: String) -> Self {
        Self { status, code: None, content_type: Some("application/json"), headers, body }
    }

    /// Returns the response that is a problem, given the number of seconds after which a repeat of the call works.
    pub(super) fn of_problem(problem: &ProblemDocument, retry_after: u64) -> Self {
        let header = match (problem.status, &*problem.code) {
            (503, _) | (409, STILL_RUNNING_CODE) => Some(("retry-after", retry_after.to_string())),
            // No authentication scheme is registered for signed messages; this name is for people.
            (401, _) => Some(("www-authenticate", "StandardWebhooks".to_owned())),
            _ => None,
        };
        Self {
            status: problem.status,
            code: Some(problem.code.clone()),
            content_type: Some("application/problem+json"),
            headers: header.into_iter().collect(),
            // A problem always serializes.
            body: serde_json::to_string(problem).unwrap_or_default(),
        }
    }

    /// Returns the response in API Gateway's format.
    pub(super) fn written(self, call: &Call) -> ApiGatewayV2httpResponse {
        let mut response = ApiGatewayV2httpResponse::default();
        response.status_code = i64::from(self.status);
        response.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let request_id = ("x-request-id", call.request_id().to_owned());
        for (name, value) in self.headers.into_iter().chain([request_id]) {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers.insert(HeaderName::from_static(name), value);
            }
        }
        let Some(content_type) = self.content_type else { return response };
        response.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        response.headers.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
        let mut body = self.body;
        // A line of a terminal ends with it.
        if !body.ends_with('\n') {
            body.push('\n');
        }
        if body.len() <= COMPRESSED_FROM {
            response.body = Some(Body::Text(body));
            return response;
        }
        response.body = Some(match accepts_gzip(call).then(|| gzip(&body)).flatten() {
            Some(compressed) => {
                response.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                response.is_base64_encoded = true;
                Body::Binary(compressed)
            }
            None => Body::Text(body),
        });
        response
    }
}

/// Size in bytes above which a body is compressed.
const COMPRESSED_FROM: usize = 1024;

fn gzip(body: &str) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body.as_bytes()).ok()?;
    encoder.finish().ok()
}

fn reveal_secrets<O: Operation>(environment: &Environment, body: String) -> Result<String, table::Error> {
    let Some(key) = environment.key.as_ref().filter(|_| O::USES_KEY) else { return Ok(body) };
    // The deserialization error may quote the answer, which must not be logged.
    let foreign = |_| table::Error::Internal("an answer is not of its operation's form".to_owned());
    O::reveal_secrets(key, body).map_err(foreign)
}

fn etag(version: Version) -> String {
    format!("\"{version}\"")
}

fn digest(body: &str) -> String {
    let digest = Sha256::digest(body.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.iter().take(DIGEST_LENGTH * 6 / 8).copied().collect::<Vec<_>>())
}

/// Returns true if `If-None-Match` names this `ETag` (RFC 9110, section 13.1.2: weak comparison).
fn is_among(etag: &str, if_none_match: &str) -> bool {
    let mut listed = if_none_match.split(',').map(str::trim);
    listed.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == etag)
}

/// Returns the value and the weight of each part of a header such as `Accept` (RFC 9110, section 12.4.2).
fn weighted(header: &str) -> impl Iterator<Item = (String, f32)> {
    header.split(',').map(|part| {
        let mut parts = part.split(';').map(|part| part.trim().to_ascii_lowercase());
        let value = parts.next().unwrap_or_default();
        let weight =
            parts.find_map(|part| part.strip_prefix("q=").map(|weight| weight.parse().unwrap_or(0.0)));
        (value, weight.unwrap_or(1.0))
    })
}

fn accepts_gzip(call: &Call) -> bool {
    let accepted: Vec<_> = weighted(call.header("accept-encoding").unwrap_or_default()).collect();
    let weight = |name: &str| accepted.iter().find(|(coding, _)| coding == name).map(|(_, weight)| *weight);
    weight("gzip").or(weight("*")).is_some_and(|weight| weight > 0.0)
}

/// Returns true if a call prefers CSV to JSON (RFC 9110, section 12.5.1).
fn wants_csv(call: &Call) -> bool {
    let (mut table, mut json) = (0.0, 0.0);
    for (media, weight) in weighted(call.header("accept").unwrap_or_default()) {
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
