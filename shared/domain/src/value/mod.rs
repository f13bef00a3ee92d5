//! What the detail fields say of an entitlement: values as they are sent and shown, and as they are kept.

pub mod form;
pub mod judge;
pub mod sent;
pub mod stored;

pub use judge::*;
pub use sent::{Value, Values};
pub use stored::{DetailChanges, Details, StoredValue};

#[cfg(test)]
mod tests;
