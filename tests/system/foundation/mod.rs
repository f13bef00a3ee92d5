//! Rules that every operation must satisfy.

mod authority;
mod budgets;
mod completeness;
mod contract;
mod faults;
mod gateway;
mod permissions;
mod readme;
mod recording;
mod spelling;
mod structure;
mod template;
#[cfg(tour)]
mod tour;
mod traces;
