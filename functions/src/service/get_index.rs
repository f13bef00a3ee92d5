//! `get-index`

use api_runtime::http::caller::Anyone;
use api_runtime::{Empty, Failure, Method, Nothing, Operation, Output, Reply, Request, Route, RouteAuth};
use schemars::JsonSchema;
use serde::Serialize;

/// Tells people who open the API's address in a browser where its description is.
pub struct GetIndex;

/// What this API is, and where it is described.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Index {
    /// Name of the software.
    name: &'static str,
    /// What the software is, in one sentence.
    about: &'static str,
    /// Path of the OpenAPI description.
    description: &'static str,
    /// Path that tells whether the API answers.
    health: &'static str,
    /// Where the guide for API users is.
    guide: &'static str,
}

impl Output for Index {}

impl Operation for GetIndex {
    const NAME: &str = "get-index";
    const SUMMARY: &str = "Find the description of this API";
    const DESCRIPTION: &str = "Anyone may call it, without a token. It reads nothing.";
    const ROUTES: &[Route] = &[Route::open_to(RouteAuth::Anyone, Method::Get, "/")];

    type Caller = Anyone;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Empty;
    type Output = Index;

    async fn execute(_: Request<'_, Self>) -> Result<Reply<Index>, Failure> {
        Ok(Reply::ok(Index {
            name: "Vouchsafe",
            about: "The channel backend of a vendor that sells through partners.",
            description: "/v1/openapi.json",
            health: "/v1/health",
            guide: "functions/README.md in the source code",
        }))
    }
}
