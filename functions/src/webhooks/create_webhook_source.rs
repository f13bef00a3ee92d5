//! `create-webhook-source`

use api_runtime::{Answer, Change, Failure, Json, Method, Nothing, Operation, Reply, Request, Route, route};
use deserr::Deserr;
use domain::event::WebhookSourceCreated;
use domain::{Actor, DeploymentKey, Faults, Metadata, Name, NewEvent, Role, Source};
use schemars::JsonSchema;

use super::SourceWithSecret;

/// Lets a store send signed messages.
pub struct CreateWebhookSource;

/// A store to be.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateWebhookSourceBody {
    /// What people call it.
    name: Name,
    /// Whether its orders may name any partner instead of an account that is linked.
    #[deserr(default)]
    #[schemars(default)]
    may_name_partners: bool,
}

impl Operation for CreateWebhookSource {
    const NAME: &str = "create-webhook-source";
    const ABOUT: &str = "Lets a store send signed messages. Its secret is shown in this answer only.";
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
        change.record(NewEvent::of_vendor(WebhookSourceCreated {
            source_id: source.id,
            name: name.clone(),
            may_name_partners: *may_name_partners,
        }));

        let location = format!("/v1/webhook-sources/{}", source.id);
        context.commit(change, Answer::created(location, SourceWithSecret::of(source))).await
    }

    fn reveal_secrets(key: &DeploymentKey, answer: String) -> Result<String, serde_json::Error> {
        SourceWithSecret::reveal_secrets(key, &answer)
    }
}
