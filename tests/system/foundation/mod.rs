//! Rules that every operation must satisfy.

mod authority;
mod budgets;
#[cfg(shell)]
mod commands;
mod completeness;
mod contract;
mod documents;
mod faults;
mod gateway;
mod headers;
mod inactive;
mod permissions;
mod recording;
mod spelling;
mod structure;
mod template;
mod traces;
