//! Access patterns: all ways in which items are found, to be read or as conditions of a change. Each is a type in the
//! file of its aggregate.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Id, Timestamp};

use super::item::Entity;
use super::key::Key;

/// The table itself, or one of its indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// The table.
    Table,
    /// Index by a second key: leads, for example, from a partner to its access or from an organization to its events.
    ByKey,
    /// Index for lists, for example of all partners by name, or of the entitlements to a product.
    ByFacet,
    /// Index by the time at which something must happen next.
    Due,
}

impl Index {
    /// Returns the name of the index; `None` for the table.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Table => None,
            Self::ByKey => Some("by-key"),
            Self::ByFacet => Some("by-facet"),
            Self::Due => Some("due"),
        }
    }

    /// Returns the names of its partition key and sort key attributes.
    pub fn attributes(self) -> (&'static str, &'static str) {
        match self {
            Self::Table => ("pk", "sk"),
            Self::ByKey => ("keyPk", "keySk"),
            Self::ByFacet => ("facetPk", "facetSk"),
            Self::Due => ("duePk", "dueSk"),
        }
    }
}

/// A way in which items are found.
pub trait AccessPattern {
    /// Entity that is found.
    type Entity: Entity;
    /// Line of the pattern in the table of access patterns.
    const DESCRIBED: Described;
}

/// Finds one item by its key.
pub trait Lookup: AccessPattern {
    /// Returns the key of the item.
    fn key(&self) -> Key;
}

/// Finds the items of one partition in the order of their sort keys.
pub trait ListPattern: AccessPattern + Sync {
    /// Returns the index that is queried, or the table.
    fn index(&self) -> Index;

    /// Returns the partition.
    fn partition(&self) -> String;

    /// Returns the first and the last sort key of the range, both inclusive.
    fn range(&self) -> (String, String);

    /// Returns the filters: paths of attributes, each with the values of which it must have one.
    fn filter(&self) -> Vec<(&'static [&'static str], Vec<AttributeValue>)> {
        Vec::new()
    }
}

/// Returns the range of all sort keys that begin with `prefix`. DynamoDB rejects an empty string as a key, so the range
/// for an empty prefix begins with the first character.
pub(super) fn starting_with(prefix: &str) -> (String, String) {
    let low = if prefix.is_empty() { "\u{1}" } else { prefix };
    (low.to_owned(), format!("{prefix}{}", char::MAX))
}

/// Line of the table of access patterns.
#[derive(Debug, Clone, Copy)]
pub struct Described {
    /// Name of the pattern's type.
    pub name: &'static str,
    /// Phrase that says what the pattern finds.
    pub about: &'static str,
    /// Partition and sort key at which it finds that, as Markdown.
    pub place: &'static str,
}

/// Returns the range of sort keys, each `prefix` and an id, whose ids were given at or after `from` and before `to`.
pub(super) fn given<I: Id + std::fmt::Display>(
    prefix: &str,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> (String, String) {
    let all = format!("{prefix}{}_", I::PREFIX);
    let low = from.map_or_else(|| all.clone(), |from| format!("{prefix}{}", I::first_at(from)));
    let high = to.map(|to| format!("{prefix}{}", I::last_before(to)));
    (low, high.unwrap_or_else(|| format!("{all}{}", char::MAX)))
}

/// Declares the access patterns of an aggregate. A `lookup` finds one item by its key; a `list` finds the items of one
/// partition whose sort keys begin with a prefix; a `custom` pattern is implemented separately. Each ends with its
/// place in the table, for the README.
macro_rules! patterns {
    ($($(#[doc = $about:literal])? $kind:ident $name:ident $(($($field:ident: $type:ty),*) -> $entity:ty)? {
        $($body:tt)*
    })*) => {
        $($crate::table::pattern::pattern! {
            $kind $($about)? $name $(($($field: $type),*) -> $entity)? { $($body)* }
        })*

        /// Access patterns of this aggregate, for the README.
        pub(super) const PATTERNS: &[$crate::table::pattern::Described] =
            &[$(<$name as $crate::table::pattern::AccessPattern>::DESCRIBED),*];
    };
}
pub(super) use patterns;

/// Declares one access pattern.
macro_rules! pattern {
    (lookup $about:literal $name:ident($($field:ident: $type:ty),*) -> $entity:ty { $key:expr, $place:literal }) => {
        $crate::table::pattern::pattern! { type $about $name($($type),*) -> $entity, $place }

        impl $crate::table::pattern::Lookup for $name {
            fn key(&self) -> $crate::table::key::Key {
                let Self($($field),*) = self;
                $key
            }
        }
    };
    (list $about:literal $name:ident($($field:ident: $type:ty),*) -> $entity:ty {
        $index:expr, $partition:expr, $prefix:expr, $place:literal
    }) => {
        $crate::table::pattern::pattern! { type $about $name($($type),*) -> $entity, $place }

        impl $crate::table::pattern::ListPattern for $name {
            fn index(&self) -> $crate::table::pattern::Index {
                $index
            }

            fn partition(&self) -> String {
                let Self($($field),*) = self;
                $partition
            }

            fn range(&self) -> (String, String) {
                $crate::table::pattern::starting_with($prefix)
            }
        }
    };
    (type $about:literal $name:ident($($type:ty),*) -> $entity:ty, $place:literal) => {
        #[doc = concat!("Finds", $about, ".")]
        #[derive(Debug, Clone)]
        pub struct $name($(pub $type),*);

        impl $crate::table::pattern::AccessPattern for $name {
            type Entity = $entity;
            const DESCRIBED: $crate::table::pattern::Described =
                $crate::table::pattern::Described { name: stringify!($name), about: $about, place: $place };
        }
    };
    (custom $name:ident {}) => {};
}
pub(super) use pattern;
