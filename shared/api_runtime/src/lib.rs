//! What stands between AWS and an operation: the single table, and the way from a payload to an operation
//! and back.

pub mod context;
pub mod http;
pub mod lambda;
pub mod operation;
pub mod schedule;
pub mod table;

pub use context::{Context, Environment};
pub use operation::{Answer, Failure, Input, Operation, Route};
pub use schedule::Scheduled;
