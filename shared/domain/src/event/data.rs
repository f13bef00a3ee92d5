//! Data of events; each event type has a data type of its own.

/// Defines data types of events.
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
