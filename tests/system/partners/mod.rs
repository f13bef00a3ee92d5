mod add_partner_organization;
mod create_partner;
mod get_partner;
mod link_store;
mod list_partner_organizations;
mod list_partners;
