//! Problems as `application/problem+json` (RFC 9457).

use domain::{ErrorKind, Fault, Problem, ProblemKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::Call;
use crate::answer::Failure;

/// Code of the 409 while another call or the scheduled job works on the same object. The caller should retry when its
/// lease has ended, as `Retry-After` says.
pub const STILL_RUNNING_CODE: &str = "still-running";

/// Body of an error response (RFC 9457).
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Problem", rename_all = "camelCase")]
pub struct ProblemDocument {
    /// URN of the kind of problem: `urn:vouchsafe:problem:` and the code.
    pub r#type: String,
    /// Reason phrase of the HTTP status; `detail` says what happened.
    pub title: String,
    /// HTTP status of the response.
    pub status: u16,
    /// Explanation of this occurrence of the problem, for people.
    pub detail: String,
    /// Path of the request.
    pub instance: String,
    /// Stable code of the problem in kebab-case, for programs.
    pub code: String,
    /// Id of the request, also in the header `x-request-id`; the log has it, too.
    pub request_id: String,
    /// Faults of the request, at most 500. Absent if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
}

/// Returns the HTTP status of a kind of problem, and its reason phrase.
pub fn status(kind: ProblemKind) -> (u16, &'static str) {
    let status = match kind {
        ProblemKind::Shape => 400,
        ProblemKind::Unauthenticated => 401,
        ProblemKind::Forbidden => 403,
        ProblemKind::NotFound => 404,
        ProblemKind::State => 409,
        ProblemKind::Precondition => 412,
        ProblemKind::TooLarge => 413,
        ProblemKind::MediaType => 415,
        ProblemKind::Rule => 422,
    };
    (status, reason_phrase(status))
}

/// Codes of problems that do not depend on the operation, with their status and meaning.
pub const COMMON_CODES: &[(u16, &str, &str)] = &[
    (400, "idempotency-key-missing", "the operation requires an `Idempotency-Key`"),
    (400, "invalid-request", "the request is malformed; `errors` has every fault"),
    (
        401,
        "invalid-signature",
        "the message is not signed by a known webhook source; `detail` says what is wrong",
    ),
    (403, "role-not-allowed", "the operation is not for the caller's role"),
    (403, "unknown-caller", "the claims of the token do not describe a caller; `detail` says which"),
    (404, Problem::NOT_FOUND.code, Problem::NOT_FOUND.about),
    (412, "version-mismatch", "the object has another version than `If-Match` names"),
    (413, "body-too-large", "the body is too large for the operation"),
    (415, "unsupported-charset", "the body must be sent in UTF-8, and a table in UTF-8 or UTF-16"),
    (415, "unsupported-media-type", "the operation does not take the media type of the body"),
    (422, Failure::KEY_REUSED.code, Failure::KEY_REUSED.about),
    (500, "internal", "an error on our side, which was logged"),
    (503, "busy", "the call did not finish in time, or its outcome is unknown: retry with the same key"),
];

/// Maximum number of faults that a problem lists; no caller corrects more at once.
pub const LISTED: usize = 500;

/// Returns a problem as it is written in the response to a call.
pub fn document(mut problem: Problem, call: &Call) -> ProblemDocument {
    let (status, title) = status(problem.kind);
    if problem.faults.len() > LISTED {
        problem.detail =
            format!("there are {} faults, of which `errors` lists {LISTED}", problem.faults.len());
        problem.faults.truncate(LISTED);
    }
    ProblemDocument {
        r#type: urn(&problem.code),
        title: title.to_owned(),
        status,
        detail: problem.detail,
        instance: call.path.clone(),
        code: problem.code,
        request_id: call.request_id().to_owned(),
        errors: problem.faults,
    }
}

/// Returns the problem for a failure that the caller did not cause: 503 if a retry may succeed, otherwise 500.
pub fn unexpected(try_again: bool, call: &Call) -> ProblemDocument {
    let (status, code, detail) = match try_again {
        true => (503, "busy", "this could not be done in time: retry with the same Idempotency-Key"),
        false => (500, "internal", "something is wrong on our side, and it was logged"),
    };
    ProblemDocument {
        r#type: urn(code),
        title: reason_phrase(status).to_owned(),
        status,
        detail: detail.to_owned(),
        instance: call.path.clone(),
        code: code.to_owned(),
        request_id: call.request_id().to_owned(),
        errors: Vec::new(),
    }
}

/// Returns an example of a problem with this error, in the answer to a call of `path`.
pub(super) fn example(kind: &ErrorKind, path: &str) -> Value {
    let (status, title) = status(kind.kind);
    written_example((status, title, kind.code, kind.about), path)
}

/// Returns an example of a problem with one of the [`COMMON_CODES`].
pub(super) fn common_example(code: &str) -> Value {
    let Some((status, code, about)) = COMMON_CODES.iter().find(|(_, known, _)| *known == code) else {
        return Value::Null;
    };
    written_example((*status, reason_phrase(*status), code, about), "/v1/partners")
}

fn written_example((status, title, code, about): (u16, &str, &str, &str), path: &str) -> Value {
    json!({
        "type": urn(code),
        "title": title,
        "status": status,
        "detail": about,
        "instance": path,
        "code": code,
        "requestId": "JKJaXmPLvHcESHA",
    })
}

/// Returns the reason phrase of an HTTP status that problems have (RFC 9110, section 15).
fn reason_phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

fn urn(code: &str) -> String {
    format!("urn:vouchsafe:problem:{code}")
}
