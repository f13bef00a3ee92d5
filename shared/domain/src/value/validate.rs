//! Validation of changes of details.

use std::collections::HashMap;

use crate::actor::Actor;
use crate::detail::options::UNKNOWN_OPTION;
use crate::detail::{DetailField, FieldOption};
use crate::fault::quoted;
use crate::field_kind::FieldKind;
use crate::id::FieldId;
use crate::problem::ErrorKind;
use crate::unicode::lookup_form;
use crate::value::form::{number, parse_bool, plain, written};
use crate::value::sent::{Value, Values};
use crate::value::stored::{DetailChanges, Details, StoredValue};

/// The field does not exist, or the caller may not view it.
pub const UNKNOWN_FIELD: ErrorKind =
    ErrorKind::rule("unknown-field", "there is no field with this name or id; names are case-sensitive here");

/// The field is archived.
pub const ARCHIVED_FIELD: ErrorKind =
    ErrorKind::rule("archived-field", "the field is archived: its values cannot be changed");

/// The caller may not change the field's values.
pub const NOT_EDITABLE: ErrorKind =
    ErrorKind::forbidden("field-not-editable", "your role may not change this field's values");

/// The field is named more than once.
pub const FIELD_TWICE: ErrorKind =
    ErrorKind::rule("duplicate-field", "the field is named twice, by its name and by its id");

/// There are more values than the field can have.
pub const TOO_MANY_VALUES: ErrorKind = ErrorKind::rule(
    "too-many-values",
    "only a field of type `MULTISELECT` takes more than one value, and each option once",
);

/// The value does not have the field's type.
pub const INVALID_VALUE: ErrorKind =
    ErrorKind::rule("invalid-value", "the value does not fit the field's type");

/// The value is given more than once.
pub const VALUE_TWICE: ErrorKind = ErrorKind::rule("duplicate-value", "the value is given more than once");

/// The option is retired and can no longer be chosen.
pub const RETIRED_OPTION: ErrorKind =
    ErrorKind::rule("retired-option", "the option is retired and cannot be chosen again");

/// The details are larger than an entitlement can hold. An item of DynamoDB has at most 400 KB, and so has the
/// response that is stored for the replay of idempotent requests.
pub const TOO_LARGE: ErrorKind = ErrorKind::rule(
    "details-too-large",
    "an entitlement's details have at most 64 KB in all, archived fields included",
);

/// All errors of values of detail fields.
pub const DETAIL_ERRORS: [ErrorKind; 10] = [
    UNKNOWN_FIELD,
    ARCHIVED_FIELD,
    NOT_EDITABLE,
    FIELD_TWICE,
    TOO_MANY_VALUES,
    INVALID_VALUE,
    VALUE_TWICE,
    UNKNOWN_OPTION,
    RETIRED_OPTION,
    TOO_LARGE,
];

/// Largest size of the details of an entitlement in bytes, approximately: 50 texts of the largest length fit in any
/// script.
const LARGEST: usize = 64 * 1024;

/// Error of the values of a field.
#[derive(Debug, Clone)]
pub struct FieldError {
    /// Kind of the error.
    pub reason: ErrorKind,
    /// Index of the faulty value; `None` if the error is not about a single value.
    pub value: Option<usize>,
    /// Explanation for people, in one sentence.
    pub detail: String,
}

impl FieldError {
    fn new(reason: ErrorKind) -> Self {
        Self { reason, value: None, detail: reason.about.to_owned() }
    }
}

/// All detail fields, including archived ones.
#[derive(Debug)]
pub struct Fields {
    all: Vec<DetailField>,
    by_name: HashMap<String, usize>,
}

impl Fields {
    /// Creates the set of all fields.
    pub fn new(all: Vec<DetailField>) -> Self {
        let all = DetailField::in_order(all);
        let names = all.iter().enumerate().map(|(at, field)| (lookup_form(field.name.as_str()), at));
        // An id takes precedence over a name: another field may be named like it.
        let ids = all.iter().enumerate().map(|(at, field)| (field.id.to_string(), at));
        Self { by_name: names.chain(ids).collect(), all }
    }

    /// Returns the ids of all fields with their types.
    pub fn kinds(&self) -> Vec<(FieldId, FieldKind)> {
        self.all.iter().map(|field| (field.id, field.field_type.name)).collect()
    }

    /// Returns the field with this id or, ignoring invisible characters but not case, with this name.
    fn named(&self, name: &str) -> Option<&DetailField> {
        self.all.get(*self.by_name.get(&lookup_form(name))?)
    }

    /// Returns the field with this name or id, if it is not archived and the actor may view it.
    pub fn visible(&self, name: &str, actor: &Actor) -> Option<&DetailField> {
        self.named(name).filter(|field| field.archived_at.is_none() && field.is_visible_to(actor))
    }

    /// Returns the details that the actor may view, in the order of the fields; without archived fields and fields
    /// that have no value.
    pub fn shown(&self, details: &Details, actor: &Actor) -> Vec<(&DetailField, Values)> {
        let visible =
            self.all.iter().filter(|field| field.archived_at.is_none() && field.is_visible_to(actor));
        let shown = visible.map(|field| (field, Values { values: field.to_values(details.of(field.id)) }));
        shown.filter(|(_, shown)| !shown.values.is_empty()).collect()
    }

    /// Returns those of `fields` that the actor may view, including archived ones.
    pub fn visible_among(&self, fields: &[FieldId], actor: &Actor) -> Vec<FieldId> {
        let visible =
            |id: &FieldId| self.all.iter().any(|field| field.id == *id && field.is_visible_to(actor));
        fields.iter().copied().filter(visible).collect()
    }

    /// Validates changes of an entitlement whose details are `before`. Each field is named by its name or id.
    ///
    /// # Errors
    ///
    /// All errors, each with the field as the caller named it; `None` if the error is about all details together.
    pub fn validate<'a>(
        &self,
        actor: &Actor,
        before: &Details,
        wanted: impl Iterator<Item = (&'a str, &'a [Value])>,
    ) -> Result<DetailChanges, Vec<(Option<&'a str>, FieldError)>> {
        let (mut changes, mut wrong) = (DetailChanges(Vec::new()), Vec::new());
        for (name, values) in wanted {
            let field = match self.named(name).filter(|field| field.is_visible_to(actor)) {
                None => Err(UNKNOWN_FIELD),
                Some(field) if field.archived_at.is_some() => Err(ARCHIVED_FIELD),
                Some(field) if !field.is_editable_by(actor) => Err(NOT_EDITABLE),
                Some(field) if changes.0.iter().any(|(named, _)| *named == field.id) => Err(FIELD_TWICE),
                Some(field) => Ok(field),
            };
            let field = match field {
                Ok(field) => field,
                Err(reason) => {
                    wrong.push((Some(name), FieldError::new(reason)));
                    continue;
                }
            };
            let stored = field.to_stored(values, before.of(field.id)).unwrap_or_else(|more| {
                wrong.extend(more.into_iter().map(|wrong| (Some(name), wrong)));
                Vec::new()
            });
            changes.0.push((field.id, stored));
        }
        // A change that makes the details smaller is allowed, even if they still are too large.
        let size = self.size(&before.with(&changes));
        if wrong.is_empty() && size > LARGEST && size > self.size(before) {
            wrong.push((None, FieldError::new(TOO_LARGE)));
        }
        if wrong.is_empty() { Ok(changes) } else { Err(wrong) }
    }

    /// Returns the approximate size of the details in bytes as they are shown, which is at least their stored size.
    fn size(&self, details: &Details) -> usize {
        let size = |field: Option<&DetailField>, stored: &StoredValue| match stored {
            StoredValue::Bool(_) => 5,
            StoredValue::Option(id) => {
                field.and_then(|field| field.option(*id)).map_or(8, |option| option.label.as_str().len())
            }
            StoredValue::Text(text) => text.len(),
        };
        let sizes = details.0.iter().map(|(id, stored)| {
            let field = self.all.iter().find(|field| field.id == *id);
            // The id of a field has 40 bytes; a list and each of its values take up to 4 more.
            44 + stored.iter().map(|stored| 4 + size(field, stored)).sum::<usize>()
        });
        sizes.sum()
    }
}

impl DetailField {
    /// Returns the stored form of the values that were sent. `before` are the stored values of the field: a retired
    /// option among them may stay.
    pub(super) fn to_stored(
        &self,
        sent: &[Value],
        before: &[StoredValue],
    ) -> Result<Vec<StoredValue>, Vec<FieldError>> {
        let several = self.field_type.name == FieldKind::Multiselect;
        if sent.len() > 1 && !several {
            return Err(vec![FieldError::new(TOO_MANY_VALUES)]);
        }
        let most = self.field_type.options.len();
        if several && sent.len() > most {
            let detail = format!("has {} values; the field has {most} options", sent.len());
            return Err(vec![FieldError { detail, ..FieldError::new(TOO_MANY_VALUES) }]);
        }
        let (mut stored, mut wrong) = (Vec::with_capacity(sent.len()), Vec::new());
        for (index, value) in sent.iter().enumerate() {
            let found = self.to_stored_one(value, before).and_then(|value| match stored.contains(&value) {
                true => Err(FieldError::new(VALUE_TWICE)),
                false => Ok(value),
            });
            match found {
                Ok(value) => stored.push(value),
                Err(found) => wrong.push(FieldError { value: Some(index), ..found }),
            }
        }
        // Options are stored in the order of their numbers, since the order of values has no meaning.
        stored.sort_by_key(|stored| match stored {
            StoredValue::Option(id) => *id,
            _ => 0,
        });
        if wrong.is_empty() { Ok(stored) } else { Err(wrong) }
    }

    /// Returns the stored form of a value to search for. A retired option is allowed.
    ///
    /// # Errors
    ///
    /// If the value does not have the field's type, or is not one of its options.
    pub fn find(&self, value: &Value) -> Result<StoredValue, FieldError> {
        let all: Vec<StoredValue> =
            self.field_type.options.iter().map(|option| StoredValue::Option(option.id)).collect();
        self.to_stored_one(value, &all)
    }

    fn to_stored_one(&self, sent: &Value, before: &[StoredValue]) -> Result<StoredValue, FieldError> {
        if self.field_type.name.has_options() {
            return self.choose(sent, before);
        }
        let stored = match (self.field_type.name, sent) {
            (FieldKind::Boolean, Value::Bool(parse_bool)) => Ok(StoredValue::Bool(*parse_bool)),
            (FieldKind::Boolean, Value::Text(text)) => parse_bool(text).map(StoredValue::Bool),
            (FieldKind::Boolean, Value::Number(_)) => Err("must be `true` or `false`".to_owned()),
            (FieldKind::Number, Value::Number(number)) => plain(number).map(StoredValue::Text),
            (FieldKind::Number, Value::Text(text)) => number(text).map(StoredValue::Text),
            (FieldKind::Number, Value::Bool(_)) => Err("must be a number".to_owned()),
            (_, Value::Bool(_) | Value::Number(_)) => Err("must be a text".to_owned()),
            (kind, Value::Text(text)) => written(kind, text).map(StoredValue::Text),
        };
        stored.map_err(|detail| FieldError { detail, ..FieldError::new(INVALID_VALUE) })
    }

    fn choose(&self, sent: &Value, before: &[StoredValue]) -> Result<StoredValue, FieldError> {
        let Value::Text(label) = sent else {
            return Err(FieldError {
                detail: "must be an option's label".to_owned(),
                ..FieldError::new(INVALID_VALUE)
            });
        };
        let (options, value) = (&self.field_type.options, lookup_form(label));
        match options.iter().find(|option| lookup_form(option.label.as_str()) == value) {
            Some(option) if option.retired && !before.contains(&StoredValue::Option(option.id)) => {
                Err(FieldError::new(RETIRED_OPTION))
            }
            Some(option) => Ok(StoredValue::Option(option.id)),
            None => {
                let alike = options.iter().find(|option| {
                    !option.retired && option.label.as_str().to_lowercase() == label.trim().to_lowercase()
                });
                let hint = alike.map(|option| format!("; {} is one", quoted(option.label.as_str())));
                let detail =
                    format!("{} is not an option of the field{}", quoted(label), hint.unwrap_or_default());
                Err(FieldError { detail, ..FieldError::new(UNKNOWN_OPTION) })
            }
        }
    }

    fn option(&self, id: u32) -> Option<&FieldOption> {
        self.field_type.options.iter().find(|option| option.id == id)
    }

    /// Returns the stored values as they are shown.
    pub(super) fn to_values(&self, stored: &[StoredValue]) -> Vec<Value> {
        let label = |id: u32| self.option(id).map(|option| Value::Text(option.label.to_string()));
        let shown = stored.iter().filter_map(|stored| match stored {
            StoredValue::Bool(parse_bool) => Some(Value::Bool(*parse_bool)),
            StoredValue::Option(id) => label(*id),
            StoredValue::Text(text) if self.field_type.name == FieldKind::Number => {
                text.parse().ok().map(Value::Number)
            }
            StoredValue::Text(text) => Some(Value::Text(text.clone())),
        });
        shown.collect()
    }
}
