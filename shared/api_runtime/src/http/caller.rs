//! Callers: a person with a token, the sender of a signed message, or anyone.

use domain::webhook::{Envelope, LARGEST_MESSAGE};
use domain::{Actor, Author, AuthorKind, Problem, ProblemKind, Source};

use super::call::Call;
use crate::answer::Failure;
use crate::context::Context;
use crate::context::caller::Identity;
use crate::http::route::{Route, RouteAuth};
use crate::table::webhook_source::SourceById;

/// Caller of an operation.
pub trait Caller: Sized + Send + Sync {
    /// Authenticates the caller.
    fn authenticate(call: &Call, context: &Context<'_>)
    -> impl Future<Output = Result<Self, Failure>> + Send;

    /// Checks that the route is open to the caller.
    ///
    /// # Errors
    ///
    /// 403 if it is not.
    fn authorize(&self, _: &Route) -> Result<(), Problem> {
        Ok(())
    }

    /// Returns the name that identifies the caller among all callers; idempotency keys and page tokens are bound to it.
    fn name(&self) -> String;

    /// Returns the party for which the caller acts, for the log.
    fn party(&self) -> Option<String>;

    /// Returns the caller as the author of events depends on it; `None` for callers that change nothing.
    fn identity(&self) -> Option<Identity>;

    /// Returns the author that the log names, which is not looked up; `None` for callers that change nothing.
    fn author(&self) -> Option<Author> {
        self.identity().map(|identity| match identity {
            Identity::Person(actor) => actor.author(),
            Identity::Machine(author) => author,
        })
    }

    /// Returns the id of the message under which the answer is stored, if the message has one instead of an
    /// `Idempotency-Key`.
    fn message(&self) -> Option<&str> {
        None
    }
}

/// A person, or a system of the vendor, with a token.
impl Caller for Actor {
    async fn authenticate(call: &Call, context: &Context<'_>) -> Result<Self, Failure> {
        Ok(call.actor(context.claim_prefix)?)
    }

    fn authorize(&self, route: &Route) -> Result<(), Problem> {
        match route.access {
            RouteAuth::Roles(roles) if !self.has_one_of(roles) => {
                let roles: Vec<_> = roles.iter().map(|role| role.name()).collect();
                let detail = format!("this operation is for: {}", roles.join(", "));
                Err(Problem::new(ProblemKind::Forbidden, "role-not-allowed", detail))
            }
            _ => Ok(()),
        }
    }

    fn name(&self) -> String {
        self.subject.clone()
    }

    fn party(&self) -> Option<String> {
        Actor::party(self)
    }

    fn identity(&self) -> Option<Identity> {
        Some(Identity::Person(self.clone()))
    }
}

/// A caller that is not identified.
#[derive(Debug)]
pub struct Anyone;

impl Caller for Anyone {
    async fn authenticate(_: &Call, _: &Context<'_>) -> Result<Self, Failure> {
        Ok(Self)
    }

    fn name(&self) -> String {
        String::new()
    }

    fn party(&self) -> Option<String> {
        None
    }

    fn identity(&self) -> Option<Identity> {
        None
    }
}

/// A message whose signature was verified.
#[derive(Debug)]
pub struct Delivery {
    /// Webhook source that sent the message.
    pub source: Source,
    /// Value of `webhook-id`, which is the same for every delivery attempt.
    pub id: String,
}

impl Caller for Delivery {
    async fn authenticate(call: &Call, context: &Context<'_>) -> Result<Self, Failure> {
        verify(call, context).await
    }

    fn name(&self) -> String {
        self.source.id.to_string()
    }

    fn party(&self) -> Option<String> {
        Some(self.source.id.to_string())
    }

    fn identity(&self) -> Option<Identity> {
        let id = self.source.id.to_string();
        Some(Identity::Machine(Author { kind: AuthorKind::Source, id }))
    }

    fn message(&self) -> Option<&str> {
        Some(&self.id)
    }
}

/// Verifies a message with the secrets of the source that the path names.
///
/// # Errors
///
/// 413 if the message is too large; 401 if anything else is wrong. It says what is wrong with the headers, but nothing that
/// depends on the source.
async fn verify(call: &Call, context: &Context<'_>) -> Result<Delivery, Failure> {
    let body = call.body().map_err(Problem::shape)?;
    if body.len() > LARGEST_MESSAGE {
        let detail = format!("the message has {} bytes; at most {LARGEST_MESSAGE} are read", body.len());
        return Err(Problem::new(ProblemKind::TooLarge, "body-too-large", detail).into());
    }
    let wrong = |why: &str| Problem::new(ProblemKind::Unauthenticated, "invalid-signature", why);
    let unknown = || wrong("no valid secret of a source with this id signed these bytes");
    let header = |name: &str| call.header(name).unwrap_or_default();
    let envelope = Envelope {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signatures: header("webhook-signature"),
    };
    let id = call.path_parameter("sourceId").and_then(|id| id.parse().ok()).ok_or_else(unknown)?;
    // All checks that need no secret come before the source is read.
    let sealed = envelope.open(context.now).map_err(wrong)?;
    let source = context.table.get(&SourceById(id)).await?.ok_or_else(unknown)?;
    let secrets = source.secrets(context.key()?, context.now);
    match sealed.vouches_for(body, &secrets) {
        true => Ok(Delivery { source, id: envelope.id.to_owned() }),
        false => Err(unknown().into()),
    }
}
