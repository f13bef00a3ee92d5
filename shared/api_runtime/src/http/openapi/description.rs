//! Operations without their types.

use domain::{ErrorKind, Role};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::answer::Output;
use crate::http::body::Body;
use crate::http::operation::{Operation, Size};
use crate::http::route::Route;

/// What an operation is, without its types.
#[derive(Clone, Copy)]
pub struct Description {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub about: &'static str,
    /// How it is called.
    pub routes: &'static [Route],
    /// Whether a call must carry an `Idempotency-Key`.
    pub key_required: bool,
    /// What its function has.
    pub size: Size,
    /// Whether its function has the deployment's key.
    pub uses_key: bool,
    /// The kinds of callers who write by their token alone, and why.
    pub by_token: &'static [(Role, &'static str)],
    pub(super) also: &'static [&'static str],
    pub(super) creates: bool,
    pub(super) takes_version: bool,
    pub(super) defers: bool,
    /// Whether its answer is a page of a list.
    pub paged: bool,
    pub(super) versioned: bool,
    pub(super) tabular: bool,
    pub(super) errors: [&'static [ErrorKind]; 2],
    pub(super) path: fn(&mut SchemaGenerator) -> Schema,
    pub(super) query: fn(&mut SchemaGenerator) -> Schema,
    pub(super) body: fn(&mut SchemaGenerator) -> Option<Schema>,
    pub(super) output: fn(&mut SchemaGenerator) -> Schema,
}

impl Description {
    /// The description of an operation.
    pub fn of<O: Operation>() -> Self {
        Self {
            name: O::NAME,
            about: O::ABOUT,
            routes: O::ROUTES,
            key_required: O::KEY_REQUIRED,
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

    /// A route's name among all routes.
    pub fn operation_id(&self, route: &Route) -> String {
        match (route.id, route.owner) {
            (Some(id), _) => id.to_owned(),
            (None, Some(owner)) => format!("{}-of-{owner}", self.name),
            (None, None) => self.name.to_owned(),
        }
    }
}

/// A call that succeeds in the demo world, and its answer.
#[derive(Debug, Clone)]
pub struct Example {
    /// The body that is sent.
    pub request: Option<Value>,
    /// The status of the answer.
    pub status: u16,
    /// The body of the answer.
    pub response: Value,
}
