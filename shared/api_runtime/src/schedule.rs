//! Scheduled work: operations that run without a caller.

use std::time::Duration;

use domain::{Author, AuthorKind};
use serde::Serialize;

use crate::answer::Failure;
use crate::context::caller::Identity;
use crate::context::{CallOptions, CallerSource, Context, Environment};

/// Work that the schedule starts every minute, without a caller. It is one Lambda function.
pub trait Scheduled: Sized + Send + Sync + 'static {
    /// Name in kebab-case, verb first; the same everywhere: module, handler and template.
    const NAME: &'static str;
    /// Summary: imperative, at most ten words, no full stop.
    const SUMMARY: &'static str;
    /// Description in full sentences: the work that a run does, and the treatment of work that fails.
    const DESCRIPTION: &'static str;

    /// Does the work that is due, and counts it in `report`. A run is stopped when its time is up, and the next run
    /// resumes.
    ///
    /// # Errors
    ///
    /// [`Failure`]; items that were done before the failure stay done.
    fn execute(
        environment: &Environment,
        report: &mut RunReport,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Numbers of items that a run handled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RunReport {
    /// Number of due items that were done.
    pub done: u64,
    /// Number of due items that are left for the next run, because another process works on them or they take long.
    pub left: u64,
    /// Number of due items that failed. They are postponed, and the log has the reasons.
    pub failed: u64,
}

impl Environment {
    /// Returns the context of an attempt that no caller started; the author of its events is the system, under `name`.
    pub fn system_context(&self, name: &str) -> Context<'_> {
        let identity = Identity::Machine(Author { kind: AuthorKind::System, id: name.to_owned() });
        let caller = CallerSource::of(Some(identity));
        Context { options: CallOptions { caller, ..CallOptions::default() }, ..self.context() }
    }
}

/// Runs scheduled work until it is done or the remaining time is over.
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
            tracing::error!(operation = S::NAME, done, failed, %why, "stopped by an error");
            return Err(format!("stopped after {done} items done and {failed} failed; see the log"));
        }
        Err(_) => {
            tracing::warn!(operation = S::NAME, done, left, failed, "out of time; the next run continues")
        }
    }
    // A run with failures returns an error, so that Lambda sends its record to the dead-letter queue.
    match failed {
        0 if finished.is_err() && done == 0 => Err("out of time before any item was done".to_owned()),
        0 => Ok(report),
        _ => Err(format!("{failed} due items could not be processed; see the log")),
    }
}
