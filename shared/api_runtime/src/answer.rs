//! What an operation answers, or why it does not.

use domain::{Problem, Version};
use schemars::JsonSchema;
use serde::Serialize;

use crate::csv_table::CsvTable;
use crate::table::{self, IdempotencyRecord};

/// What an operation answers.
pub trait Output: Serialize + JsonSchema + Send + Sync + 'static {
    /// Whether it is an object with a version.
    const VERSIONED: bool = false;
    /// Whether it can be had as a table, too.
    const TABULAR: bool = false;

    /// The version of the object it is, for its `ETag`.
    fn version(&self) -> Option<Version> {
        None
    }

    /// It as a table.
    fn csv_table(&self) -> Option<CsvTable> {
        None
    }
}

/// Of what nobody is told.
impl Output for () {}

impl Output for domain::service_request::ServiceRequestUpdate {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.version)
    }
}

impl Output for domain::dashboard::Dashboard {}

macro_rules! versioned {
    ($($name:ty),*) => {
        $(impl Output for $name {
            const VERSIONED: bool = true;

            fn version(&self) -> Option<Version> {
                Some(self.metadata.version)
            }
        })*
    };
}

versioned!(
    domain::AccessRequest,
    domain::Assignment,
    domain::Customer,
    domain::CustomerLink,
    domain::DetailField,
    domain::LicenseType,
    domain::Member,
    domain::Order,
    domain::Organization,
    domain::Partner,
    domain::Product,
    domain::ServiceRequest,
    domain::Source,
    domain::StoreLink
);

/// An answer, not yet written as HTTP.
#[derive(Debug, Clone)]
pub struct Answer<O> {
    /// 200, 201 or 202.
    pub status: u16,
    /// Where what was made is, or what is to take effect.
    pub location: Option<String>,
    /// The body.
    pub body: O,
}

impl<O> Answer<O> {
    /// It is so.
    pub fn ok(body: O) -> Self {
        Self { status: 200, location: None, body }
    }

    /// It was taken, and can be looked for at `location` until it takes effect.
    pub fn accepted(location: String, body: O) -> Self {
        Self { status: 202, location: Some(location), body }
    }

    /// It was made, and is at `location`.
    pub fn created(location: String, body: O) -> Self {
        Self { status: 201, location: Some(location), body }
    }
}

impl<O: Output> Answer<O> {
    /// The body as it is written.
    pub(crate) fn written(&self) -> Result<String, table::Error> {
        serde_json::to_string(&self.body).map_err(|error| table::Error::Internal(error.to_string()))
    }
}

/// What an operation replies with.
#[derive(Debug)]
pub enum Reply<O> {
    /// Its answer to this call.
    Answer(Answer<O>),
    /// The answer that it would give if the call were not only validated.
    Validated(Answer<O>),
    /// The stored answer of an earlier, equal call.
    Replay(Replay),
}

/// The stored answer of an earlier, equal call.
#[derive(Debug)]
pub struct Replay(pub(crate) Box<IdempotencyRecord>);

impl<O> Reply<O> {
    /// Replies with a body, and 200.
    pub fn ok(body: O) -> Self {
        Self::Answer(Answer::ok(body))
    }
}

impl<O> From<Replay> for Reply<O> {
    fn from(replay: Replay) -> Self {
        Self::Replay(replay)
    }
}

/// Why an operation gives no answer of its own.
#[derive(Debug)]
pub enum Failure {
    /// The caller can do something about it.
    Problem(Problem),
    /// The table could not do it.
    Table(table::Error),
}

impl Failure {
    /// The call's idempotency key was used for another request.
    pub(crate) const KEY_REUSED: &str = "idempotency-key-reused";

    /// Whether it is that.
    pub(crate) fn is_key_reused(&self) -> bool {
        let is = |fault: &domain::Fault| fault.code == Self::KEY_REUSED;
        matches!(self, Self::Problem(problem) if problem.faults.iter().any(is))
    }
}

/// By code only: what a caller may read need not be fit for a log.
impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Problem(problem) => f.write_str(&problem.code),
            Self::Table(why) => write!(f, "{why}"),
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<table::Error> for Failure {
    fn from(error: table::Error) -> Self {
        Self::Table(error)
    }
}

/// Answers 404 for what does not exist.
pub trait OrNotFound<T> {
    /// Why there is no such thing to go on with.
    type Error;

    /// The thing.
    ///
    /// # Errors
    ///
    /// 404 if it does not exist; what went wrong if it could not be read.
    fn or_not_found(self) -> Result<T, Self::Error>;
}

impl<T> OrNotFound<T> for Option<T> {
    type Error = Problem;

    fn or_not_found(self) -> Result<T, Problem> {
        self.ok_or_else(Problem::not_found)
    }
}

impl<T, E: Into<Failure>> OrNotFound<T> for Result<Option<T>, E> {
    type Error = Failure;

    fn or_not_found(self) -> Result<T, Failure> {
        Ok(self.map_err(Into::into)?.or_not_found()?)
    }
}

/// A page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct List<T> {
    /// The items.
    pub items: Vec<T>,
    /// Given as `pageToken`, brings the next page. Without it there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

impl<T: Serialize + JsonSchema + Send + Sync + 'static> Output for List<T> {}
