mod create_partner;
mod get_partner;
mod link_customer;
mod link_store;
mod list_partner_customers;
mod list_partners;
