//! Values of detail fields of an entitlement: as they are sent and shown, and as they are stored.

pub mod form;
pub mod sent;
pub mod stored;
pub mod validate;

pub use sent::{Value, Values};
pub use stored::{DetailChanges, Details, StoredValue};
pub use validate::*;

#[cfg(test)]
mod tests;
