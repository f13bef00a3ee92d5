mod create_customer;
mod find_customer;
mod managers;
mod remove_customer;
mod update_customer;
