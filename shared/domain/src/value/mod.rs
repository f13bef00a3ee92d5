//! What the detail fields say of an entitlement: values as they are sent and shown, and as they are kept.

pub mod form;
pub mod sent;
pub mod stored;
pub mod validate;

pub use sent::{Value, Values};
pub use stored::{DetailChanges, Details, StoredValue};
pub use validate::*;

#[cfg(test)]
mod tests;
