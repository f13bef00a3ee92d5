//! Results of an operation: its answer, or the failure.

use domain::{ErrorKind, Problem, Version};
use schemars::JsonSchema;
use serde::Serialize;

use crate::csv_table::CsvTable;
use crate::table::{self, IdempotencyRecord};

/// Body of an operation's answer.
pub trait Output: Serialize + JsonSchema + Send + Sync + 'static {
    /// Whether the body is an object with a version, which is sent as its `ETag`.
    const VERSIONED: bool = false;
    /// Whether the body is also available as CSV (`Accept: text/csv`).
    const TABULAR: bool = false;

    /// Returns the version of the object for its `ETag`; `None` if it has none.
    fn version(&self) -> Option<Version> {
        None
    }

    /// Returns the token of the next page; `None` on the last page, and for bodies that are no list.
    fn next_page_token(&self) -> Option<&str> {
        None
    }

    /// Returns the body as a CSV table; `None` if it is not available as one.
    fn csv_table(&self) -> Option<CsvTable> {
        None
    }
}

/// Answer of internal changes, which no caller receives.
impl Output for () {}

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
    domain::PartnerOrganization,
    domain::DetailField,
    domain::LicenseType,
    domain::Order,
    domain::Organization,
    domain::Partner,
    domain::Product,
    domain::Source,
    domain::StoreLink
);

/// Answer of an operation before it is written as HTTP.
#[derive(Debug, Clone)]
pub struct Answer<O> {
    /// HTTP status: 200, 201 or 202.
    pub status: u16,
    /// Path for the `Location` header: of the created object or, with 202, of the object that shows the deferred
    /// effect.
    pub location: Option<String>,
    /// Response body.
    pub body: O,
}

impl<O> Answer<O> {
    /// Returns an answer with status 200.
    pub fn ok(body: O) -> Self {
        Self { status: 200, location: None, body }
    }

    /// Returns an answer with status 202: the request takes effect later, and its progress is found at `location`.
    pub fn accepted(location: String, body: O) -> Self {
        Self { status: 202, location: Some(location), body }
    }

    /// Returns an answer with status 201 for an object that was created at `location`.
    pub fn created(location: String, body: O) -> Self {
        Self { status: 201, location: Some(location), body }
    }
}

impl<O: Output> Answer<O> {
    /// Returns the body as JSON, without derived secrets.
    pub(crate) fn written(&self) -> Result<String, table::Error> {
        serde_json::to_string(&self.body).map_err(|error| table::Error::Internal(error.to_string()))
    }
}

/// Result of an operation that did not fail.
#[derive(Debug)]
pub enum Reply<O> {
    /// Answer to this call.
    Answer(Answer<O>),
    /// Answer that the call would get if it were not only validated (`validateOnly`).
    Validated(Answer<O>),
    /// Stored answer to an earlier, equal call.
    Replay(Replay),
}

/// Stored answer to an earlier, equal call.
#[derive(Debug)]
pub struct Replay(pub(crate) Box<IdempotencyRecord>);

impl<O> Reply<O> {
    /// Replies with a body and status 200.
    pub fn ok(body: O) -> Self {
        Self::Answer(Answer::ok(body))
    }
}

impl<O> From<Replay> for Reply<O> {
    fn from(replay: Replay) -> Self {
        Self::Replay(replay)
    }
}

/// Reason why an operation has no answer.
#[derive(Debug)]
pub enum Failure {
    /// Problem that is sent to the caller.
    Problem(Problem),
    /// Error of the table.
    Table(table::Error),
}

impl Failure {
    /// The call's idempotency key was used for another request.
    pub(crate) const KEY_REUSED: ErrorKind = ErrorKind::rule(
        "idempotency-key-reused",
        "the key was used for another request: send this one with a new key",
    );

    /// The message's `webhook-id` is that of another message.
    pub const WEBHOOK_ID_REUSED: ErrorKind = ErrorKind::rule(
        "webhook-id-reused",
        "another message with this `webhook-id` took effect: send this one with an id of its own",
    );

    /// Returns true if the failure is the problem [`Self::KEY_REUSED`].
    pub(crate) fn is_key_reused(&self) -> bool {
        let is = |fault: &domain::Fault| fault.code == Self::KEY_REUSED.code;
        matches!(self, Self::Problem(problem) if problem.faults.iter().any(is))
    }
}

/// Shows only the code of a problem: its texts are meant for the caller and must not be logged.
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

/// Turns an absent value into the problem 404.
pub trait OrNotFound<T>: Sized {
    /// Error for an absent value, or for one that could not be read.
    type Error;

    /// Returns the value.
    ///
    /// # Errors
    ///
    /// 404 if the value does not exist; the original error if it could not be read.
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
#[schemars(rename = "{T}List")]
pub struct List<T> {
    /// Items of the page, at most `pageSize`. A page may be short or empty although more pages follow.
    pub items: Vec<T>,
    /// Token to send as `pageToken` for the next page. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_page_token: Option<String>,
}

impl<T: Serialize + JsonSchema + Send + Sync + 'static> Output for List<T> {
    fn next_page_token(&self) -> Option<&str> {
        self.next_page_token.as_deref()
    }
}
