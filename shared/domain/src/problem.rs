//! A refusal, as the caller sees it. It holds nothing that is not meant for the caller.

use crate::fault::{Fault, FaultPointer, Faults};

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// The request itself is malformed.
    Shape,
    /// Nobody, or nobody we know, is asking.
    Unauthenticated,
    /// The caller's role never may, or its level or role is too low for what it may see.
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

/// An error of an operation: by authority, by state or by rule. One constant serves the problem and the API's description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorKind {
    /// The kind of problem that it makes.
    pub kind: ProblemKind,
    /// Stable, kebab-case.
    pub code: &'static str,
    /// One sentence for people.
    pub about: &'static str,
}

impl ErrorKind {
    /// The caller may see the object, and its level or role there is too low.
    pub const fn forbidden(code: &'static str, about: &'static str) -> Self {
        Self { kind: ProblemKind::Forbidden, code, about }
    }

    /// The present state does not allow it.
    pub const fn state(code: &'static str, about: &'static str) -> Self {
        Self { kind: ProblemKind::State, code, about }
    }

    /// A rule does not allow it.
    pub const fn rule(code: &'static str, about: &'static str) -> Self {
        Self { kind: ProblemKind::Rule, code, about }
    }

    /// This error, at a field of the body.
    pub fn at(&self, steps: &[&dyn std::fmt::Display]) -> Fault {
        Fault::new(FaultPointer::pointer(steps), self.code, self.about)
    }

    /// The refusal for this reason alone.
    pub fn refuse(&self, steps: &[&dyn std::fmt::Display]) -> Problem {
        Problem::of(self.kind, vec![self.at(steps)])
    }
}

/// A refusal that the caller can understand and act on. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind of refusal this is.
    pub kind: ProblemKind,
    /// Stable, kebab-case: what a program decides by.
    pub code: String,
    /// One sentence for people.
    pub detail: String,
    /// Every fault of this kind.
    pub faults: Vec<Fault>,
}

impl Problem {
    /// A refusal without places.
    pub fn new(kind: ProblemKind, code: &str, detail: impl Into<String>) -> Self {
        Self { kind, code: code.to_owned(), detail: detail.into(), faults: Vec::new() }
    }

    /// All faults that were found in the form of a request.
    pub fn shape(faults: Faults) -> Self {
        let detail = match faults.0.len() {
            1 => "the request has a fault".to_owned(),
            count => format!("the request has {count} faults"),
        };
        Self { faults: faults.0, ..Self::new(ProblemKind::Shape, "invalid-request", detail) }
    }

    /// No such thing, or not for this caller: one and the same answer.
    pub fn not_found() -> Self {
        Self::new(ProblemKind::NotFound, "not-found", "there is no such thing here")
    }

    /// A refusal by state or rule: code and detail are those of the first fault, and all are listed.
    pub fn of(kind: ProblemKind, faults: Vec<Fault>) -> Self {
        let (code, detail) = faults.first().map_or_else(
            || ("refused".to_owned(), "the request is refused".to_owned()),
            |first| match location(&first.at) {
                "" => (first.code.clone(), first.detail.clone()),
                place => (first.code.clone(), format!("{place}: {}", first.detail)),
            },
        );
        Self { kind, code, detail, faults }
    }
}

fn location(at: &FaultPointer) -> &str {
    match at {
        FaultPointer::Pointer(path) => path,
        FaultPointer::Parameter(name) => name,
    }
}
