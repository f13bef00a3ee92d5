//! Who sent a webhook: the owner of the source's secret, or nobody we know.

use domain::webhook::{Envelope, Secret};
use domain::{Problem, Stage};

use crate::context::Context;
use crate::http::Call;
use crate::operation::{Delivery, Failure};
use crate::table::pattern::SourceById;

/// Verifies a message against the secret of the source that its path names.
///
/// # Errors
///
/// 401, one and the same whatever is wrong.
pub async fn authenticate(call: &Call, context: &Context<'_>) -> Result<Delivery, Failure> {
    let unknown =
        || Problem::new(Stage::Unauthenticated, "invalid-signature", "no known source signed this message");
    let header = |name: &str| call.header(name).unwrap_or_default();
    let envelope = Envelope {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signatures: header("webhook-signature"),
    };
    let id = call.path_parameter("sourceId").and_then(|id| id.parse().ok()).ok_or_else(unknown)?;
    let source = context.table.get(&SourceById(id)).await?.ok_or_else(unknown)?;
    let secret = Secret::derive(context.key, source.id, source.secret_version);
    match envelope.vouches_for(&call.body, &secret, context.now) {
        true => Ok(Delivery { source, id: envelope.id.to_owned() }),
        false => Err(unknown().into()),
    }
}
