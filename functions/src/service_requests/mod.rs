//! Support cases: submitted by customers, and for them by partners as far as their access goes.

pub mod get_service_request;
pub mod list_service_requests;
pub mod open_service_request;
