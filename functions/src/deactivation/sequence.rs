//! The sequence of a deactivation or a restoration, from its first transaction to its last.

use api_runtime::table::{DeactivationOf, Error};
use api_runtime::{Change, Context, Failure};
use domain::deactivation::{DeactivationPhase, PartyDeactivation, PartyId, StoreNotLinked};
use domain::event::{OrganizationRestored, PartnerRestored};
use domain::{Fault, Period, StoreLink, Timestamp};

use super::Party;
use super::step::Budget;
use super::steps::{bring_back, end};
use super::store_link::link_again;
use super::survey::open_matters;

/// Lease of the call that runs a sequence: longer than a call may last plus the difference between clocks. After it,
/// another call or the scheduled job takes over.
pub const LEASE: Period = Period::minutes(1);

/// Time after which the scheduled job looks once more for what an index did not show during the deactivation.
const SECOND_LOOK: Period = Period::minutes(1);

/// Progress of a sequence.
pub enum Progress {
    /// Nothing is left to end or to bring back. The record is as it was read before nothing was found.
    Complete(PartyDeactivation),
    /// The call has written the maximum number of items, or has no time left.
    Left(PartyDeactivation),
    /// The deactivation was withdrawn, because of these faults.
    Withdrawn(Vec<Fault>),
    /// Another call has completed the restoration.
    Restored,
}

/// Continues a sequence until it is complete, or until the call has written the maximum number of items or has no time
/// left. Calls `made_progress` after each transaction.
///
/// # Errors
///
/// [`Failure`].
pub async fn run(
    context: &Context<'_>,
    party: PartyId,
    mut made_progress: impl FnMut() + Send,
) -> Result<Progress, Failure> {
    let (mut budget, mut withdrawn) = (Budget::new(&mut made_progress), None);
    loop {
        let Some(record) = context.table.get(&DeactivationOf(party)).await? else {
            return Ok(withdrawn.map_or(Progress::Restored, Progress::Withdrawn));
        };
        let items = match record.phase {
            DeactivationPhase::Checking => {
                let faults = open_matters(context, party).await?;
                let checked = if faults.is_empty() {
                    move_on(context, &record).await
                } else {
                    withdraw(context, &record).await
                };
                match checked {
                    Err(Failure::Table(Error::Contended(_))) => budget.contend(),
                    checked => {
                        checked?;
                        budget.spend(1);
                        withdrawn = Some(faults).filter(|faults| !faults.is_empty());
                    }
                }
                1
            }
            DeactivationPhase::Ending | DeactivationPhase::Ended => {
                end(context, &record, &mut budget).await?
            }
            DeactivationPhase::Restoring => bring_back(context, &record, &mut budget).await?,
        };
        // A pass that ended early may have found nothing, although something is left.
        if budget.is_spent() {
            return Ok(Progress::Left(record));
        }
        match (items, withdrawn.take()) {
            (0, Some(faults)) => {
                finish_restoration(&context.detached(), &record).await?;
                return Ok(Progress::Withdrawn(faults));
            }
            (0, None) => return Ok(Progress::Complete(record)),
            (_, faults) => withdrawn = faults,
        }
        budget.pause_if_contended().await;
    }
}

/// Begins to end what ends with the party, after nothing was found that must be decided first.
async fn move_on(context: &Context<'_>, record: &PartyDeactivation) -> Result<(), Failure> {
    let step = context.detached();
    let mut change = Change::new();
    let after = record.moved(DeactivationPhase::Ending, record.resume_at, step.now);
    change.replace(&after, record.metadata.version, None)?;
    step.apply(change).await
}

/// Withdraws a deactivation before it ended anything but the link to a store.
async fn withdraw(context: &Context<'_>, record: &PartyDeactivation) -> Result<(), Failure> {
    let step = context.detached();
    let (party, _) = Party::read(&step, record.party).await?;
    let mut change = Change::new();
    begin_restoration(&step, &mut change, &party, record, record.resume_at).await?;
    step.apply(change).await
}

/// Adds the first transaction of a restoration to a change: the party is active again, and its link to a store is made
/// again if it can be. Returns the party after the change and, if there was a link, the new one or why none is made.
///
/// # Errors
///
/// [`Failure::Table`].
pub async fn begin_restoration(
    context: &Context<'_>,
    change: &mut Change,
    party: &Party,
    record: &PartyDeactivation,
    resume_at: Option<Timestamp>,
) -> Result<(Party, Option<Result<StoreLink, StoreNotLinked>>), Failure> {
    let restored = party.deactivated(None, context.now);
    restored.replace(change, party.metadata().version, context.if_match())?;
    let after = record.moved(DeactivationPhase::Restoring, resume_at, context.now);
    change.replace(&after, record.metadata.version, None)?;
    let deactivated_at = record.deactivated_at;
    change.record(match party {
        Party::Partner(_) => restored.event(PartnerRestored { deactivated_at }),
        Party::Organization(_) => restored.event(OrganizationRestored { deactivated_at }),
    });
    let link = match &record.store {
        Some(store) => Some(link_again(context, change, store).await?),
        None => None,
    };
    Ok((restored, link))
}

/// Returns the last transaction of a deactivation.
///
/// # Errors
///
/// Never for our own types.
pub fn last_of_deactivation(
    context: &Context<'_>,
    record: &PartyDeactivation,
) -> Result<(Change, PartyDeactivation), Failure> {
    let mut change = Change::new();
    let second_look = context.now.after(SECOND_LOOK);
    let after = record.moved(DeactivationPhase::Ended, Some(second_look), context.now);
    change.replace(&after, record.metadata.version, None)?;
    Ok((change, after))
}

/// Returns the last transaction of a restoration: the record of the deactivation is removed.
///
/// # Errors
///
/// Never for our own types.
pub fn last_of_restoration(record: &PartyDeactivation) -> Result<Change, Failure> {
    let mut change = Change::new();
    change.remove_if_unchanged(record, record.metadata.version, None)?;
    Ok(change)
}

async fn finish_restoration(context: &Context<'_>, record: &PartyDeactivation) -> Result<(), Failure> {
    context.apply(last_of_restoration(record)?).await
}

/// Continues a sequence on behalf of the scheduled job. Returns whether it is complete.
///
/// # Errors
///
/// [`Failure`].
pub async fn resume(
    context: &Context<'_>,
    party: PartyId,
    made_progress: impl FnMut() + Send,
) -> Result<bool, Failure> {
    let record = match run(context, party, made_progress).await? {
        Progress::Complete(record) => record,
        Progress::Left(_) => return Ok(false),
        Progress::Withdrawn(_) | Progress::Restored => return Ok(true),
    };
    let step = context.detached();
    match record.phase {
        DeactivationPhase::Restoring => finish_restoration(&step, &record).await?,
        DeactivationPhase::Ended => {
            let mut change = Change::new();
            let after = record.moved(DeactivationPhase::Ended, None, step.now);
            change.replace(&after, record.metadata.version, None)?;
            step.apply(change).await?;
        }
        DeactivationPhase::Checking | DeactivationPhase::Ending => {
            step.apply(last_of_deactivation(&step, &record)?.0).await?;
        }
    }
    Ok(true)
}
