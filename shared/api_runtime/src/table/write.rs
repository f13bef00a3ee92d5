//! One write of a transaction, and the condition on which it depends.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    Update as UpdateItem,
};

use super::error::Error;
use super::item::{Entity, Item, to_item};
use super::key::Key;

/// An expression of DynamoDB with its names and values.
#[derive(Debug, Clone, Default)]
pub struct Expression {
    text: String,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Expression {
    /// Returns an expression in DynamoDB's syntax, with attribute names written as `#name` and values as `:name`.
    pub fn new(text: &str) -> Self {
        let names = text
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '#'))
            .filter_map(|word| word.strip_prefix('#').map(|name| (word.to_owned(), name.to_owned())));
        Self { text: text.to_owned(), names: names.collect(), values: HashMap::new() }
    }

    /// Sets the value of `:name` to a number.
    pub fn number(mut self, name: &str, value: u64) -> Self {
        self.values.insert(format!(":{name}"), AttributeValue::N(value.to_string()));
        self
    }

    /// Sets the value of `:name` to the negative of a number.
    pub fn negative(mut self, name: &str, value: u64) -> Self {
        self.values.insert(format!(":{name}"), AttributeValue::N(format!("-{value}")));
        self
    }

    /// Sets the value of `:name` to a boolean.
    pub fn bool(mut self, name: &str, value: bool) -> Self {
        self.values.insert(format!(":{name}"), AttributeValue::Bool(value));
        self
    }

    /// Sets the value of `:name` to a string.
    pub fn text(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.insert(format!(":{name}"), AttributeValue::S(value.into()));
        self
    }

    /// Sets the value of `:name` to a set of one string.
    pub fn set_of_one(self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, [value.into()])
    }

    /// Sets the value of `:name` to a set of strings, at least one.
    pub fn set(mut self, name: &str, values: impl IntoIterator<Item = String>) -> Self {
        self.values.insert(format!(":{name}"), AttributeValue::Ss(values.into_iter().collect()));
        self
    }

    /// Returns the condition that the item exists.
    pub fn exists() -> Self {
        Self::new("attribute_exists(#pk)")
    }

    /// Returns the condition that the item does not exist.
    pub fn is_absent() -> Self {
        Self::new("attribute_not_exists(#pk)")
    }

    /// Returns a condition that never holds: the transaction writes nothing and returns the stored item.
    pub fn never() -> Self {
        Self::new("attribute_exists(#pk) AND attribute_not_exists(#pk)")
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn names(&self) -> Option<HashMap<String, String>> {
        Some(self.names.clone()).filter(|names| !names.is_empty())
    }

    pub(super) fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        Some(self.values.clone()).filter(|values| !values.is_empty())
    }
}

/// Update of an item, and the condition on which it depends. It must not change attributes of index keys.
pub struct Update {
    /// Update expression that sets, adds or removes attributes.
    pub update: Expression,
    /// Condition that the stored item must fulfill.
    pub condition: Expression,
}

/// Effect of a write on its item.
pub enum Action {
    /// Writes the whole item.
    Put(Item),
    /// Updates some attributes.
    Update(Expression),
    /// Deletes the item.
    Delete,
    /// Only checks the condition.
    Check,
}

/// One write of a transaction, and the condition on which it depends.
pub struct Write {
    key: Key,
    action: Action,
    condition: Option<Expression>,
}

const RETURN_OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

impl Write {
    /// Returns a write with a condition.
    pub fn on(condition: Expression, key: Key, action: Action) -> Self {
        Self { key, action, condition: Some(condition) }
    }

    /// Returns a write without a condition, which always takes effect.
    pub fn always(key: Key, action: Action) -> Self {
        Self { key, action, condition: None }
    }

    /// Writes an entity, and replaces any stored item.
    ///
    /// # Errors
    ///
    /// Fails only if the entity cannot be serialized.
    pub fn put<E: Entity>(entity: &E) -> Result<Self, Error> {
        Ok(Self::always(entity.key(), Action::Put(to_item(entity)?)))
    }

    /// Creates an entity; an existing item is left unchanged.
    ///
    /// # Errors
    ///
    /// Fails only if the entity cannot be serialized.
    pub fn create_if_missing<E: Entity>(entity: &E) -> Result<Self, Error> {
        let mut item = to_item(entity)?;
        item.retain(|name, _| name != "pk" && name != "sk");
        let set = item.keys().map(|name| format!("#{name} = if_not_exists(#{name}, :{name})"));
        let mut update = Expression::new(&format!("SET {}", set.collect::<Vec<_>>().join(", ")));
        update.values = item.into_iter().map(|(name, value)| (format!(":{name}"), value)).collect();
        Ok(Self::always(entity.key(), Action::Update(update)))
    }

    /// Returns true if the write depends on a condition.
    pub(super) fn is_conditional(&self) -> bool {
        self.condition.is_some()
    }

    /// Returns the write as part of a transaction.
    pub(super) fn item(&self, table: &str) -> Result<TransactWriteItem, Error> {
        let condition = self.condition.as_ref();
        let text = condition.map(|condition| condition.text.clone());
        let (names, values) = (condition.and_then(Expression::names), condition.and_then(Expression::values));
        let returned = condition.map(|_| RETURN_OLD);
        let item = TransactWriteItem::builder();
        Ok(match &self.action {
            Action::Put(entity) => item.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(entity.clone()))
                    .set_condition_expression(text)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(returned)
                    .build()?,
            ),
            Action::Update(update) => {
                let all = self.merged(update)?;
                item.update(
                    UpdateItem::builder()
                        .table_name(table)
                        .set_key(Some(self.key.attributes()))
                        .update_expression(&update.text)
                        .set_condition_expression(text)
                        .set_expression_attribute_names(all.names())
                        .set_expression_attribute_values(all.values())
                        .set_return_values_on_condition_check_failure(returned)
                        .build()?,
                )
            }
            Action::Delete => item.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(self.key.attributes()))
                    .set_condition_expression(text)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(returned)
                    .build()?,
            ),
            Action::Check => {
                let check = self.check(table)?;
                return check.ok_or_else(|| Error::Internal("a check without a condition".to_owned()));
            }
        }
        .build())
    }

    /// Returns a check of the write's condition alone; `None` if it has no condition.
    pub(super) fn check(&self, table: &str) -> Result<Option<TransactWriteItem>, Error> {
        let Some(condition) = &self.condition else {
            return Ok(None);
        };
        let check = ConditionCheck::builder()
            .table_name(table)
            .set_key(Some(self.key.attributes()))
            .condition_expression(&condition.text)
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values())
            .return_values_on_condition_check_failure(RETURN_OLD)
            .build()?;
        Ok(Some(TransactWriteItem::builder().condition_check(check).build()))
    }

    /// Returns the names and values of an update together with those of its condition.
    fn merged(&self, update: &Expression) -> Result<Expression, Error> {
        let mut all = update.clone();
        let Some(condition) = &self.condition else { return Ok(all) };
        all.names.extend(condition.names.clone());
        for (name, value) in condition.values.clone() {
            if all.values.insert(name.clone(), value.clone()).is_some_and(|other| other != value) {
                return Err(Error::Internal(format!("`{name}` has two values in one write")));
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_names_are_extracted_from_the_expression() {
        let expression = Expression::new("SET #a = #a - :n, #bC = if_not_exists(#bC, :n)").number("n", 1);
        let mut names: Vec<_> = expression.names().unwrap().into_iter().collect();
        names.sort();
        assert_eq!(names, [("#a".to_owned(), "a".to_owned()), ("#bC".to_owned(), "bC".to_owned())]);
        assert_eq!(expression.values().unwrap()[":n"], AttributeValue::N("1".to_owned()));
    }
}
