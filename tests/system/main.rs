//! Tests of the whole system over HTTP, in one test binary.

mod access;
mod customers;
mod details;
mod entitlements;
mod foundation;
mod history;
mod licenses;
mod members;
mod orders;
mod organizations;
mod partners;
mod people;
mod products;
mod replay;
mod service;
mod service_requests;
mod subscriptions;
mod webhooks;
