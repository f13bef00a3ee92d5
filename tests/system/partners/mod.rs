mod create_partner;
mod link_customer;
mod link_store;
