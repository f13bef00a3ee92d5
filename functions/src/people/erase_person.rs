//! `erase-person`

use api_runtime::context::IdempotencySlot;
use api_runtime::http::problem::STILL_RUNNING_CODE;
use api_runtime::table::{ErasureOf, Error, Pause, RecentErasure, RecentErasureOf};
use api_runtime::{
    Answer, Change, ConditionFailure, Context, Failure, Json, Method, Nothing, Operation, Reply, Request,
    Route, Size, route,
};
use deserr::Deserr;
use domain::erasure::{Erasure, ErasureCall, ErasureCounts, RecordIds};
use domain::{Actor, Email, ErrorKind, Faults, Metadata, Role, Timestamp};
use schemars::JsonSchema;

use crate::erasure::listed::ListedTraces;
use crate::erasure::result::{ErasureResult, ErasureState};
use crate::erasure::sequence::{LEASE, Progress, mark_erased, run};
use crate::erasure::texts::Texts;
use crate::erasure::traces::Traces;

/// Erases a person.
pub struct ErasePerson;

const STILL_RUNNING: ErrorKind = ErrorKind::state(
    STILL_RUNNING_CODE,
    "the person is still being erased: retry after the seconds in `Retry-After`",
);

/// The person to erase.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErasePersonBody {
    /// E-mail of the person, at most 254 bytes; compared without regard to case.
    email: Email,
    /// Whether the texts that the person wrote are replaced by `[erased]`: subjects and descriptions of service requests,
    /// updates, and reasons of access requests, of grants without a request and of deactivations of subscriptions. Default:
    /// `false`, which keeps them.
    #[deserr(default)]
    #[schemars(default)]
    redact_texts: bool,
}

impl Operation for ErasePerson {
    const NAME: &str = "erase-person";
    const SUMMARY: &str = "Erase a person irreversibly";
    const DESCRIPTION: &str = "Only operators may call it. Erases the person with an e-mail from all records: \
        customers of every organization and of none, members of every partner, and the vendor's staff, also \
        those that were removed before. The records keep their ids and dates, so that the history stays, \
        and irreversibly lose name, e-mail and `externalId`. Active records are removed first, also the last contact \
        manager of an organization and the last contact of a subscription; individual grants end, pending access requests by \
        the person are cancelled and those addressed to it lapse; own entitlements end and lose their texts, e-mails, users, \
        telephone numbers and web addresses; details of its organizations whose value is the e-mail, notification \
        preferences, and contacts that orders named, are removed; a minute later the scheduled job removes the words of the \
        name from the search. The e-mail is free for a new record, which inherits nothing. Texts that the \
        person wrote are kept unless `redactTexts` is `true`; with `validateOnly` the answer lists them. It does not \
        reach backups, logs, stored answers to calls with an idempotency key (30 days), texts that others wrote, and reasons \
        that an operator gave for grants and deactivations. For an \
        e-mail without records or mentions all counts are 0, so a repeat is idempotent; a repeat while the erasure runs \
        is refused (409 `still-running`), also with `validateOnly`. The scheduled job finishes an erasure that takes longer \
        (202); it also repeats the search a minute later and then deletes the e-mail itself. For 7 days, a repeat with \
        `redactTexts` redacts the texts of an erasure that kept them, except reasons for declining requests. Records \
        `person.erased`, and the events of the records, grants, requests and entitlements that end.";
    const ROUTES: &[Route] = &[route(Method::Post, "/v1/people/erase", &[Role::Operator])];
    const KEY_REQUIRED: bool = true;
    const DEFERS: bool = true;
    const SIZE: Size = Size { seconds: 28, megabytes: 512 };
    const ERRORS: &[ErrorKind] = &[STILL_RUNNING];

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Json<ErasePersonBody>;
    type Output = ErasureResult;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<ErasureResult>, Failure> {
        let Request { context, body: Json(body), .. } = request;
        match context.table.get(&ErasureOf(body.email.clone())).await? {
            Some(record) if !record.is_erased => Box::pin(continue_erasure(context, body, &record)).await,
            before => Box::pin(begin_erasure(context, body, before)).await,
        }
    }
}

async fn begin_erasure(
    context: &Context<'_>,
    body: &ErasePersonBody,
    before: Option<Erasure>,
) -> Result<Reply<ErasureResult>, Failure> {
    let email = &body.email;
    let mut known = before.as_ref().map(|before| before.records.clone()).unwrap_or_default();
    if body.redact_texts {
        // The texts of erased records are found by their ids only.
        let recent = context.table.get(&RecentErasureOf(email.clone())).await?;
        known.extend(&recent.map(|recent| recent.records).unwrap_or_default());
    }
    let plan = Box::pin(Plan::of(context, email, context.now, &known)).await?;
    let (mut records, mut counts) = (plan.traces.unerased(), plan.counts);
    let mut change = Change::new();
    if before.is_some() && !body.redact_texts {
        counts.texts = 0;
    }
    if plan.traces.is_empty(&counts, &plan.listed, before.is_some()) {
        match &before {
            Some(before) => change.confirm(before, before.metadata.version, None)?,
            None => change.require_absent(&ErasureOf(email.clone()), || ConditionFailure::Stale),
        }
        let result = ErasureResult::of(ErasureState::Erased, records, counts);
        return match context.validates_only() {
            true => Box::pin(plan.preview(context, change, result)).await,
            false => context.commit(change, Answer::ok(result)).await,
        };
    }
    // The final pass of the erasure before has not come yet: it is left to this one.
    records.extend(&known);
    let result = ErasureResult::of(ErasureState::ToErase, records.clone(), counts);
    let lease_end = context.now.after(LEASE);
    let metadata = before.as_ref().map_or(Metadata::new(context.now), |one| one.metadata.next(context.now));
    let record = Erasure {
        email: email.clone(),
        began_at: context.now,
        records,
        counts,
        redacts_texts: body.redact_texts || before.as_ref().is_some_and(|before| before.redacts_texts),
        call: call_of(context),
        is_erased: false,
        resume_at: lease_end,
        metadata,
    };
    match &before {
        Some(before) => change.replace(&record, before.metadata.version, None)?,
        None => change.create_or_retry(&record, None)?,
    }
    // From the first transaction on, because a record loses its e-mail in a later one.
    change.put(&RecentErasure::of(&record, context.now))?;
    if context.validates_only() {
        return Box::pin(plan.preview(context, change, result)).await;
    }
    context.declare_lease(lease_end);
    match context.begin(change).await? {
        Some(replay) => Ok(replay.into()),
        None => Box::pin(run_to_completion(context, &record)).await,
    }
}

/// Takes over an erasure whose lease has ended, and redacts texts if this call or the one before asks for it; refuses the call
/// while another one holds the lease.
async fn continue_erasure(
    context: &Context<'_>,
    body: &ErasePersonBody,
    record: &Erasure,
) -> Result<Reply<ErasureResult>, Failure> {
    let mut change = Change::new();
    if record.resume_at > context.now {
        context.declare_lease(record.resume_at);
        change.reject(&STILL_RUNNING, &[]);
        change.confirm(record, record.metadata.version, None)?;
        return context.commit(change, Answer::ok(ErasureResult::erased(record))).await;
    }
    let lease_end = context.now.after(LEASE);
    let taken = Erasure {
        redacts_texts: record.redacts_texts || body.redact_texts,
        call: call_of(context),
        resume_at: lease_end,
        ..record.next(context.now)
    };
    change.replace(&taken, record.metadata.version, None)?;
    if context.validates_only() {
        let plan = Box::pin(Plan::of(context, &record.email, record.began_at, &record.records)).await?;
        let result = ErasureResult::of(ErasureState::ToErase, record.records.clone(), record.counts);
        return Box::pin(plan.preview(context, change, result)).await;
    }
    context.declare_lease(lease_end);
    match context.begin(change).await? {
        Some(replay) => Ok(replay.into()),
        None => Box::pin(run_to_completion(context, &taken)).await,
    }
}

/// Returns the place at which the call's answer is to be stored, if the call has a key.
fn call_of(context: &Context<'_>) -> Option<ErasureCall> {
    let IdempotencySlot { at, request, .. } = context.idempotency()?;
    Some(ErasureCall { pk: at.pk.clone(), sk: at.sk.clone(), request: request.clone() })
}

/// Traces of a person, and the numbers of the items that an erasure changes.
struct Plan {
    traces: Traces,
    listed: ListedTraces,
    texts: Texts,
    counts: ErasureCounts,
}

impl Plan {
    /// Reads the traces of the person who had an e-mail until a time.
    async fn of(
        context: &Context<'_>,
        email: &Email,
        until: Timestamp,
        known: &RecordIds,
    ) -> Result<Self, Failure> {
        let traces = Box::pin(Traces::of(context, email, until, known)).await?;
        let listed = Box::pin(ListedTraces::of(context, &traces)).await?;
        let texts = Box::pin(Texts::of(context, &traces, &listed)).await?;
        let counts = traces.counts(&listed, texts.written(), context.now);
        Ok(Self { traces, listed, texts, counts })
    }

    /// Adds the parts that only a preview has to a result, and checks the change.
    async fn preview(
        self,
        context: &Context<'_>,
        change: Change,
        mut result: ErasureResult,
    ) -> Result<Reply<ErasureResult>, Failure> {
        result.last_contact_manager_of = Box::pin(self.traces.managed_alone(context)).await?;
        result.last_contact_of = Box::pin(self.traces.contact_alone(context)).await?;
        let (texts, more) = Box::pin(self.texts.listed(context)).await?;
        (result.texts, result.more_texts) = (texts, Some(more).filter(|more| *more > 0));
        context.commit(change, Answer::ok(result)).await
    }
}

/// Continues an erasure until it is complete or has to be left to the scheduled job.
async fn run_to_completion(context: &Context<'_>, record: &Erasure) -> Result<Reply<ErasureResult>, Failure> {
    let mut pause = Pause::default();
    loop {
        match run_once(context, record).await {
            // The erasure has begun, so this call must not be retried from its beginning.
            Err(Failure::Table(Error::Contended(_))) => pause.take().await,
            decided => return decided,
        }
    }
}

async fn run_once(context: &Context<'_>, begun: &Erasure) -> Result<Reply<ErasureResult>, Failure> {
    let progress = Box::pin(run(context, &begun.email, || {})).await?;
    let refreshed = context.refreshed();
    match progress {
        // The scheduled job has completed the erasure concurrently.
        Progress::CompletedElsewhere => {
            let answer = Answer::ok(ErasureResult::erased(begun));
            refreshed.commit_final(|| Ok(Change::new()), answer).await
        }
        Progress::Complete(record) if record.is_erased => {
            let answer = Answer::ok(ErasureResult::erased(&record));
            refreshed.commit_final(|| Ok(Change::new()), answer).await
        }
        Progress::Complete(record) => {
            let last = || Ok(mark_erased(&refreshed, &record)?.0);
            refreshed.commit_final(last, Answer::ok(ErasureResult::erased(&record))).await
        }
        Progress::Left(record) => {
            let result = ErasureResult::of(ErasureState::Erasing, record.records.clone(), record.counts);
            let answer = Answer::accepted("/v1/history?type=person.erased".to_owned(), result);
            refreshed.commit_final(|| Ok(Change::new()), answer).await
        }
    }
}
