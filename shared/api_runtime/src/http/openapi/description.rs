//! Descriptions of operations without their types.

use std::collections::BTreeMap;

use domain::{ErrorKind, Role};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::answer::Output;
use crate::http::body::Body;
use crate::http::operation::{Operation, Size};
use crate::http::route::Route;

/// Description of an operation without its types.
#[derive(Clone, Copy)]
pub struct Description {
    /// Name of the operation.
    pub name: &'static str,
    /// Imperative sentence of at most ten words.
    pub summary: &'static str,
    /// Full sentences for API users.
    pub description: &'static str,
    /// Routes of the operation.
    pub routes: &'static [Route],
    /// Whether a call must carry an `Idempotency-Key`.
    pub key_required: bool,
    /// Whether also a person may call it whose record is disabled or removed.
    pub open_to_inactive: bool,
    /// Timeout and memory of the function.
    pub size: Size,
    /// Whether the function gets the deployment key.
    pub uses_key: bool,
    /// Roles whose writes rely on the token alone, each with the reason.
    pub by_token: &'static [(Role, &'static str)],
    pub(super) also: &'static [&'static str],
    pub(super) creates: bool,
    pub(super) takes_version: bool,
    pub(super) defers: bool,
    /// Whether the answer is a page of a list.
    pub paged: bool,
    pub(super) versioned: bool,
    pub(super) tabular: bool,
    /// Errors of the operation, and those that it shares with others.
    pub errors: [&'static [ErrorKind]; 2],
    pub(super) path: fn(&mut SchemaGenerator) -> Schema,
    pub(super) query: fn(&mut SchemaGenerator) -> Schema,
    pub(super) body: fn(&mut SchemaGenerator) -> Option<Schema>,
    pub(super) output: fn(&mut SchemaGenerator) -> Schema,
}

impl Description {
    /// Returns the description of an operation.
    pub fn of<O: Operation>() -> Self {
        Self {
            name: O::NAME,
            summary: O::SUMMARY,
            description: O::DESCRIPTION,
            routes: O::ROUTES,
            key_required: O::KEY_REQUIRED,
            open_to_inactive: O::OPEN_TO_INACTIVE,
            size: O::SIZE,
            uses_key: O::USES_KEY,
            by_token: O::BY_TOKEN,
            also: O::Body::ALSO,
            creates: O::CREATES,
            takes_version: O::TAKES_VERSION,
            defers: O::DEFERS,
            paged: O::PAGED,
            versioned: O::Output::VERSIONED,
            tabular: O::Output::TABULAR,
            errors: [O::ERRORS, O::SHARED_ERRORS],
            path: <O::Path as JsonSchema>::json_schema,
            query: <O::Query as JsonSchema>::json_schema,
            body: <O::Body as Body>::schema,
            output: |generator| generator.subschema_for::<O::Output>(),
        }
    }

    /// Returns the operation id of a route, which is unique among all routes.
    pub fn operation_id(&self, route: &Route) -> String {
        match (route.id, route.owner) {
            (Some(id), _) => id.to_owned(),
            (None, Some(owner)) => format!("{}-of-{owner}", self.name),
            (None, None) => self.name.to_owned(),
        }
    }
}

/// A call that succeeds in the demo world, with its answer.
#[derive(Debug, Clone)]
pub struct Example {
    /// Request body; `None` if the call has none.
    pub request: Option<Value>,
    /// HTTP status of the answer.
    pub status: u16,
    /// Body of the answer.
    pub response: Value,
    /// Path of the call.
    pub path: String,
    /// Bodies of the answers to other calls of the route that succeed with another status.
    pub others: BTreeMap<u16, Value>,
    /// Bodies of refusals of the same call with one thing wrong, by their status.
    pub refusals: BTreeMap<u16, Value>,
    /// Bodies of refusals of other calls of the route, by their code.
    pub problems: BTreeMap<String, Value>,
}
