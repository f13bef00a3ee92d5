//! Refusals as `application/problem+json` (RFC 9457).

use domain::{Fault, Problem, ProblemKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The code of 409 while another call, or the timer, is at it: to be asked again in a minute, as `Retry-After` says.
pub const STILL_RUNNING: &str = "still-running";

/// A refusal as it is written.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename = "Problem")]
pub struct ProblemDocument {
    /// A URN made of the code.
    pub r#type: String,
    /// The reason phrase of the HTTP status; what happened stands in `detail`.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// This refusal in words.
    pub detail: String,
    /// The path of the request.
    pub instance: String,
    /// Stable, kebab-case: what a program decides by.
    pub code: String,
    /// Every fault, where there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
}

/// The HTTP status of a kind of problem, and its reason phrase (RFC 9110, 15).
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

/// As many faults as an answer has room for: nobody mends more at once.
pub const LISTED: usize = 500;

/// A refusal as it is written.
pub fn written(mut problem: Problem, path: &str) -> ProblemDocument {
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

/// What a caller learns of what is not its doing: to try again, or that we are at fault.
pub fn ours(try_again: bool, path: &str) -> ProblemDocument {
    let (status, code, title, detail) = match try_again {
        true => (
            503,
            "busy",
            "Service Unavailable",
            "this could not be done in time; try again, with the same Idempotency-Key",
        ),
        false => {
            (500, "internal", "Internal Server Error", "something is wrong on our side, and it was noted")
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
