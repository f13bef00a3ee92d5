//! `rotate-webhook-secret`

use aws::http::body::Empty;
use aws::operation::{Method, Nothing, route};
use aws::table::pattern::SourceById;
use aws::table::{Change, Refusal};
use aws::{Answer, Context, Failure, Input, Operation, Route};
use domain::{Actor, DeploymentKey, EventKind, Happening, Problem, Reason, Role};

use super::{OfSource, SourceWithSecret, in_force};

/// Gives a webhook source a new secret.
pub struct RotateWebhookSecret;

const DISABLED: Reason = Reason::state("source-disabled", "no secret makes it send again");

impl Operation for RotateWebhookSecret {
    const NAME: &str = "rotate-webhook-secret";
    const ABOUT: &str = "Gives a webhook source a new secret, shown in this answer only. The one before is good for another 24 hours.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/webhook-sources/{sourceId}/rotate-secret", &[Role::Operator])];
    const KEY_REQUIRED: bool = true;
    const REASONS: &[Reason] = &[DISABLED];

    type Caller = Actor;
    type Path = OfSource;
    type Query = Nothing;
    type Body = Empty;
    type Output = SourceWithSecret;

    async fn execute(
        context: &Context<'_>,
        _: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<SourceWithSecret>, Failure> {
        let source = context.table.get(&SourceById(input.path.source_id)).await?;
        let source = source.ok_or_else(Problem::not_found)?;
        let (seen, disabled) = (source.stamp.version, source.disabled_at.is_some());
        let source = source.rotated(context.now);

        let mut change = Change::new();
        if disabled {
            change.require_that(&SourceById(source.id), in_force(), |_| Refusal::because(&DISABLED, &[]));
        } else {
            change.replace(&source, seen, context.if_match())?;
        }
        change.record(Happening::of_vendor(EventKind::WebhookSecretRotated {
            source_id: source.id,
            secret_version: source.secret_version,
        }));
        context.commit(change, Answer::ok(SourceWithSecret::of(source))).await
    }

    fn reveal(key: &DeploymentKey, answer: String) -> Result<String, serde_json::Error> {
        SourceWithSecret::reveal(key, &answer)
    }
}
