//! Who did what, when.

pub mod query_history;
