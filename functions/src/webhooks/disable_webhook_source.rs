//! `disable-webhook-source`

use api_runtime::table::SourceById;
use api_runtime::{
    Answer, Change, Empty, Failure, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route,
};
use domain::event::WebhookSourceDisabled;
use domain::{Actor, NewEvent, Role, Source};

use super::SourcePath;

/// Disables a webhook source.
pub struct DisableWebhookSource;

impl Operation for DisableWebhookSource {
    const NAME: &str = "disable-webhook-source";
    const SUMMARY: &str = "Disable a webhook source irreversibly";
    const DESCRIPTION: &str = "Operators disable a webhook source; it cannot be enabled again. From then on \
        its messages are rejected (401), and no account at it can be linked to a partner. Effects of earlier \
        messages remain. Idempotent: succeeds without effect if the source is disabled already. Records \
        `webhook-source.disabled`.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/webhook-sources/{sourceId}/disable", &[Role::Operator])];

    type Caller = Actor;
    type Path = SourcePath;
    type Query = Nothing;
    type Body = Empty;
    type Output = Source;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Source>, Failure> {
        let Request { context, path, .. } = request;
        let source = context.table.get(&SourceById(path.source_id)).await?;
        let source = source.or_not_found()?;
        let seen = source.metadata.version;
        let mut change = Change::new();
        if source.disabled_at.is_some() {
            change.confirm(&source, seen, context.if_match())?;
            return context.commit(change, Answer::ok(source)).await;
        }
        let source = source.disabled(context.now);
        change.replace(&source, seen, context.if_match())?;
        let disabled = NewEvent::of_vendor(WebhookSourceDisabled { source_id: source.id });
        change.record(disabled.about(source.metadata));
        context.commit(change, Answer::ok(source)).await
    }
}
