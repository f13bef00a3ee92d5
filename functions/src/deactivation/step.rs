//! A step of a deactivation or a restoration: one transaction.

use api_runtime::table::{DeactivationOf, Error, is_in_phase};
use api_runtime::{Change, ConditionFailure, Context, Failure};
use domain::deactivation::PartyDeactivation;

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
) -> Result<usize, Failure> {
    let items = change.items();
    if items == 0 {
        return Ok(0);
    }
    change
        .require_that(&DeactivationOf(record.party), is_in_phase(record.phase), |_| ConditionFailure::Stale);
    match context.apply(change).await {
        Ok(()) => Ok(items),
        Err(Failure::Table(Error::Contended(_))) => Ok(1),
        Err(failure) => Err(failure),
    }
}
