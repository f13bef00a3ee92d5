//! Values as they are sent and shown.

use deserr::{Deserr, IntoValue, ValuePointerRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::{Faults, ParseError};

/// A value as it is sent and shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// A text, also an option's label, a day, and whatever else is written as a text.
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

/// What a field says, or is to say: always a list; an empty one says nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
pub struct Values {
    /// The values.
    pub values: Vec<Value>,
}
