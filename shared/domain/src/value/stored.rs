//! Values as they are stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::FieldId;

/// Value as it is stored. Its meaning depends on the type of its field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StoredValue {
    /// `true` or `false`.
    Bool(bool),
    /// Option, by its number within the field.
    Option(u32),
    /// Text. A number is stored as text, too, in its plain form.
    Text(String),
}

/// Values of all detail fields of an entitlement. A field without values is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Details(pub(super) BTreeMap<FieldId, Vec<StoredValue>>);

impl Details {
    /// Returns whether no field has a value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the values of a field; empty if it has none.
    pub fn of(&self, field: FieldId) -> &[StoredValue] {
        self.0.get(&field).map_or(&[], Vec::as_slice)
    }

    /// Returns the fields that have this text as a value.
    pub fn fields_with(&self, text: &str) -> Vec<FieldId> {
        let has = |values: &[StoredValue]| {
            values.iter().any(|value| matches!(value, StoredValue::Text(own) if own == text))
        };
        self.0.iter().filter(|(_, values)| has(values)).map(|(field, _)| *field).collect()
    }

    /// Returns the fields whose values differ from those in `other`.
    pub fn differing(&self, other: &Self) -> Vec<FieldId> {
        let mut fields: Vec<FieldId> = self.0.keys().chain(other.0.keys()).copied().collect();
        fields.sort_unstable();
        fields.dedup();
        fields.retain(|field| self.of(*field) != other.of(*field));
        fields
    }

    /// Returns the details without the values of these fields.
    pub fn without(&self, fields: &[FieldId]) -> Self {
        let mut details = self.clone();
        details.0.retain(|field, _| !fields.contains(field));
        details
    }

    /// Returns the details with the changes applied.
    pub fn with(&self, changes: &DetailChanges) -> Self {
        let mut details = self.clone();
        for (field, stored) in &changes.0 {
            match stored.is_empty() {
                true => details.0.remove(field),
                false => details.0.insert(*field, stored.clone()),
            };
        }
        details
    }
}

/// Validated changes of details, as they are stored. An empty list removes a field's values.
#[derive(Debug, Clone)]
pub struct DetailChanges(pub(super) Vec<(FieldId, Vec<StoredValue>)>);
