//! The single table. Each aggregate has a file with its items, access patterns and keys, and with the updates that need
//! no read before them.

pub mod client;
pub mod count;
pub mod due_item;
pub mod error;
pub mod idempotency;
pub mod import_run;
pub mod item;
pub mod item_with_email;
pub mod key;
#[cfg(test)]
mod key_strings;
pub mod pattern;
pub mod read;
pub mod reservation;
pub mod transaction;
pub mod write;

pub use client::Table;
pub use count::Count;
pub use due_item::DueItem;
pub use error::{Error, Pause};
pub use idempotency::{IdempotencyRecord, RefusalMark};
pub use import_run::ImportRun;
pub use item::{Entity, Item};
pub use item_with_email::ItemsByEmail;
pub use key::Key;
pub use pattern::{Index, ListPattern, Lookup};
pub use read::{BatchGet, BatchResult, ItemFilter, Page, PageQuery};
pub use reservation::{EmailReservation, Reservation, is_held_by};
pub use write::{Expression, Update, Write};

/// Declares the aggregates that have access patterns.
macro_rules! aggregates {
    ($($name:ident),* $(,)?) => {
        $(
            pub mod $name;
            pub use $name::*;
        )*

        /// Returns all access patterns, for the README.
        pub fn access_patterns() -> Vec<pattern::Described> {
            [$($name::PATTERNS),*].concat()
        }
    };
}

aggregates! {
    access,
    access_request,
    contact_history,
    customer,
    deactivation,
    detail_field,
    directory,
    due,
    entitlement,
    erasure,
    event,
    license,
    member,
    monthly_counts,
    name_index,
    notification_preference,
    order,
    organization,
    partner,
    person,
    product,
    service_request,
    site,
    store,
    subscription,
    unsolved_request,
    webhook_source,
}
