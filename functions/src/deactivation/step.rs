//! A step of a deactivation or a restoration: one transaction.

use std::time::Duration;

use api_runtime::table::{DeactivationOf, Error, Pause, is_in_phase};
use api_runtime::{Change, ConditionFailure, Context, Failure};
use domain::deactivation::PartyDeactivation;
use tokio::time::Instant;

/// Number of items that a call writes before it is answered; the scheduled job continues with the rest.
const MOST_ITEMS_PER_CALL: usize = 3000;

/// Time after which a call is answered, so that it has time left for its answer.
const MOST_TIME_PER_CALL: Duration = Duration::from_secs(15);

/// Items and time that a call, or a run of the scheduled job, has left for a sequence.
pub struct Budget<'a> {
    items: usize,
    deadline: Instant,
    is_contended: bool,
    pause: Pause,
    made_progress: &'a mut (dyn FnMut() + Send),
}

impl<'a> Budget<'a> {
    /// Returns the budget of a call that begins now. `made_progress` is called after each transaction.
    pub fn new(made_progress: &'a mut (dyn FnMut() + Send)) -> Self {
        Self {
            items: MOST_ITEMS_PER_CALL,
            deadline: Instant::now() + MOST_TIME_PER_CALL,
            is_contended: false,
            pause: Pause::default(),
            made_progress,
        }
    }

    /// Returns whether the call has to be answered before the next transaction.
    pub fn is_spent(&self) -> bool {
        self.items == 0 || Instant::now() >= self.deadline
    }

    /// Subtracts the items of a transaction that was committed.
    pub fn spend(&mut self, items: usize) {
        self.items = self.items.saturating_sub(items);
        (self.made_progress)();
    }

    /// Remembers that a concurrent write made a transaction stale.
    pub fn contend(&mut self) {
        self.is_contended = true;
    }

    /// Waits if a transaction became stale since the last call of this function, longer each time.
    pub async fn pause_if_contended(&mut self) {
        if std::mem::take(&mut self.is_contended) {
            self.pause.take().await;
        }
    }
}

/// Commits a step on the condition that the deactivation is still in its phase, unless there is nothing to do. Returns
/// the number of items, or 1 if a concurrent write made the step stale: then there is, or may be, something left.
///
/// # Errors
///
/// [`Failure`].
pub async fn apply(
    context: &Context<'_>,
    record: &PartyDeactivation,
    mut change: Change,
    budget: &mut Budget<'_>,
) -> Result<usize, Failure> {
    let items = change.items();
    if items == 0 {
        return Ok(0);
    }
    change
        .require_that(&DeactivationOf(record.party), is_in_phase(record.phase), |_| ConditionFailure::Stale);
    match context.apply(change).await {
        Ok(()) => {
            budget.spend(items);
            Ok(items)
        }
        Err(Failure::Table(Error::Contended(_))) => {
            budget.contend();
            Ok(1)
        }
        Err(failure) => Err(failure),
    }
}
