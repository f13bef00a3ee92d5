//! The service itself.

pub mod get_openapi;
pub mod run_due_work;
