//! Who calls: a person with a token, anyone, or whoever signed a message.

use domain::webhook::{Envelope, LARGEST_MESSAGE};
use domain::{Actor, Author, AuthorKind, Problem, ProblemKind, Source};

use super::call::Call;
use crate::answer::Failure;
use crate::context::Context;
use crate::http::route::Route;
use crate::table::webhook_source::SourceById;

/// Who calls an operation.
pub trait Caller: Sized + Send + Sync {
    /// Finds out who calls, and whether the route is for them at all.
    fn authenticate(
        call: &Call,
        route: &Route,
        context: &Context<'_>,
    ) -> impl Future<Output = Result<Self, Failure>> + Send;

    /// Who it is, among all callers: what idempotency keys and page tokens are bound to.
    fn name(&self) -> String;

    /// The party they act for, for the log.
    fn party(&self) -> Option<String>;

    /// Who it is, as events remember; what changes nothing needs none.
    fn author(&self) -> Option<Author>;

    /// The key under which this call's effect is remembered, if the caller, not a header, brings one.
    fn message(&self) -> Option<&str> {
        None
    }
}

/// A person, or a machine of the vendor, with a token.
impl Caller for Actor {
    async fn authenticate(call: &Call, route: &Route, context: &Context<'_>) -> Result<Self, Failure> {
        Ok(call.actor(route, context.claim_prefix)?)
    }

    fn name(&self) -> String {
        self.subject.clone()
    }

    fn party(&self) -> Option<String> {
        Actor::party(self)
    }

    fn author(&self) -> Option<Author> {
        Some(Actor::author(self))
    }
}

/// Nobody in particular.
#[derive(Debug)]
pub struct Anyone;

impl Caller for Anyone {
    async fn authenticate(_: &Call, _: &Route, _: &Context<'_>) -> Result<Self, Failure> {
        Ok(Self)
    }

    fn name(&self) -> String {
        String::new()
    }

    fn party(&self) -> Option<String> {
        None
    }

    fn author(&self) -> Option<Author> {
        None
    }
}

/// A message whose signature was verified.
#[derive(Debug)]
pub struct Delivery {
    /// Who sent it.
    pub source: Source,
    /// The `webhook-id`, the same at every attempt.
    pub id: String,
}

impl Caller for Delivery {
    async fn authenticate(call: &Call, _: &Route, context: &Context<'_>) -> Result<Self, Failure> {
        verify(call, context).await
    }

    fn name(&self) -> String {
        self.source.id.to_string()
    }

    fn party(&self) -> Option<String> {
        Some(self.source.id.to_string())
    }

    fn author(&self) -> Option<Author> {
        let id = self.source.id.to_string();
        Some(Author { kind: AuthorKind::Source, id, email: None })
    }

    fn message(&self) -> Option<&str> {
        Some(&self.id)
    }
}

/// Verifies a message against the secret of the source that its path names.
///
/// # Errors
///
/// 413 for a message that is too large; 401, one and the same whatever else is wrong.
async fn verify(call: &Call, context: &Context<'_>) -> Result<Delivery, Failure> {
    // Whatever can be refused without a secret is refused before one is looked for.
    if call.body.len() > LARGEST_MESSAGE {
        let detail = format!("the message has {} bytes; at most {LARGEST_MESSAGE} are read", call.body.len());
        return Err(Problem::new(ProblemKind::TooLarge, "body-too-large", detail).into());
    }
    let unknown = || {
        Problem::new(ProblemKind::Unauthenticated, "invalid-signature", "no known source signed this message")
    };
    let header = |name: &str| call.header(name).unwrap_or_default();
    let envelope = Envelope {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signatures: header("webhook-signature"),
    };
    let id = call.path_parameter("sourceId").and_then(|id| id.parse().ok()).ok_or_else(unknown)?;
    let sealed = envelope.open(context.now).ok_or_else(unknown)?;
    let source = context.table.get(&SourceById(id)).await?.ok_or_else(unknown)?;
    let secrets = source.secrets(context.key()?, context.now);
    match sealed.vouches_for(&call.body, &secrets) {
        true => Ok(Delivery { source, id: envelope.id.to_owned() }),
        false => Err(unknown().into()),
    }
}
