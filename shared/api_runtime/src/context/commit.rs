//! Committing changes: a change, its events and the record of its answer are one transaction.

use domain::{Event, Fault, FaultPointer, NewEvent, Problem, ProblemKind};

use super::{Context, IdempotencySlot};
use crate::answer::{Answer, Failure, Output, Replay, Reply};
use crate::change::{Change, Existing};
use crate::condition::ConditionFailure;
use crate::table::error::Error;
use crate::table::idempotency::IdempotencyRecord;
use crate::table::item::Entity;
use crate::table::transaction::{FailedCondition, Outcome};

/// What became of the first transaction of a sequence.
pub enum Started<E> {
    /// It took effect.
    New,
    /// An earlier, equal call began the sequence, and did not end it: this is its record.
    Existing(E),
    /// An earlier, equal call ended it: this is its answer.
    Replay(Replay),
}

/// A change that did not take effect.
struct UnmetChange {
    failed: Vec<FailedCondition>,
    failures: Vec<ConditionFailure>,
}

/// What an unmet change comes to, if not to a problem.
enum Resolution {
    Replay(Replay),
    AlreadyDone,
}

impl Context<'_> {
    /// Makes a change, its events and the record of its answer one transaction. With `validateOnly` only the conditions of
    /// the change are checked.
    ///
    /// # Errors
    ///
    /// What the conditions that failed mean, in this order: not found; forbidden; the key was used for another request; the version
    /// differs; state; rules.
    pub async fn commit<O: Output>(&self, change: Change, answer: Answer<O>) -> Result<Reply<O>, Failure> {
        let (reply, _) = self.commit_unless_done(change, answer).await?;
        reply.ok_or_else(|| unexplained().into())
    }

    /// As [`Self::commit`]; but if what the change creates exists already, the reply shows what exists.
    ///
    /// # Errors
    ///
    /// As [`Self::commit`].
    pub async fn commit_or_confirm<E, O>(
        &self,
        change: Change,
        answer: Answer<O>,
        existing: Existing<E>,
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
        let answer = Answer::ok(shown(existing.among(&failed)?.ok_or_else(unexplained)?));
        if self.validates_only() {
            return Ok(Reply::Validated(answer));
        }
        let replay = self.store(&answer).await?;
        Ok(replay.map_or_else(|| Reply::Answer(answer), Reply::from))
    }

    /// The reply, unless what the call wants is so already; then the conditions that failed.
    async fn commit_unless_done<O: Output>(
        &self,
        mut change: Change,
        answer: Answer<O>,
    ) -> Result<(Option<Reply<O>>, Vec<FailedCondition>), Failure> {
        if !self.validates_only() {
            match change.is_acceptable() {
                true => self.store_answer(&mut change, &answer)?,
                false => self.require_first(&mut change),
            }
        }
        let Some(UnmetChange { failed, failures }) = self.send(&mut change).await? else {
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

    /// Makes a change that has no answer of its own, with its events, one transaction.
    ///
    /// # Errors
    ///
    /// As [`Self::commit`].
    pub async fn apply(&self, mut change: Change) -> Result<(), Failure> {
        match self.send(&mut change).await? {
            None => Ok(()),
            Some(unmet) => self.resolve(unmet.failures).and_then(|_| Err(unexplained().into())),
        }
    }

    /// Begins what takes more than one transaction with the first of them; the answer is stored with the last one. If an
    /// earlier, equal call came to its end, its answer is the reply.
    ///
    /// # Errors
    ///
    /// As [`Self::commit`].
    pub async fn begin(&self, mut change: Change) -> Result<Option<Replay>, Failure> {
        self.require_first(&mut change);
        match self.send(&mut change).await? {
            None => Ok(None),
            Some(unmet) => match self.resolve(unmet.failures)? {
                Resolution::Replay(replay) => Ok(Some(replay)),
                Resolution::AlreadyDone => Err(unexplained().into()),
            },
        }
    }

    /// As [`Self::begin`], where an earlier call may have begun, and not ended: then its record exists already, and
    /// `is_same` tells whether it is that of an equal request. It is resumed even if another request has taken its key since.
    ///
    /// # Errors
    ///
    /// As [`Self::commit`]; 422 if the record is that of another request.
    pub async fn begin_or_find<E: Entity>(
        &self,
        mut change: Change,
        existing: Existing<E>,
        is_same: impl Fn(&E) -> bool + Send,
    ) -> Result<Started<E>, Failure> {
        self.require_first(&mut change);
        let Some(UnmetChange { failed, failures }) = self.send(&mut change).await? else {
            return Ok(Started::New);
        };
        if let Some(existing) = existing.among(&failed)?.filter(is_same) {
            return Ok(Started::Existing(existing));
        }
        match self.resolve(failures)? {
            Resolution::Replay(replay) => Ok(Started::Replay(replay)),
            Resolution::AlreadyDone => Err(key_reused()),
        }
    }

    /// Commits the last transaction of a sequence. If another request has taken the call's key since, that stands, and this
    /// answer is not stored for repeats; the transaction takes effect all the same.
    ///
    /// # Errors
    ///
    /// As [`Self::commit`].
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

    /// Refuses the call, and leaves an event about it, once per `mark`; unless the call took effect before: then its stored
    /// answer is the reply.
    ///
    /// # Errors
    ///
    /// The problem.
    pub async fn refuse<O, E: Entity>(
        &self,
        problem: Problem,
        mark: &E,
        event: NewEvent,
    ) -> Result<Reply<O>, Failure> {
        let mut change = Change::new();
        self.require_first(&mut change);
        change.create_once(mark, |_| ConditionFailure::AlreadyDone)?;
        change.record(event);
        match self.send(&mut change).await? {
            None => Err(problem.into()),
            Some(unmet) => match self.resolve(unmet.failures)? {
                Resolution::Replay(replay) => Ok(replay.into()),
                Resolution::AlreadyDone => Err(problem.into()),
            },
        }
    }

    /// Stores the answer of a call that changed nothing, so that its repeats get the same; or finds that of an equal call.
    async fn store<O: Output>(&self, answer: &Answer<O>) -> Result<Option<Replay>, Failure> {
        let mut change = Change::new();
        self.store_answer(&mut change, answer)?;
        match self.send(&mut change).await? {
            None => Ok(None),
            Some(unmet) => match self.resolve(unmet.failures)? {
                Resolution::Replay(replay) => Ok(Some(replay)),
                Resolution::AlreadyDone => Err(unexplained().into()),
            },
        }
    }

    /// Sends a change with its events; only its conditions if the call is only validated, or the change rejected already.
    async fn send(&self, change: &mut Change) -> Result<Option<UnmetChange>, Error> {
        let mut failures = change.take_rejected();
        let outcome = if self.validates_only() || !failures.is_empty() {
            self.table.check(change.writes()).await?
        } else {
            let events = change.events().to_vec().into_iter();
            for event in events.map(|event| self.event(event)) {
                change.put(&event?)?;
            }
            self.table.commit(change.writes()).await?
        };
        let failed = match outcome {
            Outcome::Done if failures.is_empty() => return Ok(None),
            Outcome::Done => Vec::new(),
            Outcome::Failed(failed) => failed,
        };
        failures.extend(change.failures(&failed)?);
        Ok(Some(UnmetChange { failed, failures }))
    }

    fn event(&self, event: NewEvent) -> Result<Event, Error> {
        Ok(Event::new(self.id(), self.now, self.author()?, event))
    }

    /// Lets a change take effect only if no answer of an earlier call is stored under its key.
    fn require_first(&self, change: &mut Change) {
        if let Some(slot) = self.idempotency() {
            change.require_first(slot.at.clone(), self.now);
        }
    }

    /// Lets a change store the call's answer for repeats, if the call has a key.
    fn store_answer<O: Output>(&self, change: &mut Change, answer: &Answer<O>) -> Result<(), Error> {
        let Some(IdempotencySlot { at, request, never_expires }) = self.idempotency().cloned() else {
            return Ok(());
        };
        let body = answer.written()?;
        let expires_at = (!never_expires).then(|| self.stored_until());
        let (status, location, version) = (answer.status, answer.location.clone(), answer.body.version());
        let record = IdempotencyRecord { at, request, status, location, version, body, expires_at };
        change.store_answer(&record, self.now)
    }

    /// What follows from the conditions that failed.
    fn resolve(&self, failures: Vec<ConditionFailure>) -> Result<Resolution, Failure> {
        let (mut replay, mut stale, mut version_mismatch, mut already_done) = (None, false, false, false);
        let (mut forbidden, mut state, mut rules) = (Vec::new(), Vec::new(), Vec::new());
        for failure in failures {
            match failure {
                ConditionFailure::NotFound => return Err(Problem::not_found().into()),
                ConditionFailure::Replay(record) => replay = Some(record),
                ConditionFailure::Stale => stale = true,
                ConditionFailure::VersionMismatch => version_mismatch = true,
                ConditionFailure::AlreadyDone => already_done = true,
                ConditionFailure::Rejected(ProblemKind::Forbidden, fault) => forbidden.push(fault),
                ConditionFailure::Rejected(ProblemKind::State, fault) => state.push(fault),
                ConditionFailure::Rejected(_, fault) => rules.push(fault),
                // If nothing else says why, that is an error below.
                ConditionFailure::Impossible => {}
            }
        }
        if !forbidden.is_empty() {
            return Err(Problem::of(ProblemKind::Forbidden, forbidden).into());
        }
        if let Some(record) = replay {
            let is_equal = self.idempotency().is_some_and(|slot| slot.request == record.request);
            return match is_equal {
                true => Ok(Resolution::Replay(Replay(Box::new(record)))),
                false => Err(key_reused()),
            };
        }
        if stale {
            return Err(Error::Contended("stale".to_owned()).into());
        }
        if version_mismatch {
            let detail = "the object is of another version";
            return Err(header_problem("If-Match", ProblemKind::Precondition, "version-mismatch", detail));
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
        Err(unexplained().into())
    }
}

fn unexplained() -> Error {
    Error::Internal("a condition failed and nothing says why".to_owned())
}

fn key_reused() -> Failure {
    header_problem("Idempotency-Key", ProblemKind::Rule, Failure::KEY_REUSED, "was used for another request")
}

fn header_problem(header: &str, kind: ProblemKind, code: &str, detail: &str) -> Failure {
    Problem::of(kind, vec![Fault::new(FaultPointer::parameter(header), code, detail)]).into()
}
