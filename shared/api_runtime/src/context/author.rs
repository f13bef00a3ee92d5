//! The author of a call's events: the caller's own record, which is read while the operation reads, or what the caller is
//! without a record.

use std::sync::Arc;

use domain::actor::ActorKind;
use domain::{Actor, Author, CustomerId, MemberId, StaffRecord};
use tokio::sync::OnceCell;

use super::Context;
use crate::change::Change;
use crate::table::{EmailInOrganization, EmailInPartner, Error, StaffBySubject, Table};

/// Caller of an operation, as far as the author of its events depends on it.
#[derive(Debug, Clone)]
pub enum Identity {
    /// Person with a token.
    Person(Actor),
    /// Webhook source or scheduled operation.
    Machine(Author),
}

/// Source of the author of an attempt's events, which all contexts of the attempt share.
#[derive(Debug, Clone, Default)]
pub(crate) struct AuthorSource {
    identity: Option<Identity>,
    author: Arc<OnceCell<Author>>,
}

impl AuthorSource {
    /// Returns the source for a caller; `None` for one that is not identified.
    pub(crate) fn of(identity: Option<Identity>) -> Self {
        Self { identity, author: Arc::default() }
    }

    /// Returns the author, and reads it if that was not done before.
    pub(super) async fn read(&self, table: &Table) -> Result<Author, Error> {
        let identity = self.identity.as_ref();
        let identity = identity.ok_or_else(|| Error::Internal("a change without an author".to_owned()))?;
        match identity {
            Identity::Machine(author) => Ok(author.clone()),
            Identity::Person(actor) => {
                self.author.get_or_try_init(|| read_person(table, actor)).await.cloned()
            }
        }
    }
}

/// Returns a person as an author: by the member or customer record of the verified e-mail if there is one, otherwise by
/// the subject of the token.
async fn read_person(table: &Table, actor: &Actor) -> Result<Author, Error> {
    let author = actor.author();
    let record = match (actor.kind, &actor.email) {
        (ActorKind::Partner { partner, .. }, Some(email)) => {
            let record = table.get(&EmailInPartner(partner, email.clone())).await?;
            record.map(|record| record.person::<MemberId>()).transpose()?.flatten().map(|id| id.to_string())
        }
        (ActorKind::Customer { organization, .. }, Some(email)) => {
            let record = table.get(&EmailInOrganization(organization, email.clone())).await?;
            record.map(|record| record.person::<CustomerId>()).transpose()?.flatten().map(|id| id.to_string())
        }
        _ => None,
    };
    Ok(Author { id: record.unwrap_or(author.id), ..author })
}

impl Context<'_> {
    /// Prepares the author of the events of a write, while the operation makes its own reads: reads the record of a
    /// member or customer, and keeps the record of the vendor's staff as the token has it.
    pub(crate) async fn prepare_author(&self) {
        if self.validates_only() {
            return;
        }
        let prepared = match &self.options.author.identity {
            Some(Identity::Person(actor)) if actor.is_staff() => self.keep_staff_record(actor).await,
            Some(Identity::Person(_)) => self.author().await.map(drop),
            Some(Identity::Machine(_)) | None => Ok(()),
        };
        // If the author is needed and could not be read, the commit reads it again, and fails if that fails.
        if let Err(why) = prepared {
            tracing::debug!(%why, "the author of the call could not be prepared");
        }
    }

    /// Stores the record of an operator or agent, or its change. A concurrent call may have done so: then this one need
    /// not.
    async fn keep_staff_record(&self, actor: &Actor) -> Result<(), Error> {
        let before = self.table.get(&StaffBySubject(actor.subject.clone())).await?;
        let seen = before.as_ref().map(|record| record.metadata.version);
        let Some(record) = StaffRecord::after_call(before, actor, self.now) else { return Ok(()) };
        let mut change = Change::new();
        match seen {
            Some(version) => change.replace(&record, version, None)?,
            None => change.create(&record)?,
        }
        self.table.commit(change.writes()).await.map(drop)
    }
}
