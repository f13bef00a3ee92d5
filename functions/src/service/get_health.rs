//! `get-health`

use api_runtime::http::caller::Anyone;
use api_runtime::{Empty, Failure, Method, Nothing, Operation, Output, Reply, Request, Route, RouteAuth};
use schemars::JsonSchema;
use serde::Serialize;

/// Tells that the API answers.
pub struct GetHealth;

/// State of the API.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Health {
    /// Always `ok`: an API that does not work gives no such answer.
    status: HealthStatus,
}

/// State of the API in one word.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum HealthStatus {
    /// API Gateway and the functions answer.
    Ok,
}

impl Output for Health {}

impl Operation for GetHealth {
    const NAME: &str = "get-health";
    const SUMMARY: &str = "Check that the API answers";
    const DESCRIPTION: &str = "Anyone may call it, without a token. It reads nothing, so it tells that API \
        Gateway and the functions answer, and nothing about the table.";
    const ROUTES: &[Route] = &[Route::open_to(RouteAuth::Anyone, Method::Get, "/v1/health")];

    type Caller = Anyone;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Empty;
    type Output = Health;

    async fn execute(_: Request<'_, Self>) -> Result<Reply<Health>, Failure> {
        Ok(Reply::ok(Health { status: HealthStatus::Ok }))
    }
}
