//! Problems as `application/problem+json` (RFC 9457).

use domain::{Fault, Problem, ProblemKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Code of the 409 while another call or the scheduled job works on the same object. The caller should retry after a
/// minute, as `Retry-After` says.
pub const STILL_RUNNING_CODE: &str = "still-running";

/// Body of an error response (RFC 9457).
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Problem")]
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
    /// Faults of the request, at most 500. Absent if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
}

/// Returns the HTTP status of a kind of problem, and its reason phrase (RFC 9110, section 15).
pub fn status(kind: ProblemKind) -> (u16, &'static str) {
    match kind {
        ProblemKind::Shape => (400, "Bad Request"),
        ProblemKind::Unauthenticated => (401, "Unauthorized"),
        ProblemKind::Forbidden => (403, "Forbidden"),
        ProblemKind::NotFound => (404, "Not Found"),
        ProblemKind::State => (409, "Conflict"),
        ProblemKind::Precondition => (412, "Precondition Failed"),
        ProblemKind::TooLarge => (413, "Content Too Large"),
        ProblemKind::MediaType => (415, "Unsupported Media Type"),
        ProblemKind::Rule => (422, "Unprocessable Content"),
    }
}

/// Maximum number of faults that a problem lists; no caller corrects more at once.
pub const LISTED: usize = 500;

/// Returns a problem as it is written in the response.
pub fn document(mut problem: Problem, path: &str) -> ProblemDocument {
    let (status, title) = status(problem.kind);
    if problem.faults.len() > LISTED {
        problem.faults.truncate(LISTED);
        problem.detail = format!("{}; the first {LISTED} are listed", problem.detail);
    }
    ProblemDocument {
        r#type: urn(&problem.code),
        title: title.to_owned(),
        status,
        detail: problem.detail,
        instance: path.to_owned(),
        code: problem.code,
        errors: problem.faults,
    }
}

/// Returns the problem for a failure that the caller did not cause: 503 if a retry may succeed, otherwise 500.
pub fn unexpected(try_again: bool, path: &str) -> ProblemDocument {
    let (status, code, title, detail) = match try_again {
        true => (
            503,
            "busy",
            "Service Unavailable",
            "this could not be done in time; try again, with the same Idempotency-Key",
        ),
        false => {
            (500, "internal", "Internal Server Error", "something is wrong on our side, and it was logged")
        }
    };
    ProblemDocument {
        r#type: urn(code),
        title: title.to_owned(),
        status,
        detail: detail.to_owned(),
        instance: path.to_owned(),
        code: code.to_owned(),
        errors: Vec::new(),
    }
}

fn urn(code: &str) -> String {
    format!("urn:vouchsafe:problem:{code}")
}
