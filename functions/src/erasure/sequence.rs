//! The sequence of an erasure, from its first transaction to its last.

use api_runtime::table::{ErasureOf, Key, Pause, RecentErasure};
use api_runtime::{Answer, Change, Context, Failure, Reply};
use domain::erasure::{Erasure, ErasureCall};
use domain::event::PersonErased;
use domain::{Email, NewEvent, Period};

use super::listed::ListedTraces;
use super::mentions::{erase_service_requests, forget_contacts, remove_contacts};
use super::records::{end_entitlements, erase_records, remove_preferences};
use super::result::ErasureResult;
use super::rights::{end_grants, erase_requests, forget_removals, remove_mentions};
use super::traces::Traces;
use super::{Work, apply};

/// Lease of the call that runs a sequence: longer than a call may last plus the difference between clocks. After it,
/// another call or the scheduled job takes over.
pub const LEASE: Period = Period::minutes(1);

/// Time after which the scheduled job repeats the search, for items that an index did not show yet.
const FINAL_PASS_DELAY: Period = Period::minutes(1);

/// Number of items that a call writes before it is answered; the scheduled job continues with the rest.
const MOST_ITEMS_PER_CALL: usize = 1000;

/// Progress of a sequence.
pub enum Progress {
    /// Nothing is left to erase. The record is as it was read before nothing was found.
    Complete(Erasure),
    /// The call has written the maximum number of items.
    Left(Erasure),
    /// Another call or the scheduled job has completed the erasure.
    CompletedElsewhere,
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
    let (mut written, mut pause, mut lists_are_done) = (0, Pause::default(), false);
    loop {
        let Some(record) = context.table.get(&ErasureOf(email.clone())).await? else {
            return Ok(Progress::CompletedElsewhere);
        };
        // Boxed, because the future of all its reads is too large for a stack.
        let traces = Box::pin(Traces::of(context, email, record.began_at, &record.records)).await?;
        let mut records = record.records.clone();
        let work = if records.extend(&traces.record_ids()) {
            lists_are_done = false;
            // A record loses its e-mail, so the items that belong to it are found only by its id.
            remember(context, Erasure { records, ..record.clone() }).await?
        } else {
            Box::pin(pass(context, &record, &traces, &mut lists_are_done)).await?
        };
        if work.is_none() {
            return Ok(Progress::Complete(record));
        }
        written += work.items;
        made_progress();
        if written >= MOST_ITEMS_PER_CALL {
            return Ok(Progress::Left(record));
        }
        if work.is_contended {
            pause.take().await;
        }
    }
}

async fn remember(context: &Context<'_>, record: Erasure) -> Result<Work, Failure> {
    let (step, mut change) = (context.detached(), Change::new());
    change.replace(&record.next(step.now), record.metadata.version, None)?;
    apply(&step, change).await
}

/// Erases the traces. The records come first: without them the person has no rights. Whole lists are read only when nothing
/// else is left, and once per call. Items by which others are found are removed after these, and by the final pass only.
async fn pass(
    context: &Context<'_>,
    record: &Erasure,
    traces: &Traces,
    lists_are_done: &mut bool,
) -> Result<Work, Failure> {
    let redacts_texts = record.redacts_texts;
    let mut work = Box::pin(erase_records(context, traces)).await?;
    work += Box::pin(end_grants(context, traces)).await?;
    work += Box::pin(erase_requests(context, traces, redacts_texts)).await?;
    work += Box::pin(end_entitlements(context, traces)).await?;
    work += Box::pin(remove_preferences(context, traces)).await?;
    work += Box::pin(remove_contacts(context, traces)).await?;
    work += Box::pin(erase_service_requests(context, traces, redacts_texts)).await?;
    if work.is_none() && !*lists_are_done {
        let listed = Box::pin(ListedTraces::of(context, traces)).await?;
        work += Box::pin(listed.erase(context, traces, redacts_texts)).await?;
        *lists_are_done = !work.is_contended;
    }
    if work.is_none() {
        work += Box::pin(remove_mentions(context, traces)).await?;
    }
    if work.is_none() && record.is_erased {
        work += Box::pin(forget_removals(context, traces)).await?;
        work += Box::pin(forget_contacts(context, traces)).await?;
    }
    Ok(work)
}

/// Returns the transaction after which only the final pass is left, and the record after it.
///
/// # Errors
///
/// Never for our own types.
pub fn mark_erased(context: &Context<'_>, record: &Erasure) -> Result<(Change, Erasure), Failure> {
    let mut change = Change::new();
    let resume_at = context.now.after(FINAL_PASS_DELAY);
    let after = Erasure { is_erased: true, call: None, resume_at, ..record.next(context.now) };
    change.replace(&after, record.metadata.version, None)?;
    change.put(&RecentErasure::of(&after, context.now))?;
    let Erasure { records, counts, redacts_texts: redacted_texts, .. } = after.clone();
    change.record(NewEvent::of_vendor(PersonErased { records, counts, redacted_texts }));
    Ok((change, after))
}

/// Continues a sequence on behalf of the scheduled job. Returns whether the job need not continue it in this run.
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
        Progress::CompletedElsewhere => return Ok(true),
    };
    let step = context.detached();
    if record.is_erased {
        let mut change = Change::new();
        change.remove_if_unchanged(&record, record.metadata.version, None)?;
        step.apply(change).await?;
    } else if !answer_interrupted_call(context, &record).await? {
        step.apply(mark_erased(&step, &record)?.0).await?;
    }
    Ok(true)
}

/// Marks the erasure as done, and stores the answer of the interrupted call, so that a retry of the call gets it. Returns
/// false, and does nothing, if the call had no idempotency key or has an answer already.
async fn answer_interrupted_call(context: &Context<'_>, record: &Erasure) -> Result<bool, Failure> {
    let Some(ErasureCall { pk, sk, request }) = record.call.clone() else { return Ok(false) };
    let step = context.answering(Key { pk, sk }, request);
    let last = || Ok(mark_erased(&step, record)?.0);
    let reply = step.commit_final(last, Answer::ok(ErasureResult::erased(record))).await?;
    Ok(!matches!(reply, Reply::Replay(_)))
}
