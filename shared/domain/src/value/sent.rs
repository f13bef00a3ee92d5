//! Values as they are sent and shown.

use deserr::{Deserr, IntoValue, ValuePointerRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::{Faults, ParseError};

/// Value of a detail field, as it is sent and shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    /// `true` or `false`, for the type `BOOLEAN`.
    Bool(bool),
    /// Number, for the type `NUMBER`.
    Number(serde_json::Number),
    /// Text, for all other types; an option is written as its label. Requests may write numbers and `true` or `false`
    /// as text, too.
    Text(String),
}

impl Deserr<Faults> for Value {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let wrong = || {
            let detail = "must be a text, a number, or `true` or `false`";
            Faults::invalid(location, ParseError::new("wrong-type", detail))
        };
        match value {
            deserr::Value::String(text) => Ok(Self::Text(text)),
            deserr::Value::Boolean(parse_bool) => Ok(Self::Bool(parse_bool)),
            deserr::Value::Integer(number) => Ok(Self::Number(number.into())),
            deserr::Value::NegativeInteger(number) => Ok(Self::Number(number.into())),
            deserr::Value::Float(number) => {
                serde_json::Number::from_f64(number).map(Self::Number).ok_or_else(wrong)
            }
            _ => Err(wrong()),
        }
    }
}

/// Values of one detail field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(rename = "FieldValues", deny_unknown_fields)]
pub struct Values {
    /// Values of the field; more than one only for the type `MULTISELECT`. An empty list means that the field has no
    /// value.
    pub values: Vec<Value>,
}
