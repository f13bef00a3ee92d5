//! The single table: typed keys, named access patterns, reads, and transactions.

pub mod client;
pub mod count;
pub mod due;
pub mod entity;
pub mod error;
pub mod key;
pub mod pattern;
pub mod pending;
pub mod pool;
pub mod read;
pub mod subscription;
pub mod tally;
pub mod transaction;
pub mod write;

pub use client::Table;
pub use due::{DueItem, Turn};
pub use entity::{
    Concern, ContactEntry, Count, DirectoryEntry, Drain, EntitlementReservation, Entity, IdempotencyRecord,
    ImportRun, Item, Parked, PendingRequests, RefusalMark, Reservation, SubscriptionName, SubscriptionPlace,
    Tally, Welcome,
};
pub use error::{Error, Pause};
pub use key::Key;
pub use pattern::{Index, Listing, Lookup};
pub use read::{Choice, Cut, Found, Page, Wanted};
pub use write::{Expression, Update, Write};
