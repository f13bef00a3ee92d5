//! The data of an event, each kind a type.

/// Defines the data of events.
macro_rules! event_data {
    ($($(#[$doc:meta])* $name:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
            #[serde(rename_all = "camelCase")]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $type,)*
            }

            impl $name {
                pub(super) const FIELDS: &[&str] = &[$(stringify!($field)),*];
            }
        )*
    };
}
pub(super) use event_data;
