//! `create-webhook-source`

use api_runtime::{Answer, Change, Failure, Json, Method, Nothing, Operation, Reply, Request, Route, route};
use deserr::Deserr;
use domain::event::WebhookSourceCreated;
use domain::{Actor, DeploymentKey, Faults, Metadata, Name, NewEvent, Role, Source};
use schemars::JsonSchema;

use super::SourceWithSecret;

/// Creates a webhook source.
pub struct CreateWebhookSource;

/// Webhook source to create.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateWebhookSourceBody {
    /// Display name of the store; 1 to 200 characters.
    name: Name,
    /// Whether the store's messages may name any partner by `partnerId`, and sell subscriptions without a partner. If
    /// not, they name the buyer's account at the store. Default: `false`.
    #[deserr(default)]
    #[schemars(default)]
    may_name_partners: bool,
}

impl Operation for CreateWebhookSource {
    const NAME: &str = "create-webhook-source";
    const SUMMARY: &str = "Create a webhook source";
    const DESCRIPTION: &str = "Operators register a store, which then sends signed messages (Standard \
        Webhooks) to `/v1/webhooks/{sourceId}`. The signing secret is returned by this call only, and again \
        if the call is repeated with the same `Idempotency-Key`. The source's name and `mayNamePartners` \
        cannot be changed later. Records `webhook-source.created`.";
    const ROUTES: &[Route] = &[route(Method::Post, "/v1/webhook-sources", &[Role::Operator])];
    const CREATES: bool = true;
    const USES_KEY: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Json<CreateWebhookSourceBody>;
    type Output = SourceWithSecret;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<SourceWithSecret>, Failure> {
        let Request { context, body, .. } = request;
        let Json(CreateWebhookSourceBody { name, may_name_partners }) = body;
        let source = Source {
            id: context.id(),
            name: name.clone(),
            may_name_partners: *may_name_partners,
            secret_version: 1,
            earlier_secrets: Vec::new(),
            disabled_at: None,
            metadata: Metadata::new(context.now),
        };

        let mut change = Change::new();
        change.create(&source)?;
        let (source_id, name, may_name_partners) = (source.id, name.clone(), *may_name_partners);
        let created = WebhookSourceCreated { source_id, name, may_name_partners };
        change.record(NewEvent::of_vendor(created).about(source.metadata));

        let location = format!("/v1/webhook-sources/{}", source.id);
        context.commit(change, Answer::created(location, SourceWithSecret::of(source))).await
    }

    fn reveal_secrets(key: &DeploymentKey, answer: String) -> Result<String, serde_json::Error> {
        SourceWithSecret::reveal_secrets(key, &answer)
    }
}
