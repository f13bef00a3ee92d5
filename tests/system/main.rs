//! The whole system, tested over HTTP: one test binary.

mod customers;
mod details;
mod entitlements;
mod foundation;
mod history;
mod licenses;
mod orders;
mod organizations;
mod partners;
mod products;
mod service;
mod webhooks;
