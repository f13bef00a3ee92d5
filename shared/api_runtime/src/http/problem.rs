//! Refusals as `application/problem+json` (RFC 9457).

use domain::{Fault, Problem, Stage};
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
    /// The kind of refusal in words.
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

/// The HTTP status of a stage, and its title.
pub fn status(stage: Stage) -> (u16, &'static str) {
    match stage {
        Stage::Shape => (400, "The request is malformed"),
        Stage::Unauthenticated => (401, "Not authenticated"),
        Stage::Forbidden => (403, "Not allowed"),
        Stage::NotFound => (404, "Not found"),
        Stage::State => (409, "The present state does not allow it"),
        Stage::Precondition => (412, "Of another version"),
        Stage::TooLarge => (413, "Too large"),
        Stage::MediaType => (415, "Of a type that is not read"),
        Stage::Rule => (422, "A rule does not allow it"),
    }
}

/// As many faults as an answer has room for: nobody mends more at once.
pub const LISTED: usize = 500;

/// A refusal as it is written.
pub fn written(mut problem: Problem, path: &str) -> ProblemDocument {
    let (status, title) = status(problem.stage);
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
        true => {
            (503, "busy", "Busy", "this could not be done in time; try again, with the same Idempotency-Key")
        }
        false => (500, "internal", "Our fault", "something is wrong on our side, and it was noted"),
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
