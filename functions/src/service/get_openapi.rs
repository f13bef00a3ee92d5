//! `get-openapi`

use api_runtime::http::caller::Anyone;
use api_runtime::{Empty, Failure, Method, Nothing, Operation, Output, Reply, Request, Route, RouteAuth};
use schemars::JsonSchema;
use serde::Serialize;

/// Returns the OpenAPI description of this API.
pub struct GetOpenapi;

/// The document, generated from the operations' types by `UPDATE=1 cargo test`.
const DOCUMENT: &str = include_str!("openapi.json");

/// The OpenAPI 3.1 document of this API.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Document(serde_json::Map<String, serde_json::Value>);

impl Output for Document {}

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
        let document = serde_json::from_str(DOCUMENT);
        Ok(Reply::ok(Document(
            document.map_err(|error| api_runtime::table::Error::Internal(error.to_string()))?,
        )))
    }
}
