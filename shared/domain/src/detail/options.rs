//! Changes of a field's options.

use deserr::{Deserr, IntoValue, ValuePointerRef};
use schemars::JsonSchema;

use crate::detail::{FieldOption, FieldType, MOST_OPTIONS, duplicate, repeated};
use crate::fault::{
    Check, Fault, Faults, ParseError, Validated, check_length, parse_and_check, parse_number,
};
use crate::patch::Given;
use crate::problem::ErrorKind;
use crate::search::unique_form;
use crate::text::OptionLabel;

/// New option, or change of an existing one.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
pub struct OptionChange {
    /// Number of the option to change. Without it, the change is for the option with this `label`, or creates it if
    /// there is none.
    #[deserr(default)]
    id: Option<OptionNumber>,
    /// Label; 1 to 100 characters. It is required without `id`; with `id` it renames the option.
    #[deserr(default)]
    #[schemars(default)]
    label: Given<OptionLabel>,
    /// Whether the option is retired and can no longer be chosen. Without it, an existing option stays as it is, and
    /// a new one is not retired.
    #[deserr(default)]
    #[schemars(default)]
    retired: Given<bool>,
}

/// New options and changes of existing ones: 1 to 50, each option at most once.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent)]
pub struct OptionChanges(#[schemars(length(min = 1, max = 50))] Vec<Validated<OptionChange>>);

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
                    // A label cannot contain this control character, so that no label equals an id.
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
    /// Returns the changes, those with an `id` first, since they can free a label that another change uses.
    fn in_order(&self) -> impl Iterator<Item = (usize, &OptionChange)> {
        let all = || self.0.iter().map(|Validated(change)| change).enumerate();
        let (known, new) = (
            all().filter(|(_, change)| change.id.is_some()),
            all().filter(|(_, change)| change.id.is_none()),
        );
        known.chain(new)
    }
}

/// Number of an option within its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionNumber(u32);

impl Deserr<Faults> for OptionNumber {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let number = parse_number(value, location, 1..=u64::from(u32::MAX))?;
        Ok(Self(u32::try_from(number).unwrap_or(u32::MAX)))
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
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        let is_new = sent.is_object() && sent.get("id").is_none_or(serde_json::Value::is_null);
        let missing = is_new && sent.get("label").is_none();
        let invalid = || ParseError::new("missing", "is required for a new option");
        missing.then(|| ("/label".to_owned(), invalid())).into_iter().collect()
    }
}

/// The type of the field has no options.
pub const NO_OPTIONS: ErrorKind =
    ErrorKind::rule("no-options", "only fields of type `SELECT` and `MULTISELECT` have options");

/// The field has no such option.
pub const UNKNOWN_OPTION: ErrorKind = ErrorKind::rule("unknown-option", "the field has no such option");

/// Another option of the field has this label.
pub const OPTION_EXISTS: ErrorKind =
    ErrorKind::state("option-exists", "another option of the field has this label");

/// The field would have too many options.
pub const OPTION_LIMIT: ErrorKind =
    ErrorKind::state("option-limit", "a field has at most 50 options at a time, and 500 over its life");

impl FieldType {
    /// Largest number of options of a field, including retired ones.
    const MOST_EVER: usize = 500;

    /// Returns the type with the changes applied.
    ///
    /// # Errors
    ///
    /// All faults of the changes, each at its place in a list `options`.
    pub fn with(mut self, changes: &OptionChanges) -> Result<Self, Vec<(ErrorKind, Fault)>> {
        let mut faults = Vec::new();
        let mut refuse = |reason: ErrorKind, steps: &[&dyn std::fmt::Display]| {
            faults.push((reason, reason.at(steps)));
        };
        if !self.name.has_options() {
            refuse(NO_OPTIONS, &[&"options"]);
        }
        for (index, change) in changes.in_order() {
            let next = self.options.iter().map(|option| option.id).max().unwrap_or(0).saturating_add(1);
            let is_meant = |option: &&mut FieldOption| match (change.id, change.label.get()) {
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
                    self.options.push(FieldOption { id: next, label: label.clone(), retired });
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
