//! The trait that all operations implement.

use std::fmt::Debug;

use domain::{DeploymentKey, ErrorKind, Role};

use crate::answer::{Failure, Output, Reply};
use crate::context::Context;
use crate::http::body::Body;
use crate::http::caller::Caller;
use crate::http::parameters::Parameters;
use crate::http::route::Route;

/// One operation of the API. It is one Lambda function.
pub trait Operation: Sized + Send + Sync + 'static {
    /// Name in kebab-case, verb first; the same everywhere: module, handler, template and `operationId`.
    const NAME: &'static str;
    /// Summary: imperative, at most ten words, no full stop.
    const SUMMARY: &'static str;
    /// Description for API users in full sentences: permitted roles, effects, limits, events and later jobs.
    const DESCRIPTION: &'static str;
    /// Routes over which the operation is called, and the callers who may use them.
    const ROUTES: &'static [Route];
    /// Timeout and memory of the function.
    const SIZE: Size = Size::USUAL;
    /// Whether a call must carry an `Idempotency-Key`.
    const KEY_REQUIRED: bool = false;
    /// Whether the operation answers 201 when it has created an object.
    const CREATES: bool = false;
    /// Whether a POST accepts `If-Match` with the version of the object that it changes.
    const TAKES_VERSION: bool = Self::Output::VERSIONED && !Self::CREATES;
    /// Whether the operation may answer 202 for a request that takes effect later.
    const DEFERS: bool = false;
    /// Whether the answer is a page of a list.
    const PAGED: bool = false;
    /// Whether the operation derives anything from the deployment key: a page token or a webhook source's secret. The
    /// functions of other operations do not get the key.
    const USES_KEY: bool = Self::PAGED;
    /// Query parameters that take several values: repeated, or separated by commas.
    const LISTS: &'static [&'static str] = &[];
    /// Roles whose writes rely on the token alone, each with the reason. For all other roles the caller's own record is
    /// a condition of the transaction; operators and agents have no record.
    const BY_TOKEN: &'static [(Role, &'static str)] = &[];
    /// Whether also a person may call it whose record is disabled or removed. Everything else is not found for such
    /// a person, whatever its token says.
    const OPEN_TO_INACTIVE: bool = false;
    /// Errors by authority (403), state (409) and rule (422) with which the operation refuses a call, besides those
    /// that all operations share.
    const ERRORS: &'static [ErrorKind] = &[];
    /// Errors that the operation shares with some other operations.
    const SHARED_ERRORS: &'static [ErrorKind] = &[];

    /// Kind of caller.
    type Caller: Caller;
    /// Path parameters.
    type Path: Parameters;
    /// Query parameters, besides those of all lists (`pageSize`, `pageToken`) and writes (`validateOnly`).
    type Query: Parameters;
    /// Request body.
    type Body: Body;
    /// Response body.
    type Output: Output;

    /// Executes the operation. It is called again, with a new `now`, if the table was contended and nothing was
    /// written.
    ///
    /// # Errors
    ///
    /// [`Failure`]; then nothing has changed, unless the outcome is unknown.
    fn execute(
        request: Request<'_, Self>,
    ) -> impl Future<Output = Result<Reply<Self::Output>, Failure>> + Send;

    /// Adds the derived secret, which is never stored, to an answer in its stored form. By default an answer has no
    /// secret.
    ///
    /// # Errors
    ///
    /// Fails if the answer is not one of this operation.
    fn reveal_secrets(_key: &DeploymentKey, answer: String) -> Result<String, serde_json::Error> {
        Ok(answer)
    }
}

/// Timeout and memory of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Timeout in seconds.
    pub seconds: u64,
    /// Memory in megabytes; Lambda provides one vCPU per 1,769 MB.
    pub megabytes: u64,
}

impl Size {
    /// Size of most functions.
    pub const USUAL: Self = Self { seconds: 10, megabytes: 256 };
}

/// Parsed input of a call.
pub(super) struct Input<O: Operation> {
    /// Path parameters.
    pub(super) path: O::Path,
    /// Query parameters.
    pub(super) query: O::Query,
    /// Request body.
    pub(super) body: O::Body,
}

/// One attempt to execute a call.
pub struct Request<'a, O: Operation> {
    /// Table, time, new ids, and the options with which the call is committed.
    pub context: &'a Context<'a>,
    /// Caller of the operation.
    pub caller: &'a O::Caller,
    /// Path parameters.
    pub path: &'a O::Path,
    /// Query parameters.
    pub query: &'a O::Query,
    /// Request body.
    pub body: &'a O::Body,
}

impl<'a, O: Operation> Request<'a, O> {
    pub(super) fn new(context: &'a Context<'a>, caller: &'a O::Caller, input: &'a Input<O>) -> Self {
        let Input { path, query, body } = input;
        Self { context, caller, path, query, body }
    }
}
