//! Access patterns: every way in which items are found, to be read or to be a condition of a change. Each is a type, and
//! stands with its aggregate.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Id, Timestamp};

use super::item::Entity;
use super::key::Key;

/// The table itself, or one of its indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// The table.
    Table,
    /// The other way in: from a customer to what others hold about it.
    ByKey,
    /// By product, license type or month.
    ByFacet,
    /// By when something must happen next.
    Due,
}

impl Index {
    /// The index's name; the table has none.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Table => None,
            Self::ByKey => Some("by-key"),
            Self::ByFacet => Some("by-facet"),
            Self::Due => Some("due"),
        }
    }

    /// The attributes that are its partition and sort key.
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
    /// What it finds.
    type Entity: Entity;
    /// Its line in the table of access patterns.
    const DESCRIBED: Described;
}

/// Finds one item by its key.
pub trait Lookup: AccessPattern {
    /// Where it is.
    fn key(&self) -> Key;
}

/// Finds the items of one partition in the order of their sort keys.
pub trait ListPattern: AccessPattern + Sync {
    /// In the table, or in which index.
    fn index(&self) -> Index;

    /// In which partition.
    fn partition(&self) -> String;

    /// From which sort key to which, both included.
    fn range(&self) -> (String, String);

    /// Keeps only the items whose attribute, at this path, has this value.
    fn filter(&self) -> Vec<(&'static [&'static str], AttributeValue)> {
        Vec::new()
    }
}

/// All sort keys that begin with `prefix`. DynamoDB takes no empty text for a key, though all are after it.
pub(super) fn starting_with(prefix: &str) -> (String, String) {
    let low = if prefix.is_empty() { "\u{1}" } else { prefix };
    (low.to_owned(), format!("{prefix}{}", char::MAX))
}

/// A line of the table of access patterns.
#[derive(Debug, Clone, Copy)]
pub struct Described {
    /// The type's name.
    pub name: &'static str,
    /// What it finds, in a line.
    pub about: &'static str,
    /// Where it finds it: partition and sort key.
    pub place: &'static str,
}

/// The sort keys of what was given its id in a time, each after `prefix`.
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

/// The access patterns of an aggregate. A `lookup` finds one item by its key; a `list` those of one partition whose sort
/// keys begin with a prefix; a `custom` one is written out beside. Each ends with its place, for README.
macro_rules! patterns {
    ($($(#[doc = $about:literal])? $kind:ident $name:ident $(($($field:ident: $type:ty),*) -> $entity:ty)? {
        $($body:tt)*
    })*) => {
        $($crate::table::pattern::pattern! {
            $kind $($about)? $name $(($($field: $type),*) -> $entity)? { $($body)* }
        })*

        /// The access patterns of this aggregate, for README.
        pub(super) const PATTERNS: &[$crate::table::pattern::Described] =
            &[$(<$name as $crate::table::pattern::AccessPattern>::DESCRIBED),*];
    };
}
pub(super) use patterns;

/// One of them.
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
