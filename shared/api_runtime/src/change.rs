//! A change is data: its writes with their conditions, what a condition that fails means to the caller, and the events
//! that the change leaves.

use std::fmt::Display;
use std::marker::PhantomData;

use domain::{ErrorKind, Fault, NewEvent, ProblemKind, Timestamp, Version};

use crate::condition::{ConditionFailure, IfMatch};
use crate::table::idempotency::IdempotencyRecord;
use crate::table::item::{Entity, Item, from_item, to_item};
use crate::table::pattern::Lookup;
use crate::table::reservation::Reservation;
use crate::table::transaction::FailedCondition;
use crate::table::write::{Action, Expression, Update, Write};
use crate::table::{Error, Key};

type OnFailure = Box<dyn Fn(Option<Item>) -> Result<ConditionFailure, Error> + Send + Sync>;

/// A condition of a change that fails when an entity exists already.
pub struct Existing<E> {
    write: usize,
    entity: PhantomData<fn() -> E>,
}

/// What an operation wants written.
#[derive(Default)]
pub struct Change {
    writes: Vec<Write>,
    /// For each write, what it means that its condition fails.
    on_failure: Vec<OnFailure>,
    events: Vec<NewEvent>,
    rejected: Vec<(ProblemKind, Fault)>,
}

impl Change {
    /// An empty change.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves an event.
    pub fn record(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// The events it leaves.
    pub(crate) fn events(&self) -> &[NewEvent] {
        &self.events
    }

    /// Its writes.
    pub(crate) fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// How many items it writes or checks, its events included. A transaction takes 100.
    pub fn items(&self) -> usize {
        self.writes.len() + self.events.len()
    }

    /// Rejects the change for a reason that was read; the caller learns of it together with the conditions that fail.
    pub fn reject(&mut self, reason: &ErrorKind, steps: &[&dyn Display]) {
        self.reject_with(reason.kind, reason.at(steps));
    }

    /// Rejects the change for a fault with a detail of its own.
    pub fn reject_with(&mut self, kind: ProblemKind, fault: Fault) {
        self.rejected.push((kind, fault));
    }

    /// Whether nothing that was read stands against it.
    pub fn is_acceptable(&self) -> bool {
        self.rejected.is_empty()
    }

    /// For what the change is rejected already.
    pub(crate) fn take_rejected(&mut self) -> Vec<ConditionFailure> {
        let rejected = std::mem::take(&mut self.rejected).into_iter();
        rejected.map(|(kind, fault)| ConditionFailure::Rejected(kind, fault)).collect()
    }

    /// What the conditions that failed mean.
    pub(crate) fn failures(&self, failed: &[FailedCondition]) -> Result<Vec<ConditionFailure>, Error> {
        let failures = failed.iter().map(|FailedCondition { write, stored }| {
            let on_failure = self.on_failure.get(*write);
            let on_failure = on_failure.ok_or_else(|| Error::Internal("no such write".to_owned()))?;
            on_failure(stored.clone())
        });
        failures.collect()
    }

    /// Requires that something exists.
    pub fn require<L: Lookup>(
        &mut self,
        lookup: &L,
        absent: impl Fn() -> ConditionFailure + Send + Sync + 'static,
    ) {
        self.write(Write::on(Expression::exists(), lookup.key(), Action::Check), move |_| Ok(absent()));
    }

    /// Requires that something does not exist.
    pub fn require_absent<L: Lookup>(
        &mut self,
        lookup: &L,
        present: impl Fn() -> ConditionFailure + Send + Sync + 'static,
    ) {
        self.write(Write::on(Expression::is_absent(), lookup.key(), Action::Check), move |_| Ok(present()));
    }

    /// Rejects the change for the item that is stored, or is not, unless the call took effect before: then its stored answer
    /// is the reply.
    pub fn forbid<L: Lookup>(
        &mut self,
        lookup: &L,
        why: impl Fn(Option<L::Entity>) -> ConditionFailure + Send + Sync + 'static,
    ) {
        self.require_that(lookup, Expression::never(), why);
    }

    /// Requires that something is in a state. When the condition fails, `on_failure` receives the stored item, if there is
    /// one.
    pub fn require_that<L: Lookup>(
        &mut self,
        lookup: &L,
        condition: Expression,
        on_failure: impl Fn(Option<L::Entity>) -> ConditionFailure + Send + Sync + 'static,
    ) {
        self.write(Write::on(condition, lookup.key(), Action::Check), move |stored| {
            Ok(on_failure(stored.map(from_item).transpose()?))
        });
    }

    /// Requires that a value still belongs to this owner.
    pub fn require_owner<L: Lookup<Entity = Reservation>>(
        &mut self,
        value: &L,
        owner: impl Display,
        otherwise: impl Fn() -> ConditionFailure + Send + Sync + 'static,
    ) {
        let same = Expression::new("#owner = :owner").text("owner", owner.to_string());
        self.require_that(value, same, move |_| otherwise());
    }

    /// Creates what has a new id, and so cannot exist.
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn create<E: Entity>(&mut self, entity: &E) -> Result<(), Error> {
        self.write(creation(entity)?, |_| Ok(ConditionFailure::Impossible));
        Ok(())
    }

    /// Creates what must not exist yet; `on_failure` receives what exists instead.
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn create_once<E: Entity>(
        &mut self,
        entity: &E,
        on_failure: impl Fn(E) -> ConditionFailure + Send + Sync + 'static,
    ) -> Result<(), Error> {
        self.write(creation(entity)?, move |stored| Ok(on_failure(existing(stored)?)));
        Ok(())
    }

    /// Creates what was read as absent. With `If-Match` nothing is created: no version of it exists.
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn create_absent<E: Entity>(&mut self, entity: &E, if_match: Option<IfMatch>) -> Result<(), Error> {
        let (condition, failure): (_, fn() -> _) = match if_match {
            Some(_) => (Expression::never(), || ConditionFailure::VersionMismatch),
            None => (Expression::is_absent(), || ConditionFailure::Stale),
        };
        let put = Write::on(condition, entity.key(), Action::Put(to_item(entity)?));
        self.write(put, move |_| Ok(failure()));
        Ok(())
    }

    /// Creates what, once created, is only confirmed by creating it again: `on_failure` receives what exists, and says
    /// whether that is it. With `If-Match` nothing is created, and only an allowed version confirmed.
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn create_or_confirm<E: Entity>(
        &mut self,
        entity: &E,
        if_match: Option<IfMatch>,
        on_failure: impl Fn(E) -> ConditionFailure + Send + Sync + 'static,
    ) -> Result<Existing<E>, Error> {
        let condition = if if_match.is_some() { Expression::never() } else { Expression::is_absent() };
        let put = Write::on(condition, entity.key(), Action::Put(to_item(entity)?));
        let write = self.writes.len();
        self.write(put, move |stored| {
            let version = stored.as_ref().and_then(|item| item.get("version")?.as_n().ok()?.parse().ok());
            match if_match {
                Some(meant) if !version.is_some_and(|version| meant.allows(version)) => {
                    Ok(ConditionFailure::VersionMismatch)
                }
                _ => Ok(on_failure(existing(stored)?)),
            }
        });
        Ok(Existing { write, entity: PhantomData })
    }

    /// Writes nothing to what was read as version `seen`, and is as it should be already; otherwise as
    /// [`Self::replace`].
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn confirm<E: Entity>(
        &mut self,
        entity: &E,
        seen: Version,
        if_match: Option<IfMatch>,
    ) -> Result<(), Error> {
        self.while_unchanged(entity, Action::Check, seen, if_match)
    }

    /// Writes again what was read as version `seen`. When somebody else wrote it since, the operation is retried. With
    /// `If-Match` nothing is written unless it allows that version.
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn replace<E: Entity>(
        &mut self,
        entity: &E,
        seen: Version,
        if_match: Option<IfMatch>,
    ) -> Result<(), Error> {
        self.while_unchanged(entity, Action::Put(to_item(entity)?), seen, if_match)
    }

    /// Removes what was read as version `seen`; otherwise as [`Self::replace`].
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn remove_seen<E: Entity>(
        &mut self,
        entity: &E,
        seen: Version,
        if_match: Option<IfMatch>,
    ) -> Result<(), Error> {
        self.while_unchanged(entity, Action::Delete, seen, if_match)
    }

    fn while_unchanged<E: Entity>(
        &mut self,
        entity: &E,
        action: Action,
        seen: Version,
        if_match: Option<IfMatch>,
    ) -> Result<(), Error> {
        if if_match.is_some_and(|meant| !meant.allows(seen)) {
            let never = Write::on(Expression::never(), entity.key(), action);
            self.write(never, |_| Ok(ConditionFailure::VersionMismatch));
            return Ok(());
        }
        // What is found by its name may have been removed, and another of this version created in its place.
        let created = to_item(entity)?.get("createdAt").and_then(|created| created.as_s().ok().cloned());
        let unchanged = match created {
            Some(created) => {
                Expression::new("#version = :seen AND #createdAt = :created").text("created", created)
            }
            None => Expression::new("#version = :seen"),
        };
        let write = Write::on(unchanged.number("seen", seen), entity.key(), action);
        self.write(write, |_| Ok(ConditionFailure::Stale));
        Ok(())
    }

    /// Writes what nothing depends on.
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn put<E: Entity>(&mut self, entity: &E) -> Result<(), Error> {
        self.add(Write::put(entity)?);
        Ok(())
    }

    /// Creates what may exist already, and leaves it then as it is.
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn ensure<E: Entity>(&mut self, entity: &E) -> Result<(), Error> {
        self.add(Write::ensure(entity)?);
        Ok(())
    }

    /// Removes what nothing depends on, whether or not it exists.
    pub fn remove<E: Entity>(&mut self, entity: &E) {
        self.add(Write::always(entity.key(), Action::Delete));
    }

    /// Changes attributes that are in no index key; when the condition fails, `on_failure` receives the stored item, if
    /// there is one.
    pub fn update<L: Lookup>(
        &mut self,
        lookup: &L,
        Update { update, condition }: Update,
        on_failure: impl Fn(Option<L::Entity>) -> ConditionFailure + Send + Sync + 'static,
    ) {
        self.write(Write::on(condition, lookup.key(), Action::Update(update)), move |stored| {
            Ok(on_failure(stored.map(from_item).transpose()?))
        });
    }

    /// Adds a write whose condition, if it has one, fails only when something that was read has changed since.
    pub fn add(&mut self, write: Write) {
        self.write(write, |_| Ok(ConditionFailure::Stale));
    }

    /// Stores an answer for repeats of the call, unless one is stored already and has not expired.
    pub(crate) fn store_answer(&mut self, record: &IdempotencyRecord, now: Timestamp) -> Result<(), Error> {
        self.write(Write::on(is_free(now), record.key(), Action::Put(to_item(record)?)), replay);
        Ok(())
    }

    /// Requires that no answer is stored for repeats of the call.
    pub(crate) fn require_first(&mut self, at: Key, now: Timestamp) {
        self.write(Write::on(is_free(now), at, Action::Check), replay);
    }

    fn write(
        &mut self,
        write: Write,
        on_failure: impl Fn(Option<Item>) -> Result<ConditionFailure, Error> + Send + Sync + 'static,
    ) {
        self.writes.push(write);
        self.on_failure.push(Box::new(on_failure));
    }
}

impl<E: Entity> Existing<E> {
    /// What exists, if that condition is among those that failed.
    pub(crate) fn among(&self, failed: &[FailedCondition]) -> Result<Option<E>, Error> {
        let stored = failed.iter().find(|failed| failed.write == self.write);
        stored.and_then(|failed| failed.stored.clone()).map(from_item).transpose()
    }
}

fn creation<E: Entity>(entity: &E) -> Result<Write, Error> {
    Ok(Write::on(Expression::is_absent(), entity.key(), Action::Put(to_item(entity)?)))
}

fn existing<E: Entity>(stored: Option<Item>) -> Result<E, Error> {
    from_item(stored.ok_or_else(|| Error::Internal("what exists was not returned".to_owned()))?)
}

fn is_free(now: Timestamp) -> Expression {
    Expression::new("attribute_not_exists(#pk) OR #expiresAt <= :now").text("now", now.to_string())
}

fn replay(stored: Option<Item>) -> Result<ConditionFailure, Error> {
    stored.map_or(Ok(ConditionFailure::Impossible), |record| Ok(ConditionFailure::Replay(from_item(record)?)))
}
