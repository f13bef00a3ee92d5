//! The caller of an operation: whether it may act at all, and the author of its events. Both follow from the caller's own
//! record, which is read while the operation reads.

use std::sync::Arc;

use domain::actor::ActorKind;
use domain::{Actor, Author, CustomerId, Email, MemberId, OrganizationId, PartnerId, StaffRecord, Timestamp};
use tokio::sync::OnceCell;

use super::Context;
use crate::change::Change;
use crate::table::{
    ContactHistoryOf, CountOfRemovals, EmailInOrganization, EmailInPartner, EmailReservation, Error,
    OrganizationById, PartnerById, RecentErasureOf, StaffBySubject, Table,
};

/// Caller of an operation, as far as the author of its events depends on it.
#[derive(Debug, Clone)]
pub enum Identity {
    /// Person with a token.
    Person(Actor),
    /// Webhook source or scheduled operation.
    Machine(Author),
}

/// Whether the caller may act, as its own record says.
#[derive(Debug, Clone)]
pub enum CallerStatus {
    /// The caller may act. A person of a partner or an organization need not be on record, and for the vendor's staff the
    /// token alone decides.
    Active(Author),
    /// The caller may do nothing: its record is disabled, it was removed, moved or erased, or it is not on record and its
    /// party is deactivated.
    Inactive,
}

/// Source of the status of an attempt's caller, which all contexts of the attempt share.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallerSource {
    identity: Option<Identity>,
    status: Arc<OnceCell<CallerStatus>>,
}

impl CallerSource {
    /// Returns the source for a caller; `None` for one that is not identified.
    pub(crate) fn of(identity: Option<Identity>) -> Self {
        Self { identity, status: Arc::default() }
    }

    /// Returns the status, and reads it if that was not done before; `None` for a caller that is not identified.
    async fn read(&self, table: &Table, now: Timestamp) -> Result<Option<CallerStatus>, Error> {
        Ok(match &self.identity {
            None => None,
            Some(Identity::Machine(author)) => Some(CallerStatus::Active(author.clone())),
            Some(Identity::Person(actor)) => {
                Some(self.status.get_or_try_init(|| status_of(table, actor, now)).await?.clone())
            }
        })
    }
}

/// Reads the status of a person: by the member or customer record of the verified e-mail if there is one, otherwise by
/// the subject of the token.
async fn status_of(table: &Table, actor: &Actor, now: Timestamp) -> Result<CallerStatus, Error> {
    let author = actor.author();
    let record = match (actor.kind, &actor.email) {
        (ActorKind::Operator | ActorKind::Agent, _) => return Ok(CallerStatus::Active(author)),
        (ActorKind::Partner { partner, .. }, Some(email)) => {
            let reservation = table.get(&EmailInPartner(partner, email.clone())).await?;
            record_of::<MemberId>(reservation)?
        }
        (ActorKind::Customer { organization, .. }, Some(email)) => {
            let reservation = table.get(&EmailInOrganization(organization, email.clone())).await?;
            record_of::<CustomerId>(reservation)?
        }
        (_, None) => OwnRecord::Absent,
    };
    Ok(match record {
        OwnRecord::Active(id) => CallerStatus::Active(Author { id, ..author }),
        OwnRecord::Disabled => CallerStatus::Inactive,
        OwnRecord::Absent if is_shut_out(table, actor, now).await? => CallerStatus::Inactive,
        OwnRecord::Absent => CallerStatus::Active(author),
    })
}

enum OwnRecord {
    Active(String),
    Disabled,
    Absent,
}

fn record_of<I>(reservation: Option<EmailReservation>) -> Result<OwnRecord, Error>
where
    I: std::str::FromStr + std::fmt::Display,
{
    let Some(reservation) = reservation else { return Ok(OwnRecord::Absent) };
    let person = reservation.person::<I>()?;
    Ok(person.map_or(OwnRecord::Disabled, |person| OwnRecord::Active(person.to_string())))
}

/// Returns whether a person without a record may do nothing: it had one, or its party is deactivated.
async fn is_shut_out(table: &Table, actor: &Actor, now: Timestamp) -> Result<bool, Error> {
    let email = actor.email.as_ref();
    let of_party = async {
        match actor.kind {
            ActorKind::Partner { partner, .. } => is_shut_out_of_partner(table, partner, email).await,
            ActorKind::Customer { organization: Some(organization), .. } => {
                is_shut_out_of_organization(table, organization, email).await
            }
            _ => Ok(false),
        }
    };
    let is_erased = async {
        match email {
            Some(email) => {
                let erasure = table.get(&RecentErasureOf(email.clone())).await?;
                Ok(erasure.is_some_and(|erasure| erasure.expires_at > now))
            }
            None => Ok(false),
        }
    };
    let (of_party, is_erased) = tokio::try_join!(of_party, is_erased)?;
    Ok(of_party || is_erased)
}

async fn is_shut_out_of_partner(
    table: &Table,
    partner: PartnerId,
    email: Option<&Email>,
) -> Result<bool, Error> {
    let was_removed = async {
        match email {
            Some(email) => Ok(table.get(&CountOfRemovals(partner, email.clone())).await?.is_some()),
            None => Ok(false),
        }
    };
    let partner = PartnerById(partner);
    let (was_removed, partner) = tokio::try_join!(was_removed, table.get(&partner))?;
    Ok(was_removed || partner.is_some_and(|partner| partner.deactivated_at.is_some()))
}

async fn is_shut_out_of_organization(
    table: &Table,
    organization: OrganizationId,
    email: Option<&Email>,
) -> Result<bool, Error> {
    let was_removed = async {
        let Some(email) = email else { return Ok(false) };
        let history = table.get(&ContactHistoryOf(organization, email.clone())).await?;
        Ok(history.is_some_and(|history| history.is_removed()))
    };
    let organization = OrganizationById(organization);
    let (was_removed, organization) = tokio::try_join!(was_removed, table.get(&organization))?;
    Ok(was_removed || organization.is_some_and(|organization| organization.deactivated_at.is_some()))
}

impl Context<'_> {
    /// Returns what the caller's own record says about the caller; `None` for a caller that is not identified. It is read
    /// once per attempt.
    ///
    /// # Errors
    ///
    /// Those of the table.
    pub async fn caller_status(&self) -> Result<Option<CallerStatus>, Error> {
        self.options.caller.read(self.table, self.now).await
    }

    /// Returns the author of the call's events.
    ///
    /// # Errors
    ///
    /// Fails if the caller is not identified or may do nothing. The HTTP layer then answers 404 for the operation.
    pub async fn author(&self) -> Result<Author, Error> {
        match self.caller_status().await? {
            Some(CallerStatus::Active(author)) => Ok(author),
            Some(CallerStatus::Inactive) => Err(Error::Internal("a change by an inactive caller".to_owned())),
            None => Err(Error::Internal("a change without an author".to_owned())),
        }
    }

    /// Returns the record of the operator or agent who calls, as it must be stored if the call succeeds; `None` if it need
    /// not be, or for other callers.
    pub(crate) async fn staff_record(&self) -> Option<Change> {
        let Some(Identity::Person(actor)) = &self.options.caller.identity else { return None };
        if !actor.is_staff() {
            return None;
        }
        let prepared = async {
            let before = self.table.get(&StaffBySubject(actor.subject.clone())).await?;
            let seen = before.as_ref().map(|record| record.metadata.version);
            let Some(record) = StaffRecord::after_call(before, actor, self.now) else { return Ok(None) };
            let mut change = Change::new();
            match seen {
                Some(version) => change.replace(&record, version, None)?,
                None => change.create(&record)?,
            }
            Ok::<_, Error>(Some(change))
        };
        prepared.await.unwrap_or_else(|why| {
            tracing::debug!(%why, "the record of the caller could not be read");
            None
        })
    }

    /// Stores the caller's record after a successful call. A concurrent call may have done so: then this one need not. The
    /// record only adds a name and an e-mail to what was done, so the call does not fail with it.
    pub(crate) async fn keep_staff_record(&self, change: Change) {
        if let Err(why) = self.table.commit(change.writes()).await {
            tracing::debug!(%why, "the record of the caller could not be stored");
        }
    }
}
