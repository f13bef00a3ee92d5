//! `get-openapi`

use api_runtime::http::caller::Anyone;
use api_runtime::{Access, Empty, Failure, Method, Nothing, Operation, Output, Reply, Request, Route};
use schemars::JsonSchema;
use serde::Serialize;

/// Describes this API.
pub struct GetOpenapi;

/// The description, made from the operations' own types. `UPDATE=1 cargo test` writes it.
const DOCUMENT: &str = include_str!("openapi.json");

/// An OpenAPI document.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Document(serde_json::Map<String, serde_json::Value>);

impl Output for Document {}

impl Operation for GetOpenapi {
    const NAME: &str = "get-openapi";
    const ABOUT: &str = "Describes this API (OpenAPI 3.1).";
    const ROUTES: &[Route] = &[Route::open_to(Access::Anyone, Method::Get, "/v1/openapi.json")];

    type Caller = Anyone;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Empty;
    type Output = Document;

    async fn execute(_: Request<'_, Self>) -> Result<Reply<Document>, Failure> {
        let document = serde_json::from_str(DOCUMENT);
        Ok(Reply::ok(Document(
            document.map_err(|error| api_runtime::table::Error::Internal(error.to_string()))?,
        )))
    }
}
