//! What the system does by itself.

use std::time::Duration;

use domain::{Author, AuthorKind};
use serde::Serialize;

use crate::answer::Failure;
use crate::context::{CallOptions, Context, Environment};

/// Something that is done every minute, by nobody's call. It is one Lambda function.
pub trait Scheduled: Sized + Send + Sync + 'static {
    /// Its name everywhere: kebab-case, verb-noun.
    const NAME: &'static str;
    /// What it does, in a sentence.
    const ABOUT: &'static str;

    /// Does it, and counts what it did. It may be stopped at any instant, when its time is up; the next run goes on.
    ///
    /// # Errors
    ///
    /// [`Failure`]; what was done before is done.
    fn execute(
        environment: &Environment,
        report: &mut RunReport,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RunReport {
    /// How many things were due and are done.
    pub done: u64,
    /// How many are left to the next run, because somebody else is at them or they take long.
    pub left: u64,
    /// How many could not be done: they are put back, and the log says why.
    pub failed: u64,
}

impl Environment {
    /// What one attempt has that nobody called for: its events are the system's own.
    pub fn system_context(&self, name: &str) -> Context<'_> {
        let author = Author { kind: AuthorKind::System, id: name.to_owned(), email: None };
        Context { options: CallOptions { author: Some(author), ..CallOptions::default() }, ..self.context() }
    }
}

/// Runs it for as long as there is time.
pub(crate) async fn run<S: Scheduled>(
    environment: &Environment,
    remaining: Duration,
) -> Result<RunReport, String> {
    let mut report = RunReport::default();
    let finished = tokio::time::timeout(remaining, S::execute(environment, &mut report)).await;
    let RunReport { done, left, failed } = report;
    match finished {
        Ok(Ok(())) if report == RunReport::default() => {
            tracing::debug!(operation = S::NAME, "nothing was due")
        }
        Ok(Ok(())) => tracing::info!(operation = S::NAME, done, left, failed, "ran"),
        Ok(Err(why)) => {
            tracing::error!(operation = S::NAME, done, failed, %why, "could not go on");
            return Err(format!("could not go on after {done} done, {failed} failed; the log says why"));
        }
        Err(_) => {
            tracing::warn!(operation = S::NAME, done, left, failed, "out of time, the next run goes on")
        }
    }
    // Lambda keeps the record of a run that fails.
    match failed {
        0 if finished.is_err() && done == 0 => Err("out of time before anything was done".to_owned()),
        0 => Ok(report),
        _ => Err(format!("{failed} things that are due could not be done; the log says why")),
    }
}
