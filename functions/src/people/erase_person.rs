//! `erase-person`

use api_runtime::http::problem::STILL_RUNNING_CODE;
use api_runtime::table::{ErasureOf, Error, Pause};
use api_runtime::{
    Answer, Change, ConditionFailure, Context, Failure, Json, Method, Nothing, Operation, Output, Reply,
    Request, Route, Size, route,
};
use deserr::Deserr;
use domain::erasure::{Erasure, ErasureCounts, RecordIds};
use domain::{Actor, Email, ErrorKind, Faults, Metadata, OrganizationId, Role};
use schemars::JsonSchema;
use serde::Serialize;

use crate::erasure::sequence::{LEASE, Progress, last_but_one, run};
use crate::erasure::survey::{Texts, WrittenText};
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
    /// updates, and reasons of access requests. Default: `false`, which keeps them.
    #[deserr(default)]
    #[schemars(default)]
    redact_texts: bool,
}

/// State of an erasure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ErasureState {
    /// Everything that was found is erased, or nothing was found.
    Erased,
    /// The scheduled job continues with the rest.
    Erasing,
}

/// The result of an erasure, or its preview with `validateOnly`. It has no e-mail.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasureResult {
    /// State of the erasure.
    state: ErasureState,
    /// Records of the person, which are kept without name and e-mail.
    records: RecordIds,
    /// Numbers of what the erasure changes, as they were when it began.
    counts: ErasureCounts,
    /// In the preview, the organizations whose last contact manager the person is. They have none afterwards. Absent if
    /// there are none, and in the result.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    last_contact_manager_of: Vec<OrganizationId>,
    /// In the preview, the texts that the person wrote, and the details that are removed; at most 100. Absent if there are
    /// none, and in the result.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    texts: Vec<WrittenText>,
    /// In the preview, the number of texts that are not listed. Absent if it is 0, and in the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    more_texts: Option<usize>,
}

impl Output for ErasureResult {}

impl ErasureResult {
    fn of(state: ErasureState, records: RecordIds, counts: ErasureCounts) -> Self {
        let (last_contact_manager_of, texts) = (Vec::new(), Vec::new());
        Self { state, records, counts, last_contact_manager_of, texts, more_texts: None }
    }

    fn erased(record: &Erasure) -> Self {
        Self::of(ErasureState::Erased, record.records.clone(), record.counts)
    }
}

impl Operation for ErasePerson {
    const NAME: &str = "erase-person";
    const SUMMARY: &str = "Erase a person irreversibly";
    const DESCRIPTION: &str = "Only operators may call it. Erases the person with an e-mail from all records: \
        customers of every organization and of none, members of every partner, and the vendor's staff, also \
        those that were removed before. The records keep their ids and dates, so that the history stays, \
        and lose name, e-mail and `externalId` for good. Active records are removed first, also the last contact manager of an \
        organization; individual grants end, pending access requests by the person are cancelled and those \
        addressed to it lapse; own entitlements end and lose their texts, e-mails, telephone numbers and web \
        addresses; notification preferences, and contacts that orders named, are removed. The e-mail is free for a new \
        record, which inherits nothing. Texts that the person wrote are kept unless `redactTexts` is `true`; \
        with `validateOnly` the answer lists them. It does not reach backups, logs, stored answers to calls with an \
        idempotency key (30 days), and texts that others wrote. An e-mail that nothing has is \
        answered with zeros, so a repeat is idempotent; a repeat while the erasure runs is refused (409 \
        `still-running`). What takes longer is finished by the scheduled job (202), which also looks once more a minute \
        later and only then forgets the e-mail itself. Records `person.erased`, and the events of what ends.";
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
            Some(record) if !record.is_erased => Box::pin(continue_erasure(context, &record)).await,
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
    let traces = Box::pin(Traces::of(context, email, context.now, &RecordIds::default())).await?;
    let (mut records, counts) = (traces.record_ids(), traces.counts(context.now));
    let mut result = ErasureResult::of(ErasureState::Erased, records.clone(), counts);
    let mut change = Change::new();
    if traces.is_empty(&counts, before.is_some()) {
        match &before {
            Some(before) => change.confirm(before, before.metadata.version, None)?,
            None => change.require_absent(&ErasureOf(email.clone()), || ConditionFailure::Stale),
        }
        return context.commit(change, Answer::ok(result)).await;
    }
    // The last look of the erasure before has not come yet: it is left to this one.
    if let Some(before) = &before {
        records.extend(&before.records);
    }
    let lease_end = context.now.after(LEASE);
    let metadata = before.as_ref().map_or(Metadata::new(context.now), |one| one.metadata.next(context.now));
    let record = Erasure {
        email: email.clone(),
        began_at: context.now,
        records,
        counts,
        redacts_texts: body.redact_texts,
        is_erased: false,
        resume_at: lease_end,
        metadata,
    };
    match &before {
        Some(before) => change.replace(&record, before.metadata.version, None)?,
        None => change.create_or_retry(&record, None)?,
    }
    if context.validates_only() {
        let Texts { listed, more } = Box::pin(traces.texts(context)).await?;
        (result.texts, result.more_texts) = (listed, Some(more).filter(|more| *more > 0));
        result.last_contact_manager_of = Box::pin(traces.managed_alone(context)).await?;
        return context.commit(change, Answer::ok(result)).await;
    }
    context.declare_lease(lease_end);
    match context.begin(change).await? {
        Some(replay) => Ok(replay.into()),
        None => Box::pin(run_to_completion(context, &record)).await,
    }
}

/// Takes over an erasure whose lease has ended; refuses the call while another one is at work.
async fn continue_erasure(context: &Context<'_>, record: &Erasure) -> Result<Reply<ErasureResult>, Failure> {
    let mut change = Change::new();
    let answer = Answer::ok(ErasureResult::erased(record));
    if context.validates_only() {
        change.confirm(record, record.metadata.version, None)?;
        return context.commit(change, answer).await;
    }
    if record.resume_at > context.now {
        context.declare_lease(record.resume_at);
        change.reject(&STILL_RUNNING, &[]);
        change.confirm(record, record.metadata.version, None)?;
        return context.commit(change, answer).await;
    }
    let lease_end = context.now.after(LEASE);
    context.declare_lease(lease_end);
    let taken = Erasure { resume_at: lease_end, ..record.next(context.now) };
    change.replace(&taken, record.metadata.version, None)?;
    match context.begin(change).await? {
        Some(replay) => Ok(replay.into()),
        None => Box::pin(run_to_completion(context, &taken)).await,
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
        // The scheduled job has completed the erasure meanwhile.
        Progress::Gone => {
            let answer = Answer::ok(ErasureResult::erased(begun));
            refreshed.commit_final(|| Ok(Change::new()), answer).await
        }
        Progress::Complete(record) if record.is_erased => {
            let answer = Answer::ok(ErasureResult::erased(&record));
            refreshed.commit_final(|| Ok(Change::new()), answer).await
        }
        Progress::Complete(record) => {
            let last = || Ok(last_but_one(&refreshed, &record)?.0);
            refreshed.commit_final(last, Answer::ok(ErasureResult::erased(&record))).await
        }
        Progress::Left(record) => {
            let result = ErasureResult::of(ErasureState::Erasing, record.records.clone(), record.counts);
            let answer = Answer::accepted("/v1/history?type=person.erased".to_owned(), result);
            refreshed.commit_final(|| Ok(Change::new()), answer).await
        }
    }
}
