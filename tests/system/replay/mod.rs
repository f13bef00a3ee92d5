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
//! What the replay takes for granted, beside the fields of the events (all of it is in [`state`] and [`expected`],
//! marked there by "assumed"):
//!
//! - An object's events are in the order of its versions (`version` of an event, if it has one). An event without a
//!   version is only checked by its place.
//! - `subscription.cancelled` tells in `cancelledAt` the time that counts. `subscription.renewed` has a later end than
//!   before, and ends a cancellation unless that is dated later: if the event has no `occurredAt`, the replay accepts both.
//! - A cancellation and a deactivation both stay visible; of the two, the entitlement's `endedAt` is the earlier. If the
//!   term had ended by then, `endedAt` may be absent or the term's end; if it had not begun, it may be the beginning.
//! - A subscription is `pending-set-up` until it has a place, `suspended` while suspended. An app without a place of its
//!   own shows its parents', so that its place and its set-up are not compared.
//! - An order that was cancelled before it arrived may be told to be parked; it is cancelled. An ignored change of an
//!   order may count as its latest one or not.
//! - The list of a partner's directory has only its entries, not the organizations of grants in force.
//! - Grants are extended by `access.extended` (`grantId`, `expiresAt`), and `access.updated` has `grantId` and
//!   `autoExtend`; `entitlement.updated` has the start and the end after the change.

automod::dir!("replay");

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Fields of an object by name. A name that begins with `?` is compared only if the API shows such a field.
pub type Fields = Map<String, Value>;

/// Objects by kind and id, such as `subscription sub_…`.
pub type Objects = BTreeMap<String, Fields>;
