//! `rotate-webhook-secret`

use api_runtime::table::SourceById;
use api_runtime::{
    Answer, Change, ConditionFailure, Empty, Failure, Method, Nothing, Operation, OrNotFound, Reply, Request,
    Route, route,
};
use domain::event::WebhookSecretRotated;
use domain::{Actor, DeploymentKey, ErrorKind, NewEvent, Role};

use super::{SourcePath, SourceWithSecret};

/// Rotates the signing secret of a webhook source.
pub struct RotateWebhookSecret;

const TOO_OFTEN: ErrorKind = ErrorKind::state(
    "rotated-too-often",
    "five earlier secrets are still valid: retry when the first of them expires, within 24 hours",
);
const DISABLED: ErrorKind =
    ErrorKind::state("source-disabled", "the source is disabled irreversibly: create another one");

impl Operation for RotateWebhookSecret {
    const NAME: &str = "rotate-webhook-secret";
    const SUMMARY: &str = "Rotate the secret of a webhook source";
    const DESCRIPTION: &str = "Operators give a webhook source a new signing secret, which is valid at once. \
        The secret is returned by this call only, and again if the call is repeated with the same \
        `Idempotency-Key`, which is required. The replaced secret stays valid for 24 hours; at most five \
        replaced secrets are valid at a time. A rotation cannot be undone, and a disabled source cannot be \
        rotated. Records `webhook-source.secret-rotated`.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/webhook-sources/{sourceId}/rotate-secret", &[Role::Operator])];
    const KEY_REQUIRED: bool = true;
    const USES_KEY: bool = true;
    const ERRORS: &[ErrorKind] = &[DISABLED, TOO_OFTEN];

    type Caller = Actor;
    type Path = SourcePath;
    type Query = Nothing;
    type Body = Empty;
    type Output = SourceWithSecret;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<SourceWithSecret>, Failure> {
        let Request { context, path, .. } = request;
        let source = context.table.get(&SourceById(path.source_id)).await?;
        let source = source.or_not_found()?;
        let mut change = Change::new();
        let source = match (source.disabled_at, source.clone().rotated(context.now)) {
            (Some(_), _) => {
                change
                    .reject_by_stored(&SourceById(source.id), |_| ConditionFailure::rejected(&DISABLED, &[]));
                source
            }
            (None, None) => {
                change.reject_by_stored(&SourceById(source.id), |_| {
                    ConditionFailure::rejected(&TOO_OFTEN, &[])
                });
                source
            }
            (None, Some(rotated)) => {
                change.replace(&rotated, source.metadata.version, context.if_match())?;
                rotated
            }
        };
        let rotated = WebhookSecretRotated { source_id: source.id, secret_version: source.secret_version };
        change.record(NewEvent::of_vendor(rotated).about(source.metadata));
        context.commit(change, Answer::ok(SourceWithSecret::of(source))).await
    }

    fn reveal_secrets(key: &DeploymentKey, answer: String) -> Result<String, serde_json::Error> {
        SourceWithSecret::reveal_secrets(key, &answer)
    }
}
