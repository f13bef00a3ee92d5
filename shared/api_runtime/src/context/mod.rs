//! What an operation has at hand: the table, the time, new ids, and what the call says about how it wants
//! to be done.

pub mod commit;
mod page;

use std::sync::Arc;

use domain::{Author, DeploymentKey, Id, Ids, Timestamp};

use crate::condition::IfMatch;
use crate::table::{Error, IdempotencyRecord, Key, Table};

/// What a function instance has from its start to its end.
pub struct Environment {
    /// The table.
    pub table: Table,
    /// What secrets and page tokens are derived from; none where nothing is.
    pub key: Option<DeploymentKey>,
    /// What tells the time.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// What gives ids.
    pub ids: Ids,
    /// What our own claims in a token begin with.
    pub claim_prefix: String,
}

/// What one attempt at a call has.
pub struct Context<'a> {
    /// The table.
    pub table: &'a Table,
    pub(crate) key: Option<&'a DeploymentKey>,
    /// The time of everything in this attempt.
    pub now: Timestamp,
    pub(crate) clock: &'a (dyn Fn() -> Timestamp + Send + Sync),
    pub(crate) ids: &'a Ids,
    pub(crate) claim_prefix: &'a str,
    pub(crate) options: CallOptions,
}

/// What a call's headers and query ask for.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallOptions {
    /// What tells this call from every other, also from its repeats.
    pub(crate) id: String,
    pub(crate) author: Option<Author>,
    pub(crate) validate_only: bool,
    pub(crate) if_match: Option<IfMatch>,
    pub(crate) idempotency: Option<IdempotencySlot>,
    pub(crate) page: PageRequest,
}

/// Where this call's answer is stored for its repeats.
#[derive(Debug, Clone)]
pub struct IdempotencySlot {
    /// Its key in the table.
    pub at: Key,
    /// A digest that tells an equal request from another.
    pub request: String,
    /// Whether it is stored without an expiry.
    pub(crate) never_expires: bool,
}

/// Which page of a list is wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageRequest {
    pub(crate) size: usize,
    /// The position that the page token holds.
    pub(crate) after: Option<String>,
    /// What tokens of this list are made for.
    pub(crate) bound_to: String,
}

impl Environment {
    /// What one attempt has, begun now.
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
    /// The same context, as of now, for changes beside the call's own object: without its idempotency key, `If-Match` and
    /// page.
    pub fn detached(&self) -> Context<'_> {
        let options = CallOptions { author: self.options.author.clone(), ..CallOptions::default() };
        Context { options, now: (self.clock)(), ..*self }
    }

    /// The same context, as of now, for what a call does after earlier transactions.
    pub fn refreshed(&self) -> Context<'_> {
        Context { options: self.options.clone(), now: (self.clock)(), ..*self }
    }

    /// The deployment's key, from which secrets and page tokens are derived.
    ///
    /// # Errors
    ///
    /// When the operation does not say that it uses it (`Operation::USES_KEY`).
    pub fn key(&self) -> Result<&DeploymentKey, Error> {
        self.key.ok_or_else(|| Error::Internal("this function has no deployment key".to_owned()))
    }

    /// A new id.
    pub fn id<T: Id>(&self) -> T {
        self.ids.next(self.now)
    }

    /// The versions that the call's `If-Match` allows, if it has one.
    pub fn if_match(&self) -> Option<IfMatch> {
        self.options.if_match
    }

    /// Whether the call is only validated: nothing is written.
    pub fn validates_only(&self) -> bool {
        self.options.validate_only
    }

    /// What tells this call from every other, also from its repeats.
    pub fn call_id(&self) -> &str {
        &self.options.id
    }

    /// Where the call's answer is stored for its repeats, if it has an idempotency key.
    pub fn idempotency(&self) -> Option<&IdempotencySlot> {
        self.options.idempotency.as_ref()
    }

    /// When an answer that is stored now expires.
    pub fn stored_until(&self) -> Timestamp {
        self.now.after(IdempotencyRecord::KEPT)
    }

    /// Who makes the call, as events record it.
    ///
    /// # Errors
    ///
    /// When the caller is nobody in particular: then the operation must not write.
    pub fn author(&self) -> Result<Author, Error> {
        let author = self.options.author.clone();
        author.ok_or_else(|| Error::Internal("a change without an author".to_owned()))
    }
}
