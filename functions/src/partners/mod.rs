//! Partners, their customers and their stores.

pub mod create_partner;
pub mod link_customer;
pub mod link_store;
