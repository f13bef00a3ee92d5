//! Problems: rejected requests as the caller sees them. A problem contains nothing that is not meant for the caller.

use crate::fault::{Fault, FaultPointer, Faults};

/// Kind of reason for which a request is rejected. It decides the HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// 400: the request itself is malformed.
    Shape,
    /// 401: the caller is not authenticated.
    Unauthenticated,
    /// 403: the caller's role may never use the operation, or its level or role is too low for an object that it may
    /// see.
    Forbidden,
    /// 404: the object does not exist, or the caller may not see it.
    NotFound,
    /// 412: `If-Match` names another version.
    Precondition,
    /// 413: the body exceeds the size limit.
    TooLarge,
    /// 415: the media type of the body is not supported.
    MediaType,
    /// 409: the present state does not allow the request.
    State,
    /// 422: a business rule does not allow the request.
    Rule,
}

/// Error that an operation reports because of authority, state or a business rule. One constant serves both the
/// problem and the API description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorKind {
    /// Kind of the problem that reports this error.
    pub kind: ProblemKind,
    /// Stable error code in kebab-case.
    pub code: &'static str,
    /// Explanation for people, in one sentence.
    pub about: &'static str,
}

impl ErrorKind {
    /// Creates an error of authority: the caller may see the object, but its level or role there is too low.
    pub const fn forbidden(code: &'static str, about: &'static str) -> Self {
        Self { kind: ProblemKind::Forbidden, code, about }
    }

    /// Creates an error of state: the present state does not allow the request.
    pub const fn state(code: &'static str, about: &'static str) -> Self {
        Self { kind: ProblemKind::State, code, about }
    }

    /// Creates an error of a business rule, which does not allow the request.
    pub const fn rule(code: &'static str, about: &'static str) -> Self {
        Self { kind: ProblemKind::Rule, code, about }
    }

    /// Returns a fault with this error at a field of the body; `steps` are the steps of its JSON pointer.
    pub fn at(&self, steps: &[&dyn std::fmt::Display]) -> Fault {
        Fault::new(FaultPointer::pointer(steps), self.code, self.about)
    }

    /// Returns a problem with this error as its only fault, at a field of the body.
    pub fn refuse(&self, steps: &[&dyn std::fmt::Display]) -> Problem {
        Problem::of(self.kind, vec![self.at(steps)])
    }
}

/// Rejection of a request that the caller can understand and act on. A rejected request has changed nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Kind of the rejection.
    pub kind: ProblemKind,
    /// Stable error code in kebab-case, for programs to act on.
    pub code: String,
    /// Explanation for people, in one sentence.
    pub detail: String,
    /// All faults of this kind.
    pub faults: Vec<Fault>,
}

impl Problem {
    /// The object does not exist, or the caller may not see it.
    pub const NOT_FOUND: ErrorKind = ErrorKind {
        kind: ProblemKind::NotFound,
        code: "not-found",
        about: "there is no such object, or you may not see it",
    };

    /// Creates a problem without faults.
    pub fn new(kind: ProblemKind, code: &str, detail: impl Into<String>) -> Self {
        Self { kind, code: code.to_owned(), detail: detail.into(), faults: Vec::new() }
    }

    /// Creates the problem that lists all faults in the form of a request.
    pub fn shape(faults: Faults) -> Self {
        Self::listing(ProblemKind::Shape, "invalid-request", faults)
    }

    /// Creates a problem that lists faults under a code of its own. A single one stands in the detail.
    pub fn listing(kind: ProblemKind, code: &str, faults: Faults) -> Self {
        let detail = match faults.0.as_slice() {
            [fault] => fault.sentence(),
            several => format!("the request has {} faults, listed in `errors`", several.len()),
        };
        Self { faults: faults.0, ..Self::new(kind, code, detail) }
    }

    /// Creates the problem of an object that does not exist or that the caller may not see. Both cases get the same
    /// answer.
    pub fn not_found() -> Self {
        Self::new(ProblemKind::NotFound, Self::NOT_FOUND.code, Self::NOT_FOUND.about)
    }

    /// Creates a problem from its faults, of which it lists all. Its code and detail are those of the first one.
    pub fn of(kind: ProblemKind, faults: Vec<Fault>) -> Self {
        let (code, detail) = match faults.as_slice() {
            [] => ("refused".to_owned(), "the request is refused".to_owned()),
            [fault] => (fault.code.clone(), fault.sentence()),
            [first, others @ ..] => {
                let detail = format!("{} (`errors` lists {} more)", first.sentence(), others.len());
                (first.code.clone(), detail)
            }
        };
        Self { kind, code, detail, faults }
    }
}
