//! Values as they are stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::FieldId;

/// A value as it is kept; its field says what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StoredValue {
    /// `true` or `false`.
    Bool(bool),
    /// An option, by its number.
    Option(u32),
    /// What is written as a text; a number, too, in its plain form.
    Text(String),
}

/// What all fields say. A field that says nothing is not here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Details(pub(super) BTreeMap<FieldId, Vec<StoredValue>>);

impl Details {
    /// Whether no field says anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a field says.
    pub fn of(&self, field: FieldId) -> &[StoredValue] {
        self.0.get(&field).map_or(&[], Vec::as_slice)
    }

    /// The fields that say something else in `other`.
    pub fn differing(&self, other: &Self) -> Vec<FieldId> {
        let mut fields: Vec<FieldId> = self.0.keys().chain(other.0.keys()).copied().collect();
        fields.sort_unstable();
        fields.dedup();
        fields.retain(|field| self.of(*field) != other.of(*field));
        fields
    }

    /// The same, where somebody has some fields say other things.
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

/// What some fields are to say, judged, and as it is kept: what is empty says nothing any more.
#[derive(Debug, Clone)]
pub struct DetailChanges(pub(super) Vec<(FieldId, Vec<StoredValue>)>);
