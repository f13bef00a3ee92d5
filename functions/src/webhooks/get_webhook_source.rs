//! `get-webhook-source`

use api_runtime::table::SourceById;
use api_runtime::{Empty, Failure, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route};
use domain::{Actor, Role, Source};

use super::SourcePath;

/// Returns a webhook source.
pub struct GetWebhookSource;

impl Operation for GetWebhookSource {
    const NAME: &str = "get-webhook-source";
    const SUMMARY: &str = "Get a webhook source";
    const DESCRIPTION: &str = "Operators read any webhook source, disabled ones included. The answer has no \
        secret; `rotate-webhook-secret` makes a new one.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/webhook-sources/{sourceId}", &[Role::Operator])];

    type Caller = Actor;
    type Path = SourcePath;
    type Query = Nothing;
    type Body = Empty;
    type Output = Source;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Source>, Failure> {
        let Request { context, path, .. } = request;
        Ok(Reply::ok(context.table.get(&SourceById(path.source_id)).await.or_not_found()?))
    }
}
