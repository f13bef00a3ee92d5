//! Commits changes: a change, its events and the record of its answer are one transaction.

use domain::{Author, ErrorKind, Event, EventId, Fault, FaultPointer, NewEvent, Problem, ProblemKind};

use super::{Context, IdempotencySlot};
use crate::answer::{Answer, Failure, Output, Replay, Reply};
use crate::change::{Change, CreateHandle};
use crate::condition::ConditionFailure;
use crate::table::error::Error;
use crate::table::idempotency::IdempotencyRecord;
use crate::table::item::Entity;
use crate::table::transaction::{FailedCondition, Outcome};

/// Outcome of the first transaction of a sequence.
pub enum Started<E> {
    /// The transaction took effect.
    New,
    /// An earlier, equal call began the sequence and has not completed it: this is its record.
    InProgress(E),
    /// An earlier, equal call completed the sequence: this is its answer.
    Replay(Replay),
}

/// A change that did not take effect.
struct FailedChange {
    failed: Vec<FailedCondition>,
    failures: Vec<ConditionFailure>,
}

/// Outcome of an unmet change, if it is not a problem.
enum Resolution {
    Replay(Replay),
    AlreadyDone,
}

impl Context<'_> {
    /// Commits a change, its events and the record of its answer in one transaction. With `validateOnly` only the
    /// conditions of the change are checked.
    ///
    /// # Errors
    ///
    /// The problem that the failed conditions mean, by this precedence: not found; forbidden; idempotency key used for
    /// another request; version differs; state; rules. A stale read is contention, and takes precedence over the
    /// version.
    pub async fn commit<O: Output>(&self, change: Change, answer: Answer<O>) -> Result<Reply<O>, Failure> {
        let (reply, _) = self.commit_unless_done(change, answer).await?;
        reply.ok_or_else(|| unexpected_failure().into())
    }

    /// Commits like [`Self::commit`], but if the entity that the change creates already exists, the reply shows the
    /// stored one.
    ///
    /// # Errors
    ///
    /// Those of [`Self::commit`].
    pub async fn commit_or_confirm<E, O>(
        &self,
        change: Change,
        answer: Answer<O>,
        existing: CreateHandle<E>,
        shown: impl FnOnce(E) -> O + Send,
    ) -> Result<Reply<O>, Failure>
    where
        E: Entity,
        O: Output,
    {
        let (reply, failed) = self.commit_unless_done(change, answer).await?;
        if let Some(reply) = reply {
            return Ok(reply);
        }
        let answer = Answer::ok(shown(existing.among(&failed)?.ok_or_else(unexpected_failure)?));
        if self.validates_only() {
            return Ok(Reply::Validated(answer));
        }
        let replay = self.store(&answer).await?;
        Ok(replay.map_or_else(|| Reply::Answer(answer), Reply::from))
    }

    /// Commits a change and returns its reply. If the wanted state already exists, there is no reply, and the failed
    /// conditions are returned.
    async fn commit_unless_done<O: Output>(
        &self,
        mut change: Change,
        answer: Answer<O>,
    ) -> Result<(Option<Reply<O>>, Vec<FailedCondition>), Failure> {
        if !self.validates_only() {
            match change.is_acceptable() {
                true => self.store_answer(&mut change, &answer)?,
                false => self.require_no_stored_answer(&mut change),
            }
        }
        let Some(FailedChange { failed, failures }) = self.send(&mut change).await? else {
            let reply = match self.validates_only() {
                true => Reply::Validated(Answer { status: 200, location: None, ..answer }),
                false => Reply::Answer(answer),
            };
            return Ok((Some(reply), Vec::new()));
        };
        Ok(match self.resolve(failures)? {
            Resolution::Replay(replay) => (Some(replay.into()), failed),
            Resolution::AlreadyDone => (None, failed),
        })
    }

    /// Commits a change that has no answer of its own, together with its events, in one transaction.
    ///
    /// # Errors
    ///
    /// Those of [`Self::commit`].
    pub async fn apply(&self, mut change: Change) -> Result<(), Failure> {
        match self.send(&mut change).await? {
            None => Ok(()),
            Some(unmet) => self.resolve(unmet.failures).and_then(|_| Err(unexpected_failure().into())),
        }
    }

    /// Commits the first transaction of a sequence; its answer is stored with the last one. If an earlier, equal call
    /// completed the sequence, returns its answer.
    ///
    /// # Errors
    ///
    /// Those of [`Self::commit`].
    pub async fn begin(&self, mut change: Change) -> Result<Option<Replay>, Failure> {
        self.require_no_stored_answer(&mut change);
        match self.send(&mut change).await? {
            None => Ok(None),
            Some(unmet) => match self.resolve(unmet.failures)? {
                Resolution::Replay(replay) => Ok(Some(replay)),
                Resolution::AlreadyDone => Err(unexpected_failure().into()),
            },
        }
    }

    /// Begins a sequence like [`Self::begin`], but also finds the record of an earlier call that began it and has not
    /// completed it; `is_same` tells whether the record is of an equal request. Such a sequence can be resumed even if
    /// another request has used its idempotency key since.
    ///
    /// # Errors
    ///
    /// Those of [`Self::commit`]; 422 if the record is of another request.
    pub async fn begin_or_resume<E: Entity>(
        &self,
        mut change: Change,
        existing: CreateHandle<E>,
        is_same: impl Fn(&E) -> bool + Send,
    ) -> Result<Started<E>, Failure> {
        self.require_no_stored_answer(&mut change);
        let Some(FailedChange { failed, failures }) = self.send(&mut change).await? else {
            return Ok(Started::New);
        };
        if let Some(existing) = existing.among(&failed)?.filter(is_same) {
            return Ok(Started::InProgress(existing));
        }
        match self.resolve(failures)? {
            Resolution::Replay(replay) => Ok(Started::Replay(replay)),
            Resolution::AlreadyDone => Err(key_reused()),
        }
    }

    /// Commits the last transaction of a sequence. If another request has used the call's idempotency key since, the
    /// transaction still takes effect, but its answer is not stored for replay.
    ///
    /// # Errors
    ///
    /// Those of [`Self::commit`].
    pub async fn commit_final<O: Output + Clone>(
        &self,
        last: impl Fn() -> Result<Change, Failure>,
        answer: Answer<O>,
    ) -> Result<Reply<O>, Failure> {
        match self.commit(last()?, answer.clone()).await {
            Err(failure) if failure.is_key_reused() => self.detached().commit(last()?, answer).await,
            ended => ended,
        }
    }

    /// Refuses a call and records an event about it, once per `mark`. If the call already took effect, its stored
    /// answer is replayed instead.
    ///
    /// # Errors
    ///
    /// The problem, unless an answer is replayed.
    pub async fn refuse<O, E: Entity>(
        &self,
        problem: Problem,
        once_marker: &E,
        event: NewEvent,
    ) -> Result<Reply<O>, Failure> {
        let mut change = Change::new();
        self.require_no_stored_answer(&mut change);
        change.create_or_reject(once_marker, |_| ConditionFailure::AlreadyDone)?;
        change.record(event);
        match self.send(&mut change).await? {
            None => Err(problem.into()),
            Some(unmet) => match self.resolve(unmet.failures)? {
                Resolution::Replay(replay) => Ok(replay.into()),
                Resolution::AlreadyDone => Err(problem.into()),
            },
        }
    }

    /// Stores the answer of a call that changed nothing, so that repeated calls get the same one. Returns the stored
    /// answer if an equal call already has one.
    async fn store<O: Output>(&self, answer: &Answer<O>) -> Result<Option<Replay>, Failure> {
        let mut change = Change::new();
        self.store_answer(&mut change, answer)?;
        match self.send(&mut change).await? {
            None => Ok(None),
            Some(unmet) => match self.resolve(unmet.failures)? {
                Resolution::Replay(replay) => Ok(Some(replay)),
                Resolution::AlreadyDone => Err(unexpected_failure().into()),
            },
        }
    }

    /// Sends a change with its events. If the call is only validated or the change is already rejected, only the
    /// conditions are checked.
    async fn send(&self, change: &mut Change) -> Result<Option<FailedChange>, Error> {
        let mut failures = change.take_rejected();
        let outcome = if self.validates_only() || !failures.is_empty() {
            self.table.check(change.writes()).await?
        } else {
            let author = self.author().await?;
            for event in self.dated(author, change.events()) {
                change.put(&event)?;
            }
            let outcome = self.table.commit(change.writes()).await?;
            if matches!(outcome, Outcome::Done) {
                self.spell(&change.names).await;
            }
            outcome
        };
        let failed = match outcome {
            Outcome::Done if failures.is_empty() => return Ok(None),
            Outcome::Done => Vec::new(),
            Outcome::Failed(failed) => failed,
        };
        failures.extend(change.failures(&failed)?);
        Ok(Some(FailedChange { failed, failures }))
    }

    /// Dates the events of a change and gives them ids. Events of the same time sort as they were recorded.
    fn dated(&self, author: Author, events: &[NewEvent]) -> Vec<Event> {
        let time_of = |event: &NewEvent| event.not_before.map_or(self.now, |time| time.max(self.now));
        let mut events: Vec<_> = events.iter().map(|event| (time_of(event), event.clone())).collect();
        events.sort_by_key(|(time, _)| *time);
        let mut ids: Vec<EventId> = events.iter().map(|(time, _)| self.ids.next(*time)).collect();
        // Concurrent calls take ids from the same source, so those of one millisecond may not ascend.
        ids.sort_unstable();
        let event = |(id, (time, event))| Event::new(id, time, author.clone(), event);
        ids.into_iter().zip(events).map(event).collect()
    }

    /// Requires that no unexpired answer is stored under the call's key, if it has one.
    fn require_no_stored_answer(&self, change: &mut Change) {
        if let Some(slot) = self.idempotency() {
            change.require_no_stored_answer(slot.at.clone(), &slot.request, self.now);
        }
    }

    /// Stores the call's answer for replay in the same transaction, if the call has a key.
    fn store_answer<O: Output>(&self, change: &mut Change, answer: &Answer<O>) -> Result<(), Error> {
        let Some(IdempotencySlot { at, request, is_message, is_claim }) = self.idempotency().cloned() else {
            return Ok(());
        };
        let body = answer.written()?;
        let expires_at = (!is_message).then(|| self.answer_expires_at());
        let (status, location, version) = (answer.status, answer.location.clone(), answer.body.version());
        let claimed_by = is_claim.then(|| request.clone());
        let record =
            IdempotencyRecord { at, request, claimed_by, status, location, version, body, expires_at };
        change.store_answer(&record, self.now)
    }

    /// Determines the outcome of a change from the conditions that failed.
    fn resolve(&self, failures: Vec<ConditionFailure>) -> Result<Resolution, Failure> {
        let (mut replay, mut stale, mut version_mismatch, mut already_done) = (None, false, None, false);
        let (mut not_found, mut forbidden) = (Vec::new(), Vec::new());
        let (mut state, mut rules) = (Vec::new(), Vec::new());
        for failure in failures {
            match failure {
                ConditionFailure::NotFound => return Err(Problem::not_found().into()),
                ConditionFailure::Replay(record) => replay = Some(record),
                ConditionFailure::Stale => stale = true,
                ConditionFailure::VersionMismatch(current) => version_mismatch = Some(current),
                ConditionFailure::AlreadyDone => already_done = true,
                ConditionFailure::Rejected(ProblemKind::NotFound, fault) => not_found.push(fault),
                ConditionFailure::Rejected(ProblemKind::Forbidden, fault) => forbidden.push(fault),
                ConditionFailure::Rejected(ProblemKind::State, fault) => state.push(fault),
                ConditionFailure::Rejected(_, fault) => rules.push(fault),
                // If no other condition failed, this is the internal error at the end.
                ConditionFailure::Impossible => {}
            }
        }
        if !not_found.is_empty() {
            return Err(Problem::of(ProblemKind::NotFound, not_found).into());
        }
        if !forbidden.is_empty() {
            return Err(Problem::of(ProblemKind::Forbidden, forbidden).into());
        }
        if let Some(record) = replay {
            let slot = self.idempotency();
            let is_equal = slot.is_some_and(|slot| slot.request == record.request);
            return match is_equal || record.request.is_empty() {
                true => Ok(Resolution::Replay(Replay(Box::new(record)))),
                false if slot.is_some_and(|slot| slot.is_message) => Err(webhook_id_reused()),
                false => Err(key_reused()),
            };
        }
        if stale {
            return Err(Error::Contended("stale".to_owned()).into());
        }
        if let Some(current) = version_mismatch {
            let detail = match current {
                Some(version) => {
                    format!("the object has version {version}: read it again and retry with its ETag")
                }
                None => "the object does not exist, so it has no version".to_owned(),
            };
            return Err(header_problem("If-Match", ProblemKind::Precondition, "version-mismatch", &detail));
        }
        if already_done {
            return Ok(Resolution::AlreadyDone);
        }
        if !state.is_empty() {
            state.extend(rules);
            return Err(Problem::of(ProblemKind::State, state).into());
        }
        if !rules.is_empty() {
            return Err(Problem::of(ProblemKind::Rule, rules).into());
        }
        Err(unexpected_failure().into())
    }
}

fn unexpected_failure() -> Error {
    Error::Internal("a condition failed and no condition explains the failure".to_owned())
}

fn key_reused() -> Failure {
    let ErrorKind { kind, code, about } = Failure::KEY_REUSED;
    header_problem("Idempotency-Key", kind, code, about)
}

fn webhook_id_reused() -> Failure {
    let ErrorKind { kind, code, about } = Failure::WEBHOOK_ID_REUSED;
    header_problem("webhook-id", kind, code, about)
}

fn header_problem(header: &str, kind: ProblemKind, code: &str, detail: &str) -> Failure {
    Problem::of(kind, vec![Fault::new(FaultPointer::parameter(header), code, detail)]).into()
}
