//! Closed sets of words that callers send and read.

/// An enum whose variants are words: each is spelled once, for JSON in both directions, the table, the API's description and
/// messages.
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
            /// All of them, in order.
            pub const ALL: [Self; [$(Self::$variant),*].len()] = [$(Self::$variant),*];

            /// The word.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}
pub(crate) use words;
