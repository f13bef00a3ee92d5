//! Enums whose values are fixed words that callers send and read.

/// Defines an enum whose variants are words. Each word is spelled once, for JSON in both directions, the table, the
/// API description and messages.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[doc = $about:literal])* $variant:ident = $word:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, schemars::JsonSchema, deserr::Deserr,
        )]
        #[deserr(error = $crate::fault::Faults)]
        pub enum $name {
            $($(#[doc = $about])* #[serde(rename = $word)] #[deserr(rename = $word)] $variant,)*
        }

        impl $name {
            /// All values, in order.
            pub const ALL: [Self; [$(Self::$variant),*].len()] = [$(Self::$variant),*];

            /// Returns the word.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}
pub(crate) use words;
