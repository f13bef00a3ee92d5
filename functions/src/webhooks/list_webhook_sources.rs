//! `list-webhook-sources`

use api_runtime::context::List;
use api_runtime::http::body::Empty;
use api_runtime::operation::{Method, Nothing, route};
use api_runtime::table::pattern::Sources;
use api_runtime::{Answer, Context, Failure, Input, Operation, Route};
use domain::{Actor, Role, Source};

/// Shows which stores may send messages.
pub struct ListWebhookSources;

impl Operation for ListWebhookSources {
    const NAME: &str = "list-webhook-sources";
    const ABOUT: &str = "Lists the webhook sources, the disabled ones too, in the order of their coming.";
    const ROUTES: &[Route] = &[route(Method::Get, "/v1/webhook-sources", &[Role::Operator])];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Empty;
    type Output = List<Source>;

    async fn execute(
        context: &Context<'_>,
        _: &Actor,
        _: &Input<Self>,
    ) -> Result<Answer<List<Source>>, Failure> {
        Ok(Answer::ok(context.page(&Sources(), true).await?))
    }
}
