//! Meaning of a change's failed conditions for the caller.

use std::fmt::Display;

use domain::{ErrorKind, Fault, ProblemKind, Version};

use crate::table::idempotency::IdempotencyRecord;

/// Meaning of a failed condition for the caller. The variants are in the order of their precedence, except that a
/// rejections with [`ProblemKind::NotFound`] and [`ProblemKind::Forbidden`] come directly after [`Self::NotFound`].
#[derive(Debug)]
pub enum ConditionFailure {
    /// The object does not exist, or the caller may not see it.
    NotFound,
    /// An answer is stored under the call's key: the call already took effect or, if the requests differ, the key was
    /// used for another one.
    Replay(IdempotencyRecord),
    /// Something that was read has changed since; the operation is retried from the start.
    Stale,
    /// The version of the object is not one that `If-Match` allows. This is its version; `None` if it does not exist.
    VersionMismatch(Option<Version>),
    /// The wanted state already exists.
    AlreadyDone,
    /// The caller's authority, the state or a rule does not allow the change.
    Rejected(ProblemKind, Fault),
    /// The condition cannot fail unless the call already took effect: an entity with a new id exists only if the demo
    /// world, whose ids are counted, is loaded again.
    Impossible,
}

impl ConditionFailure {
    /// Rejects the change for an error at a field of the body.
    pub fn rejected(reason: &ErrorKind, steps: &[&dyn Display]) -> Self {
        Self::Rejected(reason.kind, reason.at(steps))
    }

    /// Rejects the change because somebody else has the value of a field, and names the owner; only for callers who may
    /// see the owner.
    pub fn held_by(reason: &ErrorKind, owner: impl Display, steps: &[&dyn Display]) -> Self {
        let fault = reason.at(steps);
        Self::by_state(Fault { detail: format!("{}: `{owner}`", fault.detail), ..fault })
    }

    /// Rejects the change by state, with a fault that has a detail of its own.
    pub fn by_state(fault: Fault) -> Self {
        Self::Rejected(ProblemKind::State, fault)
    }
}

/// Versions of an object that `If-Match` allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMatch {
    /// Any version, if the object exists.
    Any,
    /// Exactly this version.
    Version(Version),
}

impl IfMatch {
    /// Returns whether a version is among those that it allows.
    pub fn allows(self, version: Version) -> bool {
        match self {
            Self::Any => true,
            Self::Version(meant) => meant == version,
        }
    }
}
