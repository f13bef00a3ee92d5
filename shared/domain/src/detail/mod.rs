//! Detail fields: attributes of every entitlement, which operators define.

pub mod new;
pub mod options;

use deserr::{Deserr, IntoValue, ValuePointerRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Role};
use crate::event::{EventKind, NewEvent};
use crate::fault::{Faults, ParseError, parse_and_check, parse_number};
use crate::field_kind::FieldKind;
use crate::id::FieldId;
use crate::party::Metadata;
use crate::search::unique_form;
use crate::text::{FieldName, OptionLabel};
use crate::time::Timestamp;

/// Largest number of fields that are not archived.
pub const MOST_FIELDS: usize = 50;

/// Largest number of options of a field that are not retired.
pub(super) const MOST_OPTIONS: usize = 50;

/// Option of a field of type `SELECT` or `MULTISELECT`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldOption {
    /// Number of the option within its field, from 1 on. Values refer to it, so that renaming an option changes no
    /// value.
    pub id: u32,
    /// Label of the option; 1 to 100 characters, unique within the field. Labels that differ only in case, character
    /// width or invisible characters count as the same.
    pub label: OptionLabel,
    /// Whether the option is retired: it can no longer be chosen, and values that have it keep it. Absent if `false`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

/// Type of a field's values, and the options to choose from. Only the options can be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldType {
    /// Name of the type.
    pub name: FieldKind,
    /// Options, including retired ones; at most 50 that are not retired, and 500 in all. Absent unless the type is
    /// `SELECT` or `MULTISELECT`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<FieldOption>,
}

/// Position of a field among the others: 1 to 1,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position(u16);

impl Position {
    const MOST: u16 = 1000;
}

impl Deserr<Faults> for Position {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let number = parse_number(value, location, 1..=u64::from(Self::MOST))?;
        Ok(Self(u16::try_from(number).unwrap_or(Self::MOST)))
    }
}

impl JsonSchema for Position {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Position".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": Self::MOST })
    }
}

/// Display settings of a field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Deserr)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
pub struct Configuration {
    /// Position of the field among the others; 1 to 1,000. Fields with the same position are ordered by creation.
    /// Absent if the field stands after all those that have a position.
    #[deserr(default)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

/// Set of roles, without duplicates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("uniqueItems" = true))]
pub struct Audience(#[schemars(length(max = 6))] Vec<Role>);

impl Deserr<Faults> for Audience {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let check = |sent: &serde_json::Value| {
            let roles = sent.as_array().into_iter().flatten().map(serde_json::Value::as_str);
            repeated(roles).into_iter().map(|index| (format!("/{index}"), duplicate())).collect()
        };
        parse_and_check(value, location, check).map(Self)
    }
}

/// Attribute of every entitlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DetailField {
    /// Id of the field.
    pub id: FieldId,
    /// Name of the field; 1 to 255 characters. It is unique among all fields, including archived ones; names that
    /// differ only in case, character width or invisible characters count as the same.
    pub name: FieldName,
    /// Type of the field's values.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// Display settings of the field.
    pub configuration: Configuration,
    /// Roles that may view the field, and its values in entitlements that they may view. Operators always may.
    pub viewers: Audience,
    /// Roles that may change the field's values, if they may view them.
    pub editors: Audience,
    /// Time at which the field was archived; RFC 3339, UTC. An archived field is hidden, and its values are kept.
    /// Absent while the field is not archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

pub(super) fn duplicate() -> ParseError {
    ParseError::new("duplicate", "is given more than once")
}

/// Returns the indexes of the names that occur earlier in the list. Names that differ only in case, character width
/// or invisible characters count as the same.
pub fn repeated<'a>(names: impl Iterator<Item = Option<&'a str>>) -> Vec<usize> {
    let mut seen = std::collections::BTreeSet::new();
    let first = |(index, name): (usize, Option<&str>)| {
        let stood = name.is_some_and(|name| !seen.insert(unique_form(name)));
        stood.then_some(index)
    };
    names.enumerate().filter_map(first).collect()
}

impl DetailField {
    /// Returns an event about the field. It concerns the vendor.
    pub fn event(&self, kind: impl Into<EventKind>) -> NewEvent {
        NewEvent::of_vendor(kind).about(self.metadata)
    }

    /// Returns whether the actor may view the field, and its values in entitlements that it may view.
    pub fn is_visible_to(&self, actor: &Actor) -> bool {
        actor.has_one_of(&[Role::Operator]) || actor.has_one_of(&self.viewers.0)
    }

    /// Returns whether the actor may change the field's values, provided that it may view them.
    pub fn is_editable_by(&self, actor: &Actor) -> bool {
        actor.has_one_of(&self.editors.0)
    }

    /// Returns the fields in their order, each once: a field that is renamed during the read may be found under both
    /// names, and the later version is kept.
    pub fn in_order(mut all: Vec<Self>) -> Vec<Self> {
        all.sort_by_key(|field| (field.id, std::cmp::Reverse(field.metadata.version)));
        all.dedup_by_key(|field| field.id);
        all.sort_by_key(Self::place);
        all
    }

    /// Returns the key by which fields are sorted: fields without a position are last, and fields with the same
    /// position are sorted by creation.
    pub fn place(&self) -> (bool, Option<Position>, FieldId) {
        (self.configuration.position.is_none(), self.configuration.position, self.id)
    }
}
