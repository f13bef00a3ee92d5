//! The record of an unfinished import: a lease that keeps two calls from writing the same rows concurrently, and lets a
//! repeated call resume an import that was interrupted.

use api_runtime::context::commit::Started;
use api_runtime::http::problem::STILL_RUNNING_CODE;
use api_runtime::table::import_run::import_key;
use api_runtime::table::{Error, ImportRun};
use api_runtime::{Change, ConditionFailure, Context, Failure, Replay};
use domain::event::DetailsImportAborted;
use domain::{ErrorKind, Metadata, NewEvent, Period, Problem};

/// Duration of the lease: longer than a call may last, and than clocks may differ.
const LEASE: Period = Period::minutes(1);

/// Time after which an import that was interrupted and not resumed is reported to the vendor.
const GIVE_UP_AFTER: Period = Period::minutes(60);

/// Another call holds the lease and is writing the rows.
pub const STILL_RUNNING: ErrorKind = ErrorKind::state(
    STILL_RUNNING_CODE,
    "the import under this key is still running: retry after the seconds in `Retry-After`",
);

/// Result of starting an import.
pub enum StartedRun {
    /// This call holds the lease and must do the import.
    Run(Box<ImportRun>),
    /// An earlier, equal call finished the import; this is its answer.
    Replay(Replay),
}

/// Starts an import of `rows` rows, or resumes the interrupted import of an earlier call with the same idempotency key.
///
/// # Errors
///
/// 409 while another call holds the lease; 422 if the idempotency key was used for another request.
pub async fn begin(context: &Context<'_>, rows: usize) -> Result<StartedRun, Failure> {
    let slot = context.idempotency();
    let wanted = ImportRun {
        // Without an idempotency key, the record is found by the call's id, so that a retry within this call resumes.
        at: import_key(slot.map(|slot| &slot.at), context.call_id()),
        import_id: context.id(),
        request: slot.map(|slot| slot.request.clone()),
        call: context.call_id().to_owned(),
        lease_ends_at: context.now.after(LEASE),
        writing: false,
        author: context.author().await?,
        rows: u64::try_from(rows).unwrap_or(u64::MAX),
        due_at: Some(context.now.after(GIVE_UP_AFTER)),
        metadata: Metadata::new(context.now),
    };
    // Without a key a repeat is an import of its own, which no lease keeps waiting.
    let declare_lease = |end| {
        if slot.is_some() {
            context.declare_lease(end);
        }
    };
    declare_lease(wanted.lease_ends_at);
    let mut change = Change::new();
    let existing = change.create_or_confirm(&wanted, None, |_| ConditionFailure::AlreadyDone)?;
    let is_same = |run: &ImportRun| run.request == wanted.request;
    let begun = match context.begin_or_resume(change, existing, is_same).await? {
        Started::New => return Ok(StartedRun::Run(Box::new(wanted))),
        Started::Replay(replay) => return Ok(StartedRun::Replay(replay)),
        Started::InProgress(begun) => begun,
    };
    if begun.call == wanted.call {
        declare_lease(begun.lease_ends_at);
        return Ok(StartedRun::Run(Box::new(begun)));
    }
    if begun.lease_ends_at > context.now {
        declare_lease(begun.lease_ends_at);
        return Err(Problem::new(STILL_RUNNING.kind, STILL_RUNNING.code, STILL_RUNNING.about).into());
    }
    let seen = begun.metadata.version;
    let ImportRun { lease_ends_at, call, due_at, .. } = wanted;
    let mine = ImportRun { lease_ends_at, call, due_at, metadata: begun.metadata.next(context.now), ..begun };
    let mut change = Change::new();
    change.replace(&mine, seen, None)?;
    context.apply(change).await?;
    Ok(StartedRun::Run(Box::new(mine)))
}

/// Marks that an all-or-nothing import is writing rows. From then on it is resumed even if a row has become invalid.
///
/// # Errors
///
/// [`Failure::Table`].
pub async fn mark_writing(context: &Context<'_>, run: &ImportRun) -> Result<Box<ImportRun>, Failure> {
    let marked = ImportRun { writing: true, metadata: run.metadata.next(context.now), ..run.clone() };
    let mut change = Change::new();
    change.replace(&marked, run.metadata.version, None)?;
    context.detached().apply(change).await?;
    Ok(Box::new(marked))
}

/// Removes the record of an import that has written nothing.
///
/// # Errors
///
/// [`Failure::Table`].
pub async fn abort(context: &Context<'_>, run: &ImportRun) -> Result<(), Failure> {
    let mut change = Change::new();
    change.remove_if_unchanged(run, run.metadata.version, None)?;
    context.detached().apply(change).await
}

/// Returns `result`. If it is a failure, ends the lease first, so that a repeated call can resume immediately; if
/// ending it fails as well, a repeated call must wait until the lease expires. The lease is kept after contention,
/// because then this call itself retries.
///
/// # Errors
///
/// The failure in `result`.
pub async fn release_on_failure<T>(
    context: &Context<'_>,
    run: &ImportRun,
    result: Result<T, Failure>,
) -> Result<T, Failure> {
    if let Err(why) = &result
        && !matches!(why, Failure::Table(Error::Contended(_)))
        && release(context, run).await.is_ok()
    {
        context.end_lease();
    }
    result
}

async fn release(context: &Context<'_>, run: &ImportRun) -> Result<(), Failure> {
    let left =
        ImportRun { lease_ends_at: context.now, metadata: run.metadata.next(context.now), ..run.clone() };
    let mut change = Change::new();
    change.replace(&left, run.metadata.version, None)?;
    context.detached().apply(change).await
}

/// Reports an import that was interrupted and that no call resumed. A repeated call with its idempotency key still
/// resumes it.
///
/// # Errors
///
/// [`Failure::Table`].
pub async fn give_up(context: &Context<'_>, run: ImportRun) -> Result<(), Failure> {
    let mut change = Change::new();
    match run.request {
        Some(_) => {
            let given_up =
                ImportRun { due_at: None, metadata: run.metadata.next(context.now), ..run.clone() };
            change.replace(&given_up, run.metadata.version, None)?;
        }
        None => change.remove_if_unchanged(&run, run.metadata.version, None)?,
    }
    let cut_off = DetailsImportAborted { import_id: run.import_id, by: run.author, rows: run.rows };
    change.record(NewEvent::of_vendor(cut_off));
    context.apply(change).await
}
