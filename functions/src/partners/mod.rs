//! Partners, their customers and their stores.

pub mod add_partner_organization;
pub mod create_partner;
pub mod get_partner;
pub mod link_store;
pub mod list_partner_organizations;
pub mod list_partners;
