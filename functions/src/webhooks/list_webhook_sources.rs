//! `list-webhook-sources`

use api_runtime::table::Sources;
use api_runtime::{Empty, Failure, List, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::{Actor, Role, Source};

/// Lists the webhook sources.
pub struct ListWebhookSources;

impl Operation for ListWebhookSources {
    const NAME: &str = "list-webhook-sources";
    const SUMMARY: &str = "List webhook sources";
    const DESCRIPTION: &str = "Operators list all webhook sources, including disabled ones, oldest first. \
        Secrets are not returned. The list is eventually consistent: a source that was created a moment ago \
        may be missing.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/webhook-sources", &[Role::Operator])];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Empty;
    type Output = List<Source>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<Source>>, Failure> {
        let Request { context, .. } = request;
        Ok(Reply::ok(context.page(&Sources(), true).await?))
    }
}
