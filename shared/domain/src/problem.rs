//! A refusal, as the caller sees it. It holds nothing that is not meant for the caller.

use crate::fault::{At, Fault, Faults};

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The request itself is malformed.
    Shape,
    /// Nobody, or nobody we know, is asking.
    Unauthenticated,
    /// The caller's role never may.
    Forbidden,
    /// The caller's role may, but there is no such thing for this caller.
    NotFound,
    /// `If-Match` names another version.
    Precondition,
    /// The body is larger than is read.
    TooLarge,
    /// The body is of a type that is not read.
    MediaType,
    /// The present state does not allow it.
    State,
    /// A rule does not allow it.
    Rule,
}

/// A reason that an operation has to refuse: by state or by rule. One constant serves the refusal and the API's
/// description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// [`Stage::State`] or [`Stage::Rule`].
    pub stage: Stage,
    /// Stable, kebab-case.
    pub code: &'static str,
    /// One sentence for people.
    pub about: &'static str,
}

impl Reason {
    /// The present state does not allow it.
    pub const fn state(code: &'static str, about: &'static str) -> Self {
        Self { stage: Stage::State, code, about }
    }

    /// A rule does not allow it.
    pub const fn rule(code: &'static str, about: &'static str) -> Self {
        Self { stage: Stage::Rule, code, about }
    }

    /// This reason, at a field of the body.
    pub fn at(&self, steps: &[&dyn std::fmt::Display]) -> Fault {
        Fault::new(At::pointer(steps), self.code, self.about)
    }

    /// The refusal for this reason alone.
    pub fn refuse(&self, steps: &[&dyn std::fmt::Display]) -> Problem {
        Problem::of(self.stage, vec![self.at(steps)])
    }
}

/// A refusal that the caller can understand and act on. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind of refusal this is.
    pub stage: Stage,
    /// Stable, kebab-case: what a program decides by.
    pub code: String,
    /// One sentence for people.
    pub detail: String,
    /// Every fault of this stage.
    pub faults: Vec<Fault>,
}

impl Problem {
    /// A refusal without places.
    pub fn new(stage: Stage, code: &str, detail: impl Into<String>) -> Self {
        Self { stage, code: code.to_owned(), detail: detail.into(), faults: Vec::new() }
    }

    /// All faults that were found in the form of a request.
    pub fn shape(faults: Faults) -> Self {
        let detail = match faults.0.len() {
            1 => "the request has a fault".to_owned(),
            count => format!("the request has {count} faults"),
        };
        Self { faults: faults.0, ..Self::new(Stage::Shape, "invalid-request", detail) }
    }

    /// No such thing, or not for this caller: one and the same answer.
    pub fn not_found() -> Self {
        Self::new(Stage::NotFound, "not-found", "there is no such thing here")
    }

    /// A refusal by state or rule: code and detail are those of the first fault, and all are listed.
    pub fn of(stage: Stage, faults: Vec<Fault>) -> Self {
        let (code, detail) = faults.first().map_or_else(
            || ("refused".to_owned(), "the request is refused".to_owned()),
            |first| match location(&first.at) {
                "" => (first.code.clone(), first.detail.clone()),
                place => (first.code.clone(), format!("{place}: {}", first.detail)),
            },
        );
        Self { stage, code, detail, faults }
    }
}

fn location(at: &At) -> &str {
    match at {
        At::Pointer(path) => path,
        At::Parameter(name) => name,
    }
}
