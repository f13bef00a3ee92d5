//! Context of an operation: the table, the time, new ids, and the options that the call sets in its headers and query.

pub mod caller;
pub mod commit;
mod lease;
mod name_search;
mod page;
mod spelling;

use std::sync::Arc;

use domain::{DeploymentKey, Id, Ids, Timestamp};

use crate::condition::IfMatch;
use crate::table::{Error, IdempotencyRecord, Key, Table};
pub(crate) use caller::CallerSource;
pub(crate) use lease::Lease;

/// Resources of a function instance, for its whole life.
pub struct Environment {
    /// The single table.
    pub table: Table,
    /// Deployment key, from which secrets and page tokens are derived; `None` in functions that do not use it.
    pub key: Option<DeploymentKey>,
    /// Clock that returns the current time.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Source of new ids.
    pub ids: Ids,
    /// Prefix of this system's own claims in a token.
    pub claim_prefix: String,
    /// Whether the log says who called, by the subject of the token.
    pub logs_callers: bool,
}

/// Resources and options of one attempt to execute a call.
pub struct Context<'a> {
    /// The single table.
    pub table: &'a Table,
    pub(crate) key: Option<&'a DeploymentKey>,
    /// Time of the attempt, the same for everything that it does.
    pub now: Timestamp,
    pub(crate) clock: &'a (dyn Fn() -> Timestamp + Send + Sync),
    pub(crate) ids: &'a Ids,
    pub(crate) claim_prefix: &'a str,
    pub(crate) options: CallOptions,
}

/// Options that a call sets in its headers and query.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallOptions {
    /// Request id, which also differs between a call and its repeats.
    pub(crate) id: String,
    pub(crate) caller: CallerSource,
    pub(crate) validate_only: bool,
    pub(crate) if_match: Option<IfMatch>,
    pub(crate) idempotency: Option<IdempotencySlot>,
    pub(crate) page: PageRequest,
    pub(crate) lease: Lease,
}

/// Place at which a call's answer is stored for replay.
#[derive(Debug, Clone)]
pub struct IdempotencySlot {
    /// Key of the record in the table.
    pub at: Key,
    /// Digest by which an equal request or message is recognized.
    pub request: String,
    /// Whether the call is a message, whose record is stored without an expiry.
    pub(crate) is_message: bool,
    /// Whether the call only claims the place, because its answer is stored by a later transaction.
    pub(crate) is_claim: bool,
}

/// Page of a list that a call requests.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageRequest {
    pub(crate) size: usize,
    /// Position after which the page begins, from the page token.
    pub(crate) after: Option<String>,
    /// Caller and query to which the page tokens of the list are bound.
    pub(crate) bound_to: String,
}

impl Environment {
    /// Returns the context of an attempt that begins now.
    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            table: &self.table,
            key: self.key.as_ref(),
            now: (self.clock)(),
            clock: &*self.clock,
            ids: &self.ids,
            claim_prefix: &self.claim_prefix,
            options: CallOptions::default(),
        }
    }
}

impl Context<'_> {
    /// Returns a context with the current time for changes besides the call's own object: without the call's
    /// idempotency key, `If-Match`, `validateOnly` and page.
    pub fn detached(&self) -> Context<'_> {
        let options = CallOptions { caller: self.options.caller.clone(), ..CallOptions::default() };
        Context { options, now: (self.clock)(), ..*self }
    }

    /// Returns the same context for a transaction of a message after which others follow: it does not store the answer,
    /// but claims the message's id, so that no other message can take effect under it.
    pub fn claiming(&self) -> Context<'_> {
        let mut options = self.options.clone();
        options.idempotency.iter_mut().for_each(|slot| slot.is_claim = true);
        Context { options, ..*self }
    }

    /// Returns a context like [`Self::detached`] that stores the answer of an interrupted call at its place, so that a retry
    /// of the call gets it.
    pub fn answering(&self, at: Key, request: String) -> Context<'_> {
        let mut context = self.detached();
        context.options.idempotency =
            Some(IdempotencySlot { at, request, is_message: false, is_claim: false });
        context
    }

    /// Returns the same context with the current time, for the later transactions of a call.
    pub fn refreshed(&self) -> Context<'_> {
        Context { options: self.options.clone(), now: (self.clock)(), ..*self }
    }

    /// Returns the deployment key, from which secrets and page tokens are derived.
    ///
    /// # Errors
    ///
    /// Fails if the operation does not declare that it uses the key (`Operation::USES_KEY`).
    pub fn key(&self) -> Result<&DeploymentKey, Error> {
        self.key.ok_or_else(|| Error::Internal("this function has no deployment key".to_owned()))
    }

    /// Returns a new id.
    pub fn id<T: Id>(&self) -> T {
        self.ids.next(self.now)
    }

    /// Returns the versions that the call's `If-Match` allows; `None` without the header.
    pub fn if_match(&self) -> Option<IfMatch> {
        self.options.if_match
    }

    /// Returns true if the call is only validated, so that nothing is written.
    pub fn validates_only(&self) -> bool {
        self.options.validate_only
    }

    /// Returns the request id, which also differs between a call and its repeats.
    pub fn call_id(&self) -> &str {
        &self.options.id
    }

    /// Returns the place at which the call's answer is stored for replay; `None` if the call has no key.
    pub fn idempotency(&self) -> Option<&IdempotencySlot> {
        self.options.idempotency.as_ref()
    }

    /// Says that a repeat of the call is refused until `end`, because this call takes a lease or met another call's. If
    /// the call is answered 503 or 409 `still-running`, `Retry-After` is the rest of the lease. A lease must be declared
    /// before it is written: the outcome of the write may remain unknown.
    pub fn declare_lease(&self, end: Timestamp) {
        self.options.lease.set_end(Some(end));
    }

    /// Says that the lease of the call has ended, so that a repeat is not refused.
    pub fn end_lease(&self) {
        self.options.lease.set_end(None);
    }

    /// Returns the expiry of an answer that is stored now.
    pub fn answer_expires_at(&self) -> Timestamp {
        self.now.after(IdempotencyRecord::KEPT)
    }
}
