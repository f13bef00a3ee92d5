//! Fields of an update request. A field that is absent from the request keeps its value.

use deserr::{Deserr, IntoValue, ValuePointerRef};
use schemars::JsonSchema;

use crate::fault::Faults;

/// Change of a field that always has a value. `null` is a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given<T>(Option<T>);

impl<T> Default for Given<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Given<T> {
    /// Returns the new value, or `None` if the field is absent from the request.
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<T: Clone> Given<T> {
    /// Returns the value after the change, given the value `before` it.
    pub fn over(&self, before: T) -> T {
        self.0.clone().unwrap_or(before)
    }
}

impl<T: Deserr<Faults>> Deserr<Faults> for Given<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        T::deserialize_from_value(value, location).map(|value| Self(Some(value)))
    }
}

impl<T: JsonSchema> JsonSchema for Given<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<T>()
    }
}

/// Change of a field that may have no value: `null` removes the value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// The field is absent from the request and keeps its value.
    #[default]
    Keep,
    /// The field is `null` and loses its value.
    Clear,
    /// The field gets this value.
    Set(T),
}

impl<T: Clone> Patch<T> {
    /// Returns the value after the change, given the value `before` it; `None` if the field then has no value.
    pub fn over(&self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value.clone()),
        }
    }
}

impl<T: Deserr<Faults>> Deserr<Faults> for Patch<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        match value {
            deserr::Value::Null => Ok(Self::Clear),
            value => T::deserialize_from_value(value, location).map(Self::Set),
        }
    }
}

impl<T: JsonSchema> JsonSchema for Patch<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        <Option<T>>::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        generator.subschema_for::<Option<T>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Name;

    #[derive(Debug, Deserr)]
    #[deserr(error = Faults, deny_unknown_fields)]
    struct Change {
        #[deserr(default)]
        name: Given<Name>,
        #[deserr(default)]
        nick: Patch<Name>,
    }

    #[test]
    fn absent_field_is_kept_and_null_clears_an_optional_field() {
        let name = |text: &str| text.parse::<Name>().unwrap();
        let over = |json: serde_json::Value| {
            let Change { name: named, nick } = deserr::deserialize::<Change, _, Faults>(json)?;
            Ok::<_, Faults>((named.over(name("A")), nick.over(Some(name("a")))))
        };
        assert_eq!(over(serde_json::json!({})), Ok((name("A"), Some(name("a")))));
        assert_eq!(over(serde_json::json!({"name": "B", "nick": "b"})), Ok((name("B"), Some(name("b")))));
        assert_eq!(over(serde_json::json!({"nick": null})), Ok((name("A"), None)));
        assert_eq!(over(serde_json::json!({"name": null})).unwrap_err().0[0].code, "wrong-type");
    }
}
