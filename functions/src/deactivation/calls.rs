//! The calls that deactivate and restore a party, which are the same for partners and organizations.

use api_runtime::http::problem::STILL_RUNNING_CODE;
use api_runtime::table::{Error, Pause, StoreOfPartner};
use api_runtime::{Answer, Change, ConditionFailure, Context, Failure, Output, Reply};
use domain::deactivation::{
    DeactivationCounts, DeactivationPhase, PartyDeactivation, PartyId, PartyState, RestorationCounts,
    StoreNotLinked,
};
use domain::event::{OrganizationDeactivated, PartnerDeactivated};
use domain::{ErrorKind, Fault, Name, Problem, ProblemKind, StoreLink, Timestamp, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::Party;
use super::sequence::{LEASE, Progress, begin_restoration, last_of_deactivation, last_of_restoration, run};
use super::store_link::unlink;
use super::survey::{Survey, open_matters, what_returns};

/// The party is still being deactivated or restored.
pub const STILL_RUNNING: ErrorKind = ErrorKind::state(
    STILL_RUNNING_CODE,
    "the deactivation or the restoration is still running: retry after the seconds in `Retry-After`",
);
/// The party was deactivated too long ago.
pub const RESTORATION_EXPIRED: ErrorKind = ErrorKind::state(
    "restoration-expired",
    "the deactivation is more than 30 days ago, so it is irreversible",
);

/// The result of a deactivation or a restoration, or its preview with `validateOnly`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeactivationResult {
    /// Id of the partner or organization.
    id: PartyId,
    /// State of the partner or organization; `deactivating` or `restoring` while the scheduled job continues.
    state: PartyState,
    /// Time of the deactivation; RFC 3339, UTC. Absent after a restoration, and in the preview of a deactivation.
    #[serde(skip_serializing_if = "Option::is_none")]
    deactivated_at: Option<Timestamp>,
    /// Time until which the party can be restored, exclusive; RFC 3339, UTC: 30 days after the deactivation. Absent
    /// together with `deactivatedAt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    restorable_until: Option<Timestamp>,
    /// Numbers of what ends, as they were when the deactivation began. Absent if the party is active or being restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends: Option<DeactivationCounts>,
    /// In the preview of a restoration, the numbers of what it brings back. Absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    restores: Option<RestorationCounts>,
    /// Link to a store that the deactivation removes; in the answer to a restoration, the link that the partner has, and
    /// in its preview, the new link. Absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<StoreLink>,
    /// In the preview of a restoration, the reason for which the link to the store is not made again. Absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    store_not_linked: Option<StoreNotLinked>,
    /// In the preview of a deactivation, the names of at most 10 people who are disabled; `ends.people` counts them all.
    /// Absent otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    people: Vec<Name>,
    /// In the preview of a deactivation, the names of at most 10 organizations or partners at which access or a directory
    /// entry ends. Absent otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parties: Vec<Name>,
    /// In the preview of a deactivation, the number of organizations or partners beside those in `parties`. Absent if
    /// there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    more_parties: Option<usize>,
    /// Version of the partner or organization.
    version: Version,
}

impl Output for DeactivationResult {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.version)
    }
}

impl DeactivationResult {
    /// Returns the result for a party with the record of its deactivation.
    fn of(party: &Party, record: &PartyDeactivation) -> Self {
        let is_deactivated = record.phase != DeactivationPhase::Restoring;
        Self {
            state: record.phase.into(),
            deactivated_at: is_deactivated.then_some(record.deactivated_at),
            restorable_until: is_deactivated.then_some(record.restorable_until),
            ends: is_deactivated.then_some(record.counts),
            store: record.store.clone().filter(|_| is_deactivated),
            ..Self::active(party)
        }
    }

    /// Returns the result for a party that is active.
    fn active(party: &Party) -> Self {
        Self {
            id: party.id(),
            state: PartyState::Active,
            deactivated_at: None,
            restorable_until: None,
            ends: None,
            restores: None,
            store: None,
            store_not_linked: None,
            people: Vec::new(),
            parties: Vec::new(),
            more_parties: None,
            version: party.metadata().version,
        }
    }

    /// Returns the result for an active party, with its present link to a store.
    async fn restored(context: &Context<'_>, party: &Party) -> Result<Self, Failure> {
        let store = match party {
            Party::Partner(partner) => context.table.get(&StoreOfPartner(partner.id)).await?,
            Party::Organization(_) => None,
        };
        Ok(Self { store, ..Self::active(party) })
    }

    /// Returns the preview of a deactivation, or the result after the first transaction.
    fn preview(party: &Party, survey: Survey) -> Self {
        let Survey { counts, store, people, parties, more_parties, .. } = survey;
        let (state, ends) = (PartyState::Deactivated, Some(counts));
        let more_parties = Some(more_parties).filter(|more| *more > 0);
        Self { state, ends, store, people, parties, more_parties, ..Self::active(party) }
    }
}

/// Purpose of the call that runs a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Deactivate,
    Restore,
}

/// Deactivates a party.
///
/// # Errors
///
/// [`Failure`].
pub async fn deactivate(context: &Context<'_>, id: PartyId) -> Result<Reply<DeactivationResult>, Failure> {
    let (party, record) = Party::read(context, id).await?;
    match record {
        None => begin_deactivation(context, &party).await,
        Some(record) if matches!(record.phase, DeactivationPhase::Checking | DeactivationPhase::Ending) => {
            continue_sequence(context, &party, &record, Purpose::Deactivate).await
        }
        Some(record) => {
            let mut change = Change::new();
            if record.phase == DeactivationPhase::Restoring {
                context.declare_lease(record.resume_at.unwrap_or(context.now));
                change.reject(&STILL_RUNNING, &[]);
            }
            party.confirm(&mut change, context.if_match())?;
            context.commit(change, Answer::ok(DeactivationResult::of(&party, &record))).await
        }
    }
}

async fn begin_deactivation(
    context: &Context<'_>,
    party: &Party,
) -> Result<Reply<DeactivationResult>, Failure> {
    let mut survey = Survey::of(context, party.id()).await?;
    let mut change = Change::new();
    for fault in std::mem::take(&mut survey.open_matters) {
        change.reject_with(ProblemKind::State, fault);
    }
    let lease_end = context.now.after(LEASE);
    let record = PartyDeactivation::new(party.id(), survey.counts, survey.store.clone(), context.now);
    let record = PartyDeactivation { resume_at: Some(lease_end), ..record };
    let deactivated = party.deactivated(Some(context.now), context.now);
    deactivated.replace(&mut change, party.metadata().version, context.if_match())?;
    change.create_or_retry(&record, None)?;
    let restorable_until = record.restorable_until;
    change.record(match party {
        Party::Partner(_) => deactivated.event(PartnerDeactivated { restorable_until }),
        Party::Organization(_) => deactivated.event(OrganizationDeactivated { restorable_until }),
    });
    match (&survey.store, party) {
        (Some(link), _) => unlink(context, &mut change, link)?,
        // A concurrent link to a store either is found when the call begins again or fails.
        (None, Party::Partner(partner)) => {
            change.require_absent(&StoreOfPartner(partner.id), || ConditionFailure::Stale);
        }
        (None, Party::Organization(_)) => {}
    }
    if context.validates_only() || !change.is_acceptable() {
        return context.commit(change, Answer::ok(DeactivationResult::preview(party, survey))).await;
    }
    context.declare_lease(lease_end);
    match context.begin(change).await? {
        Some(replay) => Ok(replay.into()),
        None => run_to_completion(context, party.id(), Purpose::Deactivate).await,
    }
}

/// Restores a party.
///
/// # Errors
///
/// [`Failure`].
pub async fn restore(context: &Context<'_>, id: PartyId) -> Result<Reply<DeactivationResult>, Failure> {
    let (party, record) = Party::read(context, id).await?;
    let mut change = Change::new();
    let Some(record) = record else {
        party.confirm(&mut change, context.if_match())?;
        let answer = DeactivationResult::restored(context, &party).await?;
        return context.commit(change, Answer::ok(answer)).await;
    };
    match record.phase {
        DeactivationPhase::Restoring => {
            return continue_sequence(context, &party, &record, Purpose::Restore).await;
        }
        DeactivationPhase::Checking | DeactivationPhase::Ending => {
            context.declare_lease(record.resume_at.unwrap_or(context.now));
            change.reject(&STILL_RUNNING, &[]);
        }
        DeactivationPhase::Ended if context.now >= record.restorable_until => {
            change.reject(&RESTORATION_EXPIRED, &[]);
        }
        DeactivationPhase::Ended => {}
    }
    let lease_end = context.now.after(LEASE);
    let (restored, link) = begin_restoration(context, &mut change, &party, &record, Some(lease_end)).await?;
    if context.validates_only() || !change.is_acceptable() {
        let (store, store_not_linked) = match link {
            Some(Ok(link)) => (Some(link), None),
            Some(Err(reason)) => (None, Some(reason)),
            None => (None, None),
        };
        let restores = Some(what_returns(context, id).await?);
        let preview =
            DeactivationResult { restores, store, store_not_linked, ..DeactivationResult::active(&party) };
        return context.commit(change, Answer::ok(preview)).await;
    }
    context.declare_lease(lease_end);
    match context.begin(change).await? {
        Some(replay) => Ok(replay.into()),
        None => run_to_completion(context, restored.id(), Purpose::Restore).await,
    }
}

/// Takes over a sequence whose lease has ended; refuses the call while another one is at work.
async fn continue_sequence(
    context: &Context<'_>,
    party: &Party,
    record: &PartyDeactivation,
    purpose: Purpose,
) -> Result<Reply<DeactivationResult>, Failure> {
    let mut change = Change::new();
    let lease_end = record.resume_at.filter(|end| *end > context.now);
    if let Some(lease_end) = lease_end.filter(|_| !context.validates_only()) {
        context.declare_lease(lease_end);
        change.reject(&STILL_RUNNING, &[]);
    }
    if lease_end.is_some() || context.validates_only() {
        party.confirm(&mut change, context.if_match())?;
        return context.commit(change, Answer::ok(DeactivationResult::of(party, record))).await;
    }
    let lease_end = context.now.after(LEASE);
    context.declare_lease(lease_end);
    let taken = record.moved(record.phase, Some(lease_end), context.now);
    change.replace(&taken, record.metadata.version, None)?;
    match context.begin(change).await? {
        Some(replay) => Ok(replay.into()),
        None => run_to_completion(context, party.id(), purpose).await,
    }
}

/// Continues a sequence until it is complete or has to be left to the scheduled job.
async fn run_to_completion(
    context: &Context<'_>,
    id: PartyId,
    purpose: Purpose,
) -> Result<Reply<DeactivationResult>, Failure> {
    let mut pause = Pause::default();
    loop {
        match Box::pin(run_once(context, id, purpose)).await {
            // The sequence has started, so this call must not be retried from its beginning.
            Err(Failure::Table(Error::Contended(_))) => pause.take().await,
            decided => return decided,
        }
    }
}

async fn run_once(
    context: &Context<'_>,
    id: PartyId,
    purpose: Purpose,
) -> Result<Reply<DeactivationResult>, Failure> {
    // Boxed, because the futures of all reads and steps are too large for a stack.
    let progress = Box::pin(run(context, id, || {})).await?;
    let (party, _) = Party::read(context, id).await?;
    let refreshed = context.refreshed();
    let record = match progress {
        Progress::Withdrawn(faults) => return Err(withdrawn(context, faults)),
        // An earlier pass of this call, or the scheduled job, has withdrawn the deactivation.
        Progress::Restored if purpose == Purpose::Deactivate => {
            return Err(withdrawn(context, Box::pin(open_matters(context, id)).await?));
        }
        Progress::Restored => {
            let answer = DeactivationResult::restored(context, &party).await?;
            return refreshed.commit_final(|| Ok(Change::new()), Answer::ok(answer)).await;
        }
        Progress::Left(record) => {
            let answer = Answer::accepted(location(id), DeactivationResult::of(&party, &record));
            return refreshed.commit_final(|| Ok(Change::new()), answer).await;
        }
        Progress::Complete(record) => record,
    };
    match record.phase {
        DeactivationPhase::Restoring if purpose == Purpose::Deactivate => {
            context.detached().apply(last_of_restoration(&record)?).await?;
            Err(withdrawn(context, Box::pin(open_matters(context, id)).await?))
        }
        DeactivationPhase::Restoring => {
            let answer = DeactivationResult::restored(context, &party).await?;
            refreshed.commit_final(|| last_of_restoration(&record), Answer::ok(answer)).await
        }
        // The scheduled job has completed the deactivation concurrently.
        DeactivationPhase::Ended => {
            let answer = Answer::ok(DeactivationResult::of(&party, &record));
            refreshed.commit_final(|| Ok(Change::new()), answer).await
        }
        DeactivationPhase::Checking | DeactivationPhase::Ending => {
            let (_, ended) = last_of_deactivation(&refreshed, &record)?;
            let last = || Ok(last_of_deactivation(&refreshed, &record)?.0);
            refreshed.commit_final(last, Answer::ok(DeactivationResult::of(&party, &ended))).await
        }
    }
}

/// Returns the problem that the deactivation was withdrawn, because of these faults. If they were mended since, a retry of the
/// call begins a new deactivation.
fn withdrawn(context: &Context<'_>, mut faults: Vec<Fault>) -> Failure {
    context.end_lease();
    if faults.is_empty() {
        faults.push(STILL_RUNNING.at(&[]));
    }
    Problem::of(ProblemKind::State, faults).into()
}

/// Returns the path at which the party's `deactivatedAt` is read.
fn location(id: PartyId) -> String {
    match id {
        PartyId::Partner(partner) => format!("/v1/partners/{partner}"),
        PartyId::Organization(organization) => format!("/v1/organizations/{organization}"),
    }
}
