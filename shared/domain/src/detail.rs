//! Detail fields: attributes of every entitlement, defined by the vendor's administrator.

use deserr::{Deserr, IntoValue, ValuePointerRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Role};
use crate::fault::{Check, Checked, Fault, Faults, Invalid, check_length, parse_and_check, parse_number};
use crate::field_kind::FieldKind;
use crate::id::FieldId;
use crate::party::Stamp;
use crate::patch::Given;
use crate::problem::Reason;
use crate::search::unique_form;
use crate::text::{FieldName, OptionLabel};
use crate::time::Timestamp;

/// As many fields there are that are not archived.
pub const MOST_FIELDS: usize = 50;

/// As many options a field offers.
const MOST_OPTIONS: usize = 50;

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Choice {
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
    pub options: Vec<Choice>,
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
    pub stamp: Stamp,
}

/// A field to be.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewField {
    /// What people call it.
    pub name: FieldName,
    /// What its values are, for good.
    #[deserr(rename = "type")]
    #[schemars(rename = "type")]
    pub field_type: Checked<NewType>,
    /// How it is shown.
    #[deserr(default)]
    #[schemars(default)]
    pub configuration: Configuration,
    /// Who sees it; without, the vendor's people and those who own the entitlement.
    #[deserr(default)]
    pub viewers: Option<Audience>,
    /// Who changes its values; without, the vendor's people. Partners' members change nothing of an entitlement, whatever this says.
    #[deserr(default)]
    pub editors: Option<Audience>,
}

/// What the values of a field to be are.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
pub struct NewType {
    /// The kind.
    name: FieldKind,
    /// What can be chosen: 1 to 50 labels, for `SELECT` and `MULTISELECT`, and only for them.
    #[deserr(default)]
    #[schemars(default, length(max = 50))]
    options: Vec<OptionLabel>,
}

impl Check for NewType {
    fn check(sent: &serde_json::Value) -> Vec<(String, Invalid)> {
        let at = |mut found: (String, Invalid)| {
            found.0 = format!("/options{}", found.0);
            found
        };
        let chosen =
            matches!(sent.get("name").and_then(|name| name.as_str()), Some("SELECT" | "MULTISELECT"));
        let options = sent.get("options").and_then(|options| options.as_array());
        match (chosen, options) {
            (true, None) => {
                vec![at((String::new(), Invalid::new("missing", "is required: what can be chosen?")))]
            }
            (true, Some(options)) => {
                let labels = options.iter().map(|label| label.as_str());
                let twice = repeated(labels).into_iter().map(|index| (format!("/{index}"), duplicate()));
                check_length(options, MOST_OPTIONS).into_iter().chain(twice).map(at).collect()
            }
            (false, Some(options)) if !options.is_empty() => {
                let detail = "only `SELECT` and `MULTISELECT` have options";
                vec![at((String::new(), Invalid::new("no-options", detail)))]
            }
            (false, _) => Vec::new(),
        }
    }
}

fn duplicate() -> Invalid {
    Invalid::new("duplicate", "is given more than once")
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

/// Some fields to be: one, or a list of up to 50 as `detailFields`.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(untagged)]
pub enum NewFields {
    /// One.
    One(Box<NewField>),
    /// Several, all or none.
    Several(Checked<NewFieldList>),
}

/// Several fields to be.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewFieldList {
    /// The fields, each name once.
    #[schemars(length(min = 1, max = 50))]
    detail_fields: Vec<NewField>,
}

impl Check for NewFieldList {
    fn check(sent: &serde_json::Value) -> Vec<(String, Invalid)> {
        let Some(fields) = sent.get("detailFields").and_then(|fields| fields.as_array()) else {
            return Vec::new();
        };
        let names = fields.iter().map(|field| field.get("name").and_then(|name| name.as_str()));
        let twice = repeated(names).into_iter().map(|index| (format!("/{index}/name"), duplicate()));
        let found = check_length(fields, MOST_FIELDS).into_iter().chain(twice);
        found.map(|(below, invalid)| (format!("/detailFields{below}"), invalid)).collect()
    }
}

impl Deserr<Faults> for NewFields {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let sent: serde_json::Value = value.into();
        match sent.get("detailFields") {
            Some(_) => Checked::deserialize_from_value(sent.into_value(), location).map(Self::Several),
            None => NewField::deserialize_from_value(sent.into_value(), location)
                .map(|field| Self::One(Box::new(field))),
        }
    }
}

impl NewFields {
    /// The fields.
    pub fn list(&self) -> &[NewField] {
        match self {
            Self::One(field) => std::slice::from_ref(field),
            Self::Several(Checked(list)) => &list.detail_fields,
        }
    }
}

impl DetailField {
    /// A field of this kind, made now.
    pub fn new(id: FieldId, new: &NewField, now: Timestamp) -> Self {
        let Checked(NewType { name, options }) = &new.field_type;
        let choice = |(id, label): (u32, &OptionLabel)| Choice { id, label: label.clone(), retired: false };
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
            stamp: Stamp::new(now),
        }
    }

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
        all.sort_by_key(|field| (field.id, std::cmp::Reverse(field.stamp.version)));
        all.dedup_by_key(|field| field.id);
        all.sort_by_key(Self::place);
        all
    }

    /// Its place among all: those without a position come last; within one position, who came first.
    pub fn place(&self) -> (bool, Option<Position>, FieldId) {
        (self.configuration.position.is_none(), self.configuration.position, self.id)
    }
}

/// Another option, or what one is to be.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
pub struct OptionChange {
    /// Which option; without one it is the one of this label, and a new one if there is none.
    #[deserr(default)]
    id: Option<OptionNumber>,
    /// What people see. A new option needs it.
    #[deserr(default)]
    #[schemars(default)]
    label: Given<OptionLabel>,
    /// Whether it cannot be chosen any more.
    #[deserr(default)]
    #[schemars(default)]
    retired: Given<bool>,
}

/// New options, and what some are to be: 1 to 50, each named once.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent)]
pub struct OptionChanges(#[schemars(length(min = 1, max = 50))] Vec<Checked<OptionChange>>);

impl Deserr<Faults> for OptionChanges {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let check = |sent: &serde_json::Value| {
            let Some(changes) = sent.as_array() else { return Vec::new() };
            let names: Vec<Option<String>> = changes
                .iter()
                .map(|change| match change.get("id").filter(|id| !id.is_null()) {
                    // No label is like that.
                    Some(id) => Some(format!("\u{1}{id}")),
                    None => change.get("label")?.as_str().map(str::to_owned),
                })
                .collect();
            let twice = repeated(names.iter().map(Option::as_deref)).into_iter();
            let twice = twice.map(|index| (format!("/{index}"), duplicate()));
            check_length(changes, MOST_OPTIONS).into_iter().chain(twice).collect()
        };
        parse_and_check(value, location, check).map(Self)
    }
}

impl OptionChanges {
    /// The changes, those of options that are named by their number first: an option's label may be free only then.
    fn in_order(&self) -> impl Iterator<Item = (usize, &OptionChange)> {
        let all = || self.0.iter().map(|Checked(change)| change).enumerate();
        let (known, new) = (
            all().filter(|(_, change)| change.id.is_some()),
            all().filter(|(_, change)| change.id.is_none()),
        );
        known.chain(new)
    }
}

/// The number of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionNumber(u32);

impl Deserr<Faults> for OptionNumber {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let of = |number| u32::try_from(number).ok().filter(|number| *number > 0).map(Self);
        parse_number(value, location, u64::from(u32::MAX), of)
    }
}

impl JsonSchema for OptionNumber {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OptionNumber".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": u32::MAX })
    }
}

impl Check for OptionChange {
    fn check(sent: &serde_json::Value) -> Vec<(String, Invalid)> {
        let is_new = sent.is_object() && sent.get("id").is_none_or(serde_json::Value::is_null);
        let missing = is_new && sent.get("label").is_none();
        let invalid = || Invalid::new("missing", "is required of a new option");
        missing.then(|| ("/label".to_owned(), invalid())).into_iter().collect()
    }
}

/// A field of this type has no options.
pub const NO_OPTIONS: Reason = Reason::rule("no-options", "only `SELECT` and `MULTISELECT` have options");
/// There is no such option.
pub const UNKNOWN_OPTION: Reason = Reason::rule("unknown-option", "the field has no option of this number");
/// An option has this label.
pub const OPTION_EXISTS: Reason =
    Reason::state("option-exists", "another option of the field has this label");
/// There are as many options as there can be.
pub const OPTION_LIMIT: Reason =
    Reason::state("option-limit", "a field offers at most 50 options, and has had at most 500");

impl FieldType {
    /// As many options a field ever had.
    const MOST_EVER: usize = 500;

    /// The type with other options.
    ///
    /// # Errors
    ///
    /// All that is wrong with the changes, at their place in a list `options`.
    pub fn with(mut self, changes: &OptionChanges) -> Result<Self, Vec<(Reason, Fault)>> {
        let mut faults = Vec::new();
        let mut refuse = |reason: Reason, steps: &[&dyn std::fmt::Display]| {
            faults.push((reason, reason.at(steps)));
        };
        if !self.name.has_options() {
            refuse(NO_OPTIONS, &[&"options"]);
        }
        for (index, change) in changes.in_order() {
            let next = self.options.iter().map(|option| option.id).max().unwrap_or(0).saturating_add(1);
            let is_meant = |option: &&mut Choice| match (change.id, change.label.get()) {
                (Some(OptionNumber(id)), _) => option.id == id,
                (None, label) => label
                    .is_some_and(|label| unique_form(label.as_str()) == unique_form(option.label.as_str())),
            };
            match (self.options.iter_mut().find(is_meant), change.label.get()) {
                (Some(option), _) => {
                    if change.id.is_some() {
                        option.label = change.label.over(option.label.clone());
                    }
                    option.retired = change.retired.over(option.retired);
                }
                (None, Some(label)) if change.id.is_none() => {
                    let retired = change.retired.over(false);
                    self.options.push(Choice { id: next, label: label.clone(), retired });
                }
                _ => refuse(UNKNOWN_OPTION, &[&"options", &index, &"id"]),
            }
        }
        let labels = self.options.iter().map(|option| Some(option.label.as_str()));
        if !repeated(labels).is_empty() {
            refuse(OPTION_EXISTS, &[&"options"]);
        }
        let offered = self.options.iter().filter(|option| !option.retired).count();
        if offered > MOST_OPTIONS || self.options.len() > Self::MOST_EVER {
            refuse(OPTION_LIMIT, &[&"options"]);
        }
        if faults.is_empty() { Ok(self) } else { Err(faults) }
    }
}
