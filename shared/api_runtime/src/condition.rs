//! What conditions of a change mean to the caller.

use std::fmt::Display;

use domain::{ErrorKind, Fault, ProblemKind, Version};

use crate::table::idempotency::IdempotencyRecord;

/// What a condition that failed means to the caller; in the order in which a caller learns of it.
#[derive(Debug)]
pub enum ConditionFailure {
    /// To this caller there is no such thing.
    NotFound,
    /// The call took effect before; this is its stored answer.
    Replay(IdempotencyRecord),
    /// Something that was read has changed since: the operation is retried from its beginning.
    Stale,
    /// The object has another version than `If-Match` names.
    VersionMismatch,
    /// What the call wants is so already.
    AlreadyDone,
    /// State or a rule forbids it.
    Rejected(ProblemKind, Fault),
    /// It cannot fail, unless this very call took effect before: a new id exists only when the demo world, whose ids are
    /// counted, is made again.
    Impossible,
}

impl ConditionFailure {
    /// Rejected for a reason that concerns a field of the body.
    pub fn rejected(reason: &ErrorKind, steps: &[&dyn Display]) -> Self {
        Self::Rejected(reason.kind, reason.at(steps))
    }

    /// Rejected because somebody else has the value of a field, and names who: only for callers who may see them.
    pub fn held_by(reason: &ErrorKind, owner: impl Display, steps: &[&dyn Display]) -> Self {
        let fault = reason.at(steps);
        Self::by_state(Fault { detail: format!("{}: `{owner}`", fault.detail), ..fault })
    }

    /// Rejected by state, with a detail of its own.
    pub fn by_state(fault: Fault) -> Self {
        Self::Rejected(ProblemKind::State, fault)
    }
}

/// The versions that `If-Match` allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMatch {
    /// Any version of an object that exists.
    Any,
    /// This version.
    Version(Version),
}

impl IfMatch {
    pub(crate) fn allows(self, version: Version) -> bool {
        match self {
            Self::Any => true,
            Self::Version(meant) => meant == version,
        }
    }
}
