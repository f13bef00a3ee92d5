//! Partners, their customers and their stores.

pub mod create_partner;
pub mod get_partner;
pub mod link_customer;
pub mod link_store;
pub mod list_partner_customers;
pub mod list_partners;
