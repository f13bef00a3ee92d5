//! What an operation is: the one pattern that all of them follow.

use std::fmt::Debug;

use domain::{DeploymentKey, ErrorKind, Role};

use crate::answer::{Failure, Output, Reply};
use crate::context::Context;
use crate::http::body::Body;
use crate::http::caller::Caller;
use crate::http::parameters::Parameters;
use crate::http::route::Route;

/// One thing the system does. It is one Lambda function.
pub trait Operation: Sized + Send + Sync + 'static {
    /// Its name everywhere: kebab-case, verb-noun.
    const NAME: &'static str;
    /// What it does, in a sentence.
    const ABOUT: &'static str;
    /// How it is called, and by whom.
    const ROUTES: &'static [Route];
    /// What its function has.
    const SIZE: Size = Size::USUAL;
    /// Whether a call must carry an `Idempotency-Key`.
    const KEY_REQUIRED: bool = false;
    /// Whether it answers 201 when it has made something.
    const CREATES: bool = false;
    /// Whether a POST may say by `If-Match` which version of an object it means to change.
    const TAKES_VERSION: bool = Self::Output::VERSIONED && !Self::CREATES;
    /// Whether it answers 202 when it has taken what can take effect only later.
    const DEFERS: bool = false;
    /// Whether its answer is a page of a list.
    const PAGED: bool = false;
    /// Whether its function derives anything from the deployment's key: a page token, a webhook source's secret. Without,
    /// its function has no key.
    const USES_KEY: bool = Self::PAGED;
    /// The kinds of callers who write by their token alone, and why. To everybody else's writes the caller's own record is a
    /// condition of the transaction; the vendor's staff have none.
    const BY_TOKEN: &'static [(Role, &'static str)] = &[];
    /// The reasons by state (409) and rule (422) for which it, beside what all operations do, refuses.
    const ERRORS: &'static [ErrorKind] = &[];
    /// Those of a rule that it shares with other operations.
    const SHARED_ERRORS: &'static [ErrorKind] = &[];

    /// Who calls.
    type Caller: Caller;
    /// What the path names.
    type Path: Parameters;
    /// What the query asks, beside what all lists and writes know.
    type Query: Parameters;
    /// What the body says.
    type Body: Body;
    /// What it answers.
    type Output: Output;

    /// Does it. Called again, with a new `now`, when the table was contended and nothing was written.
    ///
    /// # Errors
    ///
    /// [`Failure`]; nothing has changed then, unless the outcome is unknown.
    fn execute(
        request: Request<'_, Self>,
    ) -> impl Future<Output = Result<Reply<Self::Output>, Failure>> + Send;

    /// Adds to an answer, as it is written and kept, the secret that is derived and never kept with it.
    ///
    /// # Errors
    ///
    /// When the answer is not this operation's.
    fn reveal_secrets(_key: &DeploymentKey, answer: String) -> Result<String, serde_json::Error> {
        Ok(answer)
    }
}

/// What a function has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// How long it may take, in seconds.
    pub seconds: u64,
    /// Its memory in megabytes; Lambda gives it a processor for every 1,769.
    pub megabytes: u64,
}

impl Size {
    /// What most have.
    pub const USUAL: Self = Self { seconds: 10, megabytes: 256 };
}

/// What a call says, parsed.
pub(super) struct Input<O: Operation> {
    /// From the path.
    pub(super) path: O::Path,
    /// From the query.
    pub(super) query: O::Query,
    /// From the body.
    pub(super) body: O::Body,
}

/// One attempt at a call.
pub struct Request<'a, O: Operation> {
    /// The table, the time, new ids, and how the call is to be committed.
    pub context: &'a Context<'a>,
    /// Who calls.
    pub caller: &'a O::Caller,
    /// From the path.
    pub path: &'a O::Path,
    /// From the query.
    pub query: &'a O::Query,
    /// From the body.
    pub body: &'a O::Body,
}

impl<'a, O: Operation> Request<'a, O> {
    pub(super) fn new(context: &'a Context<'a>, caller: &'a O::Caller, input: &'a Input<O>) -> Self {
        let Input { path, query, body } = input;
        Self { context, caller, path, query, body }
    }
}
