//! `get-openapi`

use std::borrow::Cow;
use std::sync::LazyLock;

use api_runtime::http::caller::Anyone;
use api_runtime::table::Error;
use api_runtime::{Empty, Failure, Method, Nothing, Operation, Output, Reply, Request, Route, RouteAuth};
use domain::Version;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::value::RawValue;

/// Returns the OpenAPI description of this API.
pub struct GetOpenapi;

/// The document, generated from the operations' types by `UPDATE=1 cargo test`.
const DOCUMENT: &str = include_str!("openapi.json");

/// The document without indentation. An instance of the function parses it once.
static COMPACT: LazyLock<Result<Box<RawValue>, serde_json::Error>> = LazyLock::new(|| {
    let document: serde_json::Value = serde_json::from_str(DOCUMENT)?;
    serde_json::value::to_raw_value(&document)
});

/// The OpenAPI 3.1 document of this API.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Document(&'static RawValue);

impl JsonSchema for Document {
    fn schema_name() -> Cow<'static, str> {
        "Document".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "description": "An OpenAPI 3.1 document." })
    }
}

impl Output for Document {
    const VERSIONED: bool = true;

    // The digest in the `ETag` tells documents apart.
    fn version(&self) -> Option<Version> {
        Some(1)
    }
}

impl Operation for GetOpenapi {
    const NAME: &str = "get-openapi";
    const SUMMARY: &str = "Get the OpenAPI description of this API";
    const DESCRIPTION: &str = "Anyone may call it, without a token. The answer is an OpenAPI 3.1 document \
        that is generated from the types of the operations.";
    const ROUTES: &[Route] = &[Route::open_to(RouteAuth::Anyone, Method::Get, "/v1/openapi.json")];

    type Caller = Anyone;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Empty;
    type Output = Document;

    async fn execute(_: Request<'_, Self>) -> Result<Reply<Document>, Failure> {
        let document = COMPACT.as_ref().map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Reply::ok(Document(document)))
    }
}
