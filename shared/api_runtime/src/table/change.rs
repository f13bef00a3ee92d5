//! A change is data: what it writes, on which conditions, and the events it leaves. It is sent as one
//! transaction, or, to see what it would do, as the checks of its conditions alone.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    Update as WriteUpdate,
};
use domain::{Fault, Happening, Reason, Stage, Timestamp, Version};

use super::Error;
use super::entity::{Entity, IdempotencyRecord, Item, Reservation, from_item, to_item};
use super::key::Key;
use super::pattern::Lookup;

/// Why one of a change's conditions does not hold; in the order in which a caller is told.
#[derive(Debug)]
pub enum Refusal<O> {
    /// To this caller there is no such thing.
    NotFound,
    /// The call took effect before; this was its answer.
    Before(IdempotencyRecord),
    /// The object is of another version than `If-Match` says.
    OtherVersion,
    /// It is so already; this is the answer.
    Already(O),
    /// It is so already; another condition of the change has the answer.
    AlreadyToo,
    /// State or a rule forbids it.
    Because(Stage, Fault),
    /// What was read is not so any more: all is decided anew.
    Outdated,
    /// It cannot be, unless this very call took effect before: a new id exists only when the demo world, whose
    /// ids are counted, is made again.
    Impossible,
}

type Judge<O> = Box<dyn Fn(Option<Item>) -> Result<Refusal<O>, Error> + Send + Sync>;

/// What a change of state answers when its condition does not hold, and what it writes when it does.
pub(super) struct Step<O> {
    pub(super) key: Key,
    action: Action,
    condition: Option<Expression>,
    pub(super) judge: Judge<O>,
}

enum Action {
    Put(Item),
    Update(Expression),
    Delete,
    Check,
}

/// An expression with its names and values.
#[derive(Debug, Clone, Default)]
pub struct Expression {
    text: String,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Expression {
    /// An expression in DynamoDB's language; names stand there as `#name`, values as `:name`.
    pub fn new(text: &str) -> Self {
        let names = text
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '#'))
            .filter_map(|word| word.strip_prefix('#').map(|name| (word.to_owned(), name.to_owned())));
        Self { text: text.to_owned(), names: names.collect(), values: HashMap::new() }
    }

    /// With a number for `:name`.
    pub fn number(mut self, name: &str, value: u64) -> Self {
        self.values.insert(format!(":{name}"), AttributeValue::N(value.to_string()));
        self
    }

    /// With the negative of a number for `:name`.
    pub fn less(mut self, name: &str, value: u64) -> Self {
        self.values.insert(format!(":{name}"), AttributeValue::N(format!("-{value}")));
        self
    }

    /// With a truth for `:name`.
    pub fn truth(mut self, name: &str, value: bool) -> Self {
        self.values.insert(format!(":{name}"), AttributeValue::Bool(value));
        self
    }

    /// With a text for `:name`.
    pub fn text(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.insert(format!(":{name}"), AttributeValue::S(value.into()));
        self
    }

    /// With a set of one text for `:name`.
    pub fn set_of_one(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.insert(format!(":{name}"), AttributeValue::Ss(vec![value.into()]));
        self
    }

    pub(super) fn written(&self) -> &str {
        &self.text
    }

    pub(super) fn names(&self) -> Option<HashMap<String, String>> {
        Some(self.names.clone()).filter(|names| !names.is_empty())
    }

    pub(super) fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        Some(self.values.clone()).filter(|values| !values.is_empty())
    }
}

/// An update, and the condition without which it must not be.
pub struct Update {
    pub(super) update: Expression,
    pub(super) condition: Expression,
}

fn exists() -> Expression {
    Expression::new("attribute_exists(#pk)")
}

fn is_new() -> Expression {
    Expression::new("attribute_not_exists(#pk)")
}

/// Never holds: the transaction brings the item back and writes nothing.
fn never() -> Expression {
    Expression::new("attribute_exists(#pk) AND attribute_not_exists(#pk)")
}

/// What an operation wants written; `O` is its answer.
pub struct Change<O> {
    pub(super) steps: Vec<Step<O>>,
    happenings: Vec<Happening>,
    known: Vec<(Stage, Fault)>,
}

impl<O> Default for Change<O> {
    fn default() -> Self {
        Self { steps: Vec::new(), happenings: Vec::new(), known: Vec::new() }
    }
}

impl<O> Refusal<O> {
    /// Refused for a reason that concerns a field of the body.
    pub fn because(reason: &Reason, steps: &[&dyn std::fmt::Display]) -> Self {
        Self::Because(reason.stage, reason.at(steps))
    }
}

impl<O: 'static> Change<O> {
    /// A change of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves an event.
    pub fn record(&mut self, happening: Happening) {
        self.happenings.push(happening);
    }

    /// The events it leaves.
    pub fn happenings(&self) -> &[Happening] {
        &self.happenings
    }

    /// How many items it writes or asks of, its events included. A transaction takes 100.
    pub fn items(&self) -> usize {
        self.steps.len() + self.happenings.len()
    }

    /// Refuses the change for what was read; the caller learns of it together with what the conditions say.
    pub fn refuse(&mut self, stage: Stage, fault: Fault) {
        self.known.push((stage, fault));
    }

    /// Whether nothing that was read stands against it.
    pub fn is_known_to_be_good(&self) -> bool {
        self.known.is_empty()
    }

    /// For what the change is refused already.
    pub(crate) fn take_known(&mut self) -> Vec<Refusal<O>> {
        let known = std::mem::take(&mut self.known).into_iter();
        known.map(|(stage, fault)| Refusal::Because(stage, fault)).collect()
    }

    /// Requires that something exists.
    pub fn require<L: Lookup>(
        &mut self,
        lookup: &L,
        absent: impl Fn() -> Refusal<O> + Send + Sync + 'static,
    ) {
        self.step(lookup.key(), Action::Check, Some(exists()), move |_| Ok(absent()));
    }

    /// Requires that something does not exist.
    pub fn require_absent<L: Lookup>(
        &mut self,
        lookup: &L,
        present: impl Fn() -> Refusal<O> + Send + Sync + 'static,
    ) {
        self.step(lookup.key(), Action::Check, Some(is_new()), move |_| Ok(present()));
    }

    /// Refuses, for what is or is not there, unless the call took effect before: then that answer stands.
    pub fn forbid<L: Lookup>(
        &mut self,
        lookup: &L,
        why: impl Fn(Option<L::Entity>) -> Refusal<O> + Send + Sync + 'static,
    ) {
        self.require_that(lookup, never(), why);
    }

    /// Requires that something is in a state; `judge` sees what it is in instead, if it exists.
    pub fn require_that<L: Lookup>(
        &mut self,
        lookup: &L,
        condition: Expression,
        judge: impl Fn(Option<L::Entity>) -> Refusal<O> + Send + Sync + 'static,
    ) {
        self.step(lookup.key(), Action::Check, Some(condition), move |item| {
            Ok(judge(item.map(from_item).transpose()?))
        });
    }

    /// Requires that a value is this one's still.
    pub fn require_owner<L: Lookup<Entity = Reservation>>(
        &mut self,
        value: &L,
        owner: impl std::fmt::Display,
        otherwise: impl Fn() -> Refusal<O> + Send + Sync + 'static,
    ) {
        let same = Expression::new("#owner = :owner").text("owner", owner.to_string());
        self.require_that(value, same, move |_| otherwise());
    }

    /// Makes what has a new id, and so cannot exist.
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn create<E: Entity>(&mut self, entity: &E) -> Result<(), Error> {
        self.step(entity.key(), Action::Put(to_item(entity)?), Some(is_new()), |_| Ok(Refusal::Impossible));
        Ok(())
    }

    /// Makes what must not exist yet; `judge` sees what exists instead.
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn create_once<E: Entity>(
        &mut self,
        entity: &E,
        judge: impl Fn(E) -> Refusal<O> + Send + Sync + 'static,
    ) -> Result<(), Error> {
        self.step(entity.key(), Action::Put(to_item(entity)?), Some(is_new()), move |item| {
            let item = item.ok_or_else(|| Error::Internal("what exists was not returned".to_owned()))?;
            Ok(judge(from_item(item)?))
        });
        Ok(())
    }

    /// Makes what, once made, is only confirmed by making it again. With `If-Match` (`if_match` tells
    /// whether a version is the one that is meant) nothing is made, and only that version confirmed.
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn settle<E: Entity>(
        &mut self,
        entity: &E,
        if_match: Option<impl Fn(&E) -> bool + Send + Sync + 'static>,
        judge: impl Fn(E) -> Refusal<O> + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let condition = if if_match.is_some() { never() } else { is_new() };
        self.step(entity.key(), Action::Put(to_item(entity)?), Some(condition), move |item| {
            let existing = item.map(from_item::<E>).transpose()?;
            Ok(match (existing, &if_match) {
                (Some(existing), Some(is_meant)) if is_meant(&existing) => judge(existing),
                (Some(existing), None) => judge(existing),
                _ => Refusal::OtherVersion,
            })
        });
        Ok(())
    }

    /// Writes nothing to what was read as version `seen`, and is as it should be already; otherwise as
    /// [`Self::replace`].
    pub fn confirm<E: Entity>(
        &mut self,
        entity: &E,
        seen: Version,
        is_meant: Option<impl Fn(Version) -> bool>,
    ) {
        self.while_unchanged(entity, Action::Check, seen, is_meant);
    }

    /// Writes again what was read as version `seen`. When somebody else wrote it meanwhile, all is decided
    /// anew. With `If-Match` (`is_meant`) nothing is written unless that version is the one that is meant.
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn replace<E: Entity>(
        &mut self,
        entity: &E,
        seen: Version,
        is_meant: Option<impl Fn(Version) -> bool>,
    ) -> Result<(), Error> {
        self.while_unchanged(entity, Action::Put(to_item(entity)?), seen, is_meant);
        Ok(())
    }

    /// Removes what was read as version `seen`; otherwise as [`Self::replace`].
    pub fn remove_seen<E: Entity>(
        &mut self,
        entity: &E,
        seen: Version,
        is_meant: Option<impl Fn(Version) -> bool>,
    ) {
        self.while_unchanged(entity, Action::Delete, seen, is_meant);
    }

    fn while_unchanged<E: Entity>(
        &mut self,
        entity: &E,
        action: Action,
        seen: Version,
        is_meant: Option<impl Fn(Version) -> bool>,
    ) {
        let meant = is_meant.is_none_or(|is_meant| is_meant(seen));
        // What is found by its name may have gone, and another of this version come in its place.
        let created = to_item(entity).ok().and_then(|item| item.get("createdAt")?.as_s().ok().cloned());
        let unchanged = match created {
            Some(created) => {
                Expression::new("#version = :seen AND #createdAt = :created").text("created", created)
            }
            None => Expression::new("#version = :seen"),
        };
        let unchanged = unchanged.number("seen", seen);
        let condition = if meant { unchanged } else { never() };
        self.step(entity.key(), action, Some(condition), move |_| {
            Ok(if meant { Refusal::Outdated } else { Refusal::OtherVersion })
        });
    }

    /// Writes what nothing depends on.
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn put<E: Entity>(&mut self, entity: &E) -> Result<(), Error> {
        self.step(entity.key(), Action::Put(to_item(entity)?), None, unconditional);
        Ok(())
    }

    /// Makes what may be there already, and leaves it then as it is.
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn ensure<E: Entity>(&mut self, entity: &E) -> Result<(), Error> {
        let mut item = to_item(entity)?;
        item.retain(|name, _| name != "pk" && name != "sk");
        let set = item.keys().map(|name| format!("#{name} = if_not_exists(#{name}, :{name})"));
        let mut update = Expression::new(&format!("SET {}", set.collect::<Vec<_>>().join(", ")));
        update.values = item.into_iter().map(|(name, value)| (format!(":{name}"), value)).collect();
        self.step(entity.key(), Action::Update(update), None, unconditional);
        Ok(())
    }

    /// Removes what nothing depends on, whether or not it is there.
    pub fn remove<E: Entity>(&mut self, entity: &E) {
        self.step(entity.key(), Action::Delete, None, unconditional);
    }

    /// Changes attributes that feed no index key; `judge` sees what stands against it, if it exists.
    pub fn update<L: Lookup>(
        &mut self,
        lookup: &L,
        Update { update, condition }: Update,
        judge: impl Fn(Option<L::Entity>) -> Refusal<O> + Send + Sync + 'static,
    ) {
        self.step(lookup.key(), Action::Update(update), Some(condition), move |item| {
            Ok(judge(item.map(from_item).transpose()?))
        });
    }

    /// Adds to counts that nothing depends on.
    pub(super) fn add_up(&mut self, at: Key, update: Expression) {
        self.step(at, Action::Update(update), None, unconditional);
    }

    /// Makes what is due so at another time.
    pub(super) fn postpone(&mut self, at: &Key, Update { update, condition }: Update) {
        self.step(at.clone(), Action::Update(update), Some(condition), |_| Ok(Refusal::Outdated));
    }

    /// Keeps an answer for repeats of the call, unless one is kept already and has not expired.
    pub(crate) fn remember(&mut self, record: &IdempotencyRecord, now: Timestamp) -> Result<(), Error> {
        self.step(record.key(), Action::Put(to_item(record)?), Some(is_free(now)), took_effect_before);
        Ok(())
    }

    /// Requires that no answer is kept for repeats of the call.
    pub(crate) fn require_first(&mut self, at: Key, now: Timestamp) {
        self.step(at, Action::Check, Some(is_free(now)), took_effect_before);
    }

    fn step(
        &mut self,
        key: Key,
        action: Action,
        condition: Option<Expression>,
        judge: impl Fn(Option<Item>) -> Result<Refusal<O>, Error> + Send + Sync + 'static,
    ) {
        self.steps.push(Step { key, action, condition, judge: Box::new(judge) });
    }
}

fn is_free(now: Timestamp) -> Expression {
    Expression::new("attribute_not_exists(#pk) OR #expiresAt <= :now").text("now", now.to_string())
}

fn unconditional<O>(_: Option<Item>) -> Result<Refusal<O>, Error> {
    Err(Error::Internal("a write without condition failed on one".to_owned()))
}

fn took_effect_before<O>(item: Option<Item>) -> Result<Refusal<O>, Error> {
    item.map_or(Ok(Refusal::Impossible), |item| Ok(Refusal::Before(from_item(item)?)))
}

const RETURN_OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

fn key_attributes(key: &Key) -> Item {
    let text = |text: &String| AttributeValue::S(text.clone());
    HashMap::from([("pk".to_owned(), text(&key.pk)), ("sk".to_owned(), text(&key.sk))])
}

impl<O> Step<O> {
    /// This step as a part of a transaction.
    pub(super) fn write(&self, table: &str) -> Result<TransactWriteItem, Error> {
        let condition = self.condition.as_ref();
        let written = match &self.action {
            Action::Put(item) => TransactWriteItem::builder().put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(item.clone()))
                    .set_condition_expression(condition.map(|condition| condition.text.clone()))
                    .set_expression_attribute_names(condition.and_then(Expression::names))
                    .set_expression_attribute_values(condition.and_then(Expression::values))
                    .set_return_values_on_condition_check_failure(condition.map(|_| RETURN_OLD))
                    .build()?,
            ),
            Action::Update(update) => {
                let mut all = update.clone();
                if let Some(condition) = condition {
                    all.names.extend(condition.names.clone());
                    for (name, value) in condition.values.clone() {
                        if all.values.insert(name.clone(), value.clone()).is_some_and(|other| other != value)
                        {
                            return Err(Error::Internal(format!("`{name}` has two values in one step")));
                        }
                    }
                }
                TransactWriteItem::builder().update(
                    WriteUpdate::builder()
                        .table_name(table)
                        .set_key(Some(key_attributes(&self.key)))
                        .update_expression(&update.text)
                        .set_condition_expression(condition.map(|condition| condition.text.clone()))
                        .set_expression_attribute_names(all.names())
                        .set_expression_attribute_values(all.values())
                        .set_return_values_on_condition_check_failure(condition.map(|_| RETURN_OLD))
                        .build()?,
                )
            }
            Action::Delete => TransactWriteItem::builder().delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(key_attributes(&self.key)))
                    .set_condition_expression(condition.map(|condition| condition.text.clone()))
                    .set_expression_attribute_names(condition.and_then(Expression::names))
                    .set_expression_attribute_values(condition.and_then(Expression::values))
                    .set_return_values_on_condition_check_failure(condition.map(|_| RETURN_OLD))
                    .build()?,
            ),
            Action::Check => {
                return self.check(table).and_then(|check| {
                    check.ok_or_else(|| Error::Internal("a check without a condition".to_owned()))
                });
            }
        };
        Ok(written.build())
    }

    /// Only this step's condition, if it has one.
    pub(super) fn check(&self, table: &str) -> Result<Option<TransactWriteItem>, Error> {
        let Some(condition) = &self.condition else {
            return Ok(None);
        };
        let check = ConditionCheck::builder()
            .table_name(table)
            .set_key(Some(key_attributes(&self.key)))
            .condition_expression(&condition.text)
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .return_values_on_condition_check_failure(RETURN_OLD)
            .build()?;
        Ok(Some(TransactWriteItem::builder().condition_check(check).build()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expressions_names_are_read_from_its_text() {
        let expression = Expression::new("SET #a = #a - :n, #bC = if_not_exists(#bC, :n)").number("n", 1);
        let mut names: Vec<_> = expression.names().unwrap().into_iter().collect();
        names.sort();
        assert_eq!(names, [("#a".to_owned(), "a".to_owned()), ("#bC".to_owned(), "bC".to_owned())]);
        assert_eq!(expression.values().unwrap()[":n"], AttributeValue::N("1".to_owned()));
    }
}
