//! A change as data: its writes with their conditions, the meaning of each failed condition for the caller, and the
//! events that the change records.

use std::fmt::Display;
use std::marker::PhantomData;

use domain::{ErrorKind, Fault, NewEvent, ProblemKind, Timestamp, Version};

use crate::condition::{ConditionFailure, IfMatch};
use crate::table::idempotency::IdempotencyRecord;
use crate::table::item::{Entity, Item, from_item, to_item};
use crate::table::pattern::Lookup;
use crate::table::reservation::Owned;
use crate::table::transaction::FailedCondition;
use crate::table::write::{Action, Expression, Update, Write};
use crate::table::{Error, Key, UnspelledName};

type OnFailure = Box<dyn Fn(Option<Item>) -> Result<ConditionFailure, Error> + Send + Sync>;

/// Reference to a write that creates an entity and fails if the entity already exists.
pub struct CreateHandle<E> {
    write: usize,
    entity: PhantomData<fn() -> E>,
}

/// Writes and events that an operation commits in one transaction.
#[derive(Default)]
pub struct Change {
    writes: Vec<Write>,
    /// Handlers of failed conditions, one for each write.
    on_failure: Vec<OnFailure>,
    events: Vec<NewEvent>,
    /// Names that the change writes, whose spellings are written after it.
    pub(crate) names: Vec<UnspelledName>,
    rejected: Vec<(ProblemKind, Fault)>,
}

impl Change {
    /// Returns an empty change.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an event, which is stored in the same transaction.
    pub fn record(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// Returns the events that the change records.
    pub(crate) fn events(&self) -> &[NewEvent] {
        &self.events
    }

    /// Returns the writes and condition checks of the change, in order.
    pub(crate) fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// Returns the number of items that the change writes or checks, events included, but without the idempotency
    /// record that the commit adds. A transaction takes at most 100.
    pub fn items(&self) -> usize {
        self.writes.len() + self.events.len()
    }

    /// Rejects the change because of something that was read. The caller gets this error together with those of the
    /// conditions that fail.
    pub fn reject(&mut self, reason: &ErrorKind, steps: &[&dyn Display]) {
        self.reject_with(reason.kind, reason.at(steps));
    }

    /// Rejects the change with a fault that has a detail of its own.
    pub fn reject_with(&mut self, kind: ProblemKind, fault: Fault) {
        self.rejected.push((kind, fault));
    }

    /// Returns true if the change has not been rejected.
    pub fn is_acceptable(&self) -> bool {
        self.rejected.is_empty()
    }

    /// Takes the errors for which the change has been rejected.
    pub(crate) fn take_rejected(&mut self) -> Vec<ConditionFailure> {
        let rejected = std::mem::take(&mut self.rejected).into_iter();
        rejected.map(|(kind, fault)| ConditionFailure::Rejected(kind, fault)).collect()
    }

    /// Returns the meaning of the failed conditions for the caller.
    pub(crate) fn failures(&self, failed: &[FailedCondition]) -> Result<Vec<ConditionFailure>, Error> {
        let failures = failed.iter().map(|FailedCondition { write, stored }| {
            let on_failure = self.on_failure.get(*write);
            let on_failure = on_failure.ok_or_else(|| Error::Internal("no such write".to_owned()))?;
            on_failure(stored.clone())
        });
        failures.collect()
    }

    /// Requires that an item exists; the e-mail of a disabled person does not.
    pub fn require<L: Lookup>(
        &mut self,
        lookup: &L,
        absent: impl Fn() -> ConditionFailure + Send + Sync + 'static,
    ) {
        let exists = Expression::new(&format!("attribute_exists(#{})", L::Entity::PROOF));
        self.write(Write::on(exists, lookup.key(), Action::Check), move |_| Ok(absent()));
    }

    /// Requires that an item does not exist.
    pub fn require_absent<L: Lookup>(
        &mut self,
        lookup: &L,
        present: impl Fn() -> ConditionFailure + Send + Sync + 'static,
    ) {
        self.write(Write::on(Expression::is_absent(), lookup.key(), Action::Check), move |_| Ok(present()));
    }

    /// Rejects the change with the error that `why` derives from the stored item, if there is one. If the call already
    /// took effect, its stored answer is replayed instead.
    pub fn reject_by_stored<L: Lookup>(
        &mut self,
        lookup: &L,
        why: impl Fn(Option<L::Entity>) -> ConditionFailure + Send + Sync + 'static,
    ) {
        self.require_that(lookup, Expression::never(), why);
    }

    /// Requires that a stored item fulfills a condition. If it does not, `on_failure` receives the stored item, if
    /// there is one.
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

    /// Requires that a unique value still belongs to this owner, and that the owner is not a disabled person.
    pub fn require_owner<L: Lookup<Entity: Owned>>(
        &mut self,
        value: &L,
        owner: impl Display,
        otherwise: impl Fn() -> ConditionFailure + Send + Sync + 'static,
    ) {
        let same = Expression::new("#owner = :owner").text("owner", owner.to_string());
        self.require_that(value, same, move |_| otherwise());
    }

    /// Creates an entity whose id is new, so that it cannot exist yet.
    ///
    /// # Errors
    ///
    /// Fails only if the entity cannot be serialized.
    pub fn create<E: Entity>(&mut self, entity: &E) -> Result<(), Error> {
        self.write(creation(entity)?, |_| Ok(ConditionFailure::Impossible));
        Ok(())
    }

    /// Creates an entity that must not exist yet. If it exists, `on_failure` receives the stored entity.
    ///
    /// # Errors
    ///
    /// Fails only if the entity cannot be serialized.
    pub fn create_or_reject<E: Entity>(
        &mut self,
        entity: &E,
        on_failure: impl Fn(E) -> ConditionFailure + Send + Sync + 'static,
    ) -> Result<(), Error> {
        self.write(creation(entity)?, move |stored| Ok(on_failure(parse_stored(stored)?)));
        Ok(())
    }

    /// Creates an entity that was read as absent. If it has been created since, the operation is retried. With
    /// `If-Match` nothing is created, because no version of the entity exists.
    ///
    /// # Errors
    ///
    /// Fails only if the entity cannot be serialized.
    pub fn create_or_retry<E: Entity>(&mut self, entity: &E, if_match: Option<IfMatch>) -> Result<(), Error> {
        let (condition, failure): (_, fn() -> _) = match if_match {
            Some(_) => (Expression::never(), || ConditionFailure::VersionMismatch(None)),
            None => (Expression::is_absent(), || ConditionFailure::Stale),
        };
        let put = Write::on(condition, entity.key(), Action::Put(to_item(entity)?));
        self.write(put, move |_| Ok(failure()));
        Ok(())
    }

    /// Creates an entity idempotently. If it already exists, `on_failure` receives the stored entity and decides
    /// whether it is the wanted one. With `If-Match` nothing is created, and an existing entity is confirmed only if
    /// its version is allowed.
    ///
    /// # Errors
    ///
    /// Fails only if the entity cannot be serialized.
    pub fn create_or_confirm<E: Entity>(
        &mut self,
        entity: &E,
        if_match: Option<IfMatch>,
        on_failure: impl Fn(E) -> ConditionFailure + Send + Sync + 'static,
    ) -> Result<CreateHandle<E>, Error> {
        let condition = if if_match.is_some() { Expression::never() } else { Expression::is_absent() };
        let put = Write::on(condition, entity.key(), Action::Put(to_item(entity)?));
        let write = self.writes.len();
        self.write(put, move |stored| {
            let version = stored_version(stored.as_ref());
            match if_match {
                Some(if_match_version)
                    if !version.is_some_and(|version| if_match_version.allows(version)) =>
                {
                    Ok(ConditionFailure::VersionMismatch(version))
                }
                _ => Ok(on_failure(parse_stored(stored)?)),
            }
        });
        Ok(CreateHandle { write, entity: PhantomData })
    }

    /// Checks that an entity, which was read as version `seen` and needs no change, has not changed since; writes
    /// nothing. Otherwise like [`Self::replace`].
    ///
    /// # Errors
    ///
    /// Fails only if the entity cannot be serialized.
    pub fn confirm<E: Entity>(
        &mut self,
        entity: &E,
        seen: Version,
        if_match: Option<IfMatch>,
    ) -> Result<(), Error> {
        self.write_if_unchanged(entity, Action::Check, seen, if_match)
    }

    /// Replaces an entity that was read as version `seen`. If it has changed since, the operation is retried. With
    /// `If-Match` nothing is written unless that version is allowed.
    ///
    /// # Errors
    ///
    /// Fails only if the entity cannot be serialized.
    pub fn replace<E: Entity>(
        &mut self,
        entity: &E,
        seen: Version,
        if_match: Option<IfMatch>,
    ) -> Result<(), Error> {
        self.write_if_unchanged(entity, Action::Put(to_item(entity)?), seen, if_match)
    }

    /// Deletes an entity that was read as version `seen`. Otherwise like [`Self::replace`].
    ///
    /// # Errors
    ///
    /// Fails only if the entity cannot be serialized.
    pub fn remove_if_unchanged<E: Entity>(
        &mut self,
        entity: &E,
        seen: Version,
        if_match: Option<IfMatch>,
    ) -> Result<(), Error> {
        self.write_if_unchanged(entity, Action::Delete, seen, if_match)
    }

    fn write_if_unchanged<E: Entity>(
        &mut self,
        entity: &E,
        action: Action,
        seen: Version,
        if_match: Option<IfMatch>,
    ) -> Result<(), Error> {
        if if_match.is_some_and(|if_match_version| !if_match_version.allows(seen)) {
            let never = Write::on(Expression::never(), entity.key(), action);
            self.write(never, |stored| {
                Ok(ConditionFailure::VersionMismatch(stored_version(stored.as_ref())))
            });
            return Ok(());
        }
        // An entity with a natural key may have been deleted and created again with the same version number, so the
        // creation time must be equal, too.
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

    /// Writes an entity without a condition.
    ///
    /// # Errors
    ///
    /// Fails only if the entity cannot be serialized.
    pub fn put<E: Entity>(&mut self, entity: &E) -> Result<(), Error> {
        self.add(Write::put(entity)?);
        Ok(())
    }

    /// Creates an entity, or leaves an existing one unchanged.
    ///
    /// # Errors
    ///
    /// Fails only if the entity cannot be serialized.
    pub fn create_if_missing<E: Entity>(&mut self, entity: &E) -> Result<(), Error> {
        self.add(Write::create_if_missing(entity)?);
        Ok(())
    }

    /// Deletes an entity without a condition, whether or not it exists.
    pub fn remove<E: Entity>(&mut self, entity: &E) {
        self.add(Write::always(entity.key(), Action::Delete));
    }

    /// Updates attributes that are in no index key. If the condition fails, `on_failure` receives the stored item, if
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

    /// Adds a write. If it has a condition, a failure means that something that was read is stale, and the operation is
    /// retried.
    pub fn add(&mut self, write: Write) {
        self.write(write, |_| Ok(ConditionFailure::Stale));
    }

    /// Stores the call's answer for replay, on the condition that no unexpired answer is stored under its key.
    pub(crate) fn store_answer(&mut self, record: &IdempotencyRecord, now: Timestamp) -> Result<(), Error> {
        let condition = IdempotencyRecord::is_absent(&record.request, now);
        self.write(Write::on(condition, record.key(), Action::Put(to_item(record)?)), replay);
        Ok(())
    }

    /// Requires that no unexpired answer is stored under the key of this request.
    pub(crate) fn require_no_stored_answer(&mut self, at: Key, request: &str, now: Timestamp) {
        self.write(Write::on(IdempotencyRecord::is_absent(request, now), at, Action::Check), replay);
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

impl<E: Entity> CreateHandle<E> {
    /// Returns the stored entity if the condition of this write is among those that failed.
    pub(crate) fn among(&self, failed: &[FailedCondition]) -> Result<Option<E>, Error> {
        let stored = failed.iter().find(|failed| failed.write == self.write);
        stored.and_then(|failed| failed.stored.clone()).map(from_item).transpose()
    }
}

fn creation<E: Entity>(entity: &E) -> Result<Write, Error> {
    Ok(Write::on(Expression::is_absent(), entity.key(), Action::Put(to_item(entity)?)))
}

fn parse_stored<E: Entity>(stored: Option<Item>) -> Result<E, Error> {
    from_item(stored.ok_or_else(|| Error::Internal("the existing item was not returned".to_owned()))?)
}

fn stored_version(stored: Option<&Item>) -> Option<Version> {
    stored.and_then(|item| item.get("version")?.as_n().ok()?.parse().ok())
}

fn replay(stored: Option<Item>) -> Result<ConditionFailure, Error> {
    stored.map_or(Ok(ConditionFailure::Impossible), |record| Ok(ConditionFailure::Replay(from_item(record)?)))
}
