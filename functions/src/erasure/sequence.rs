//! The sequence of an erasure, from its first transaction to its last.

use api_runtime::table::{ErasureOf, Error, Pause};
use api_runtime::{Change, Context, Failure};
use domain::erasure::Erasure;
use domain::event::PersonErased;
use domain::{Email, NewEvent, Period};

use super::mentions::{erase_events, erase_service_requests, forget_contacts, remove_contacts};
use super::records::{end_entitlements, erase_records, remove_preferences};
use super::rights::{end_grants, erase_requests, forget_removals, remove_mentions};
use super::traces::Traces;

/// Lease of the call that runs a sequence: longer than a call may last plus the difference between clocks. After it,
/// another call or the scheduled job takes over.
pub const LEASE: Period = Period::minutes(1);

/// Time after which the scheduled job looks once more for what an index did not show.
const LAST_LOOK: Period = Period::minutes(1);

/// Number of items that a call writes before it is answered; the scheduled job continues with the rest.
const MOST_ITEMS_PER_CALL: usize = 1000;

/// Progress of a sequence.
pub enum Progress {
    /// Nothing is left to erase. The record is as it was read before nothing was found.
    Complete(Erasure),
    /// The call has written the maximum number of items.
    Left(Erasure),
    /// Another call has completed the erasure.
    Gone,
}

/// Continues a sequence until it is complete, or until the call has written the maximum number of items. Calls
/// `made_progress` after each pass.
///
/// # Errors
///
/// [`Failure`].
pub async fn run(
    context: &Context<'_>,
    email: &Email,
    mut made_progress: impl FnMut() + Send,
) -> Result<Progress, Failure> {
    let (mut written, mut pause) = (0, Pause::default());
    loop {
        let Some(record) = context.table.get(&ErasureOf(email.clone())).await? else {
            return Ok(Progress::Gone);
        };
        // Boxed, because the future of all its reads is too large for a stack.
        let traces = Box::pin(Traces::of(context, email, record.began_at, &record.records)).await?;
        let mut records = record.records.clone();
        let items = if records.extend(&traces.record_ids()) {
            // A record loses its e-mail, so what belongs to it is found only by its id.
            remember(context, Erasure { records, ..record.clone() }, &mut pause).await?
        } else {
            Box::pin(pass(context, &record, &traces)).await?
        };
        if items == 0 {
            return Ok(Progress::Complete(record));
        }
        written += items;
        made_progress();
        if written >= MOST_ITEMS_PER_CALL {
            return Ok(Progress::Left(record));
        }
    }
}

async fn remember(context: &Context<'_>, record: Erasure, pause: &mut Pause) -> Result<usize, Failure> {
    let (step, mut change) = (context.detached(), Change::new());
    change.replace(&record.next(step.now), record.metadata.version, None)?;
    match step.apply(change).await {
        Err(Failure::Table(Error::Contended(_))) => pause.take().await,
        applied => applied?,
    }
    Ok(1)
}

/// Erases what was found. The records come first: without them the person has no rights. What finds other things is
/// removed after these, and by the last look only.
async fn pass(context: &Context<'_>, record: &Erasure, traces: &Traces) -> Result<usize, Failure> {
    let redacts_texts = record.redacts_texts;
    let mut items = Box::pin(erase_records(context, traces)).await?;
    items += Box::pin(end_grants(context, traces)).await?;
    items += Box::pin(erase_requests(context, traces, redacts_texts)).await?;
    items += Box::pin(end_entitlements(context, traces)).await?;
    items += Box::pin(remove_preferences(context, traces)).await?;
    items += Box::pin(remove_contacts(context, traces)).await?;
    items += Box::pin(erase_service_requests(context, traces, redacts_texts)).await?;
    items += Box::pin(erase_events(context, traces)).await?;
    if items == 0 {
        items += Box::pin(remove_mentions(context, traces)).await?;
    }
    if items == 0 && record.is_erased {
        items += Box::pin(forget_removals(context, traces)).await?;
        items += Box::pin(forget_contacts(context, traces)).await?;
    }
    Ok(items)
}

/// Returns the transaction after which only the last look is left, and the record after it.
///
/// # Errors
///
/// Never for our own types.
pub fn last_but_one(context: &Context<'_>, record: &Erasure) -> Result<(Change, Erasure), Failure> {
    let mut change = Change::new();
    let resume_at = context.now.after(LAST_LOOK);
    let after = Erasure { is_erased: true, resume_at, ..record.next(context.now) };
    change.replace(&after, record.metadata.version, None)?;
    let Erasure { records, counts, redacts_texts: redacted_texts, .. } = after.clone();
    change.record(NewEvent::of_vendor(PersonErased { records, counts, redacted_texts }));
    Ok((change, after))
}

/// Continues a sequence on behalf of the scheduled job. Returns whether the job need not look at it again in this run.
///
/// # Errors
///
/// [`Failure`].
pub async fn resume(
    context: &Context<'_>,
    email: &Email,
    made_progress: impl FnMut() + Send,
) -> Result<bool, Failure> {
    let record = match run(context, email, made_progress).await? {
        Progress::Complete(record) => record,
        Progress::Left(_) => return Ok(false),
        Progress::Gone => return Ok(true),
    };
    let step = context.detached();
    let mut change = Change::new();
    if record.is_erased {
        change.remove_if_unchanged(&record, record.metadata.version, None)?;
    } else {
        (change, _) = last_but_one(&step, &record)?;
    }
    step.apply(change).await?;
    Ok(true)
}
