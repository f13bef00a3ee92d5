//! A replay: the whole history of a run is all that it takes to know the state in the end.
//!
//! [`runs`] makes random concurrent calls and messages, with failures. [`history`] then reads every log as an operator
//! does, [`state`] rebuilds from the events what there is and in which state, [`expected`] says how the API must show it,
//! [`compare`] reads what it shows, and [`proof`] compares both. Nothing here uses the product's types or rules; all is
//! JSON over HTTP. The replay notices an event that is missing, one that is there twice, and two that are exchanged.
//!
//! `SEED=<seed> ROUNDS=1 cargo test --test system replay` repeats the calls of a failed round. They are concurrent, so
//! their order, and with it the round's result, may differ; a failure therefore prints all that is needed to judge it.
//!
//! What it relies on, beside the fields of the events:
//!
//! - An object's events are in the order of its versions, which they carry. Pools have none, see [`pools`].
//! - Of a cancellation and a deactivation the first ends a subscription, but not before its start, and only if its term
//!   had not ended by then.
//! - The time of an event is that of its transaction, which may be some milliseconds after the time of a change in it.
//! - The run's customers have other e-mails than the contacts that its orders name.

automod::dir!("replay");

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Fields of an object by name.
pub type Fields = Map<String, Value>;

/// Objects by kind and id, such as `subscription sub_…`.
pub type Objects = BTreeMap<String, Fields>;

/// The time of a change that was recorded at this time: the same, or less than a second before.
fn recorded_at(time: &str) -> Value {
    json!({"recordedAt": time})
}
