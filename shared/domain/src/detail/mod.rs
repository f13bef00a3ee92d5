//! Detail fields: attributes of every entitlement, defined by the vendor's administrator.

pub mod new;
pub mod options;

use deserr::{Deserr, IntoValue, ValuePointerRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Role};
use crate::fault::{Faults, ParseError, parse_and_check, parse_number};
use crate::field_kind::FieldKind;
use crate::id::FieldId;
use crate::party::Metadata;
use crate::search::unique_form;
use crate::text::{FieldName, OptionLabel};
use crate::time::Timestamp;

/// As many fields there are that are not archived.
pub const MOST_FIELDS: usize = 50;

/// As many options a field offers.
pub(super) const MOST_OPTIONS: usize = 50;

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldOption {
    /// Its number among the field's options; values hold it, so that renaming rewrites none.
    pub id: u32,
    /// What people see.
    pub label: OptionLabel,
    /// Whether it cannot be chosen any more. What has it keeps it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

/// What a field's values are, and from what they are chosen. It never changes but for the options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldType {
    /// The kind.
    pub name: FieldKind,
    /// What can be chosen, and what could be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<FieldOption>,
}

/// A place among the fields: 1 to 1,000.
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
        let of =
            |number| u16::try_from(number).ok().filter(|number| (1..=Self::MOST).contains(number)).map(Self);
        parse_number(value, location, u64::from(Self::MOST), of)
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

/// How a field is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Deserr)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
pub struct Configuration {
    /// Where it stands among the others; without one, after all that have one.
    #[deserr(default)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

/// Some roles, each once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
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

/// An attribute of every entitlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DetailField {
    /// Its id.
    pub id: FieldId,
    /// What people call it; unique among all fields but for case, width and the like.
    pub name: FieldName,
    /// What its values are.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// How it is shown.
    pub configuration: Configuration,
    /// Who sees it and its values, among those who see the entitlement; an operator always does.
    pub viewers: Audience,
    /// Who of those changes its values.
    pub editors: Audience,
    /// Since when it is hidden. Its values are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<Timestamp>,
    /// When, and which version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

pub(super) fn duplicate() -> ParseError {
    ParseError::new("duplicate", "is given more than once")
}

/// Which of some names stood before, but for case, width and the like.
pub fn repeated<'a>(names: impl Iterator<Item = Option<&'a str>>) -> Vec<usize> {
    let mut seen = std::collections::BTreeSet::new();
    let first = |(index, name): (usize, Option<&str>)| {
        let stood = name.is_some_and(|name| !seen.insert(unique_form(name)));
        stood.then_some(index)
    };
    names.enumerate().filter_map(first).collect()
}

impl DetailField {
    /// Whether somebody sees it, and its values where the entitlement is theirs to see.
    pub fn is_visible_to(&self, actor: &Actor) -> bool {
        actor.has_one_of(&[Role::Operator]) || actor.has_one_of(&self.viewers.0)
    }

    /// Whether somebody who sees it changes its values.
    pub fn is_editable_by(&self, actor: &Actor) -> bool {
        actor.has_one_of(&self.editors.0)
    }

    /// All, in their order, each once: one that is renamed while all are read may be among them by both its names.
    pub fn in_order(mut all: Vec<Self>) -> Vec<Self> {
        all.sort_by_key(|field| (field.id, std::cmp::Reverse(field.metadata.version)));
        all.dedup_by_key(|field| field.id);
        all.sort_by_key(Self::place);
        all
    }

    /// Its place among all: those without a position come last; within one position, who came first.
    pub fn place(&self) -> (bool, Option<Position>, FieldId) {
        (self.configuration.position.is_none(), self.configuration.position, self.id)
    }
}
