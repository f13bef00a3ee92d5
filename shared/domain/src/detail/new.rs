//! Detail fields to create.

use deserr::{Deserr, IntoValue, ValuePointerRef};
use schemars::JsonSchema;

use crate::actor::Role;
use crate::detail::{
    Audience, Configuration, DetailField, FieldOption, FieldType, MOST_FIELDS, MOST_OPTIONS, duplicate,
    repeated,
};
use crate::fault::{Check, Faults, ParseError, Validated, check_length};
use crate::field_kind::FieldKind;
use crate::id::FieldId;
use crate::party::Metadata;
use crate::text::{FieldName, OptionLabel};
use crate::time::Timestamp;

/// Detail field to create.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewField {
    /// Name of the field; 1 to 255 characters. It must be unique among all fields, including archived ones; names
    /// that differ only in case, character width or invisible characters count as the same.
    pub name: FieldName,
    /// Type of the field's values. It cannot be changed later, except for its options.
    #[deserr(rename = "type")]
    #[schemars(rename = "type")]
    pub field_type: Validated<NewFieldType>,
    /// Display settings of the field. Default: no position.
    #[deserr(default)]
    #[schemars(default)]
    pub configuration: Configuration,
    /// Roles that may view the field. Default: `operator`, `agent` and `customer`.
    #[deserr(default)]
    pub viewers: Option<Audience>,
    /// Roles that may change the field's values. Default: `operator` and `agent`. Partner roles have no effect,
    /// because partners' members cannot change entitlements.
    #[deserr(default)]
    pub editors: Option<Audience>,
}

/// Type of a new field's values.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
pub struct NewFieldType {
    /// Name of the type.
    name: FieldKind,
    /// Labels of the options: 1 to 50 for `SELECT` and `MULTISELECT`, none for other types. Each has 1 to 100
    /// characters.
    #[deserr(default)]
    #[schemars(default, length(max = 50))]
    #[schemars(extend("uniqueItems" = true))]
    options: Vec<OptionLabel>,
}

impl Check for NewFieldType {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        let at = |mut found: (String, ParseError)| {
            found.0 = format!("/options{}", found.0);
            found
        };
        let chosen =
            matches!(sent.get("name").and_then(|name| name.as_str()), Some("SELECT" | "MULTISELECT"));
        let options = sent.get("options").and_then(|options| options.as_array());
        match (chosen, options) {
            (true, None) => {
                vec![at((
                    String::new(),
                    ParseError::new(
                        "missing",
                        "is required for `SELECT` and `MULTISELECT`: name 1 to 50 options",
                    ),
                ))]
            }
            (true, Some(options)) => {
                let labels = options.iter().map(|label| label.as_str());
                let twice = repeated(labels).into_iter().map(|index| (format!("/{index}"), duplicate()));
                check_length(options, MOST_OPTIONS).into_iter().chain(twice).map(at).collect()
            }
            (false, Some(options)) if !options.is_empty() => {
                let detail = "only fields of type `SELECT` and `MULTISELECT` have options";
                vec![at((String::new(), ParseError::new("no-options", detail)))]
            }
            (false, _) => Vec::new(),
        }
    }
}

/// One detail field to create, or a list of up to 50 as `detailFields`.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum CreateDetailFieldBody {
    /// One field.
    One(Box<NewField>),
    /// Several fields, of which all are created or none.
    Several(Validated<NewFieldList>),
}

/// List of detail fields to create.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewFieldList {
    /// Fields to create; 1 to 50, with different names.
    #[schemars(length(min = 1, max = 50))]
    detail_fields: Vec<NewField>,
}

impl Check for NewFieldList {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        let Some(fields) = sent.get("detailFields").and_then(|fields| fields.as_array()) else {
            return Vec::new();
        };
        let names = fields.iter().map(|field| field.get("name").and_then(|name| name.as_str()));
        let twice = repeated(names).into_iter().map(|index| (format!("/{index}/name"), duplicate()));
        let found = check_length(fields, MOST_FIELDS).into_iter().chain(twice);
        found.map(|(below, invalid)| (format!("/detailFields{below}"), invalid)).collect()
    }
}

impl Deserr<Faults> for CreateDetailFieldBody {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let sent: serde_json::Value = value.into();
        match sent.get("detailFields") {
            Some(_) => Validated::deserialize_from_value(sent.into_value(), location).map(Self::Several),
            None => NewField::deserialize_from_value(sent.into_value(), location)
                .map(|field| Self::One(Box::new(field))),
        }
    }
}

impl CreateDetailFieldBody {
    /// Returns the fields.
    pub fn list(&self) -> &[NewField] {
        match self {
            Self::One(field) => std::slice::from_ref(field),
            Self::Several(Validated(list)) => &list.detail_fields,
        }
    }
}

impl DetailField {
    /// Creates a field as requested, at `now`.
    pub fn new(id: FieldId, new: &NewField, now: Timestamp) -> Self {
        let Validated(NewFieldType { name, options }) = &new.field_type;
        let choice =
            |(id, label): (u32, &OptionLabel)| FieldOption { id, label: label.clone(), retired: false };
        let options = (1..).zip(options).map(choice).collect();
        let viewers = new.viewers.clone();
        let editors = new.editors.clone();
        Self {
            id,
            name: new.name.clone(),
            field_type: FieldType { name: *name, options },
            configuration: new.configuration.clone(),
            viewers: viewers.unwrap_or_else(|| Audience(vec![Role::Operator, Role::Agent, Role::Customer])),
            editors: editors.unwrap_or_else(|| Audience(vec![Role::Operator, Role::Agent])),
            archived_at: None,
            metadata: Metadata::new(now),
        }
    }
}
