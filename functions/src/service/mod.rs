//! The service itself.

pub mod get_openapi;
