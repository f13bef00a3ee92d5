//! What a partner's person has to show before it acts for an organization. It is read together with whatever else is
//! read, and where something is written it is a condition, too, that it is still so.

use api_runtime::table::{AccessIn, BatchGet, BatchResult, EmailInPartner};
use api_runtime::{Change, ConditionFailure, Context, Failure, OrNotFound};
use domain::access::decide;
use domain::actor::ActorKind;
use domain::service_request::{Membership, Person};
use domain::{
    Access, AccessAction, Actor, Email, ErrorKind, Fault, Grant, Level, MemberId, OrganizationId, PartnerId,
    Problem,
};

/// The access in force does not go so far.
pub const LEVEL_TOO_LOW: ErrorKind = ErrorKind::forbidden(
    "access-level-too-low",
    "your access does not go so far: the detail tells the grant that decides, its level and what would be needed",
);

/// A claim that is still to be proved.
pub struct AccessCheck {
    partner: PartnerId,
    email: Email,
    organization: OrganizationId,
}

/// A claim that was proved.
pub struct AuthorizedMember {
    /// Whose member it is.
    pub partner: PartnerId,
    /// Who it is.
    pub member: MemberId,
    /// Its e-mail.
    pub email: Email,
    access: Access,
    by: Grant,
}

impl AccessCheck {
    /// What the caller has to show for an organization; none if it is the caller's own, or the caller the vendor's.
    ///
    /// # Errors
    ///
    /// To other organizations' people there is no such organization.
    pub fn of(actor: &Actor, organization: OrganizationId) -> Result<Option<Self>, Problem> {
        match actor.kind {
            ActorKind::Partner { partner, .. } => {
                let email = actor.require_email()?;
                Ok(Some(Self { partner, email, organization }))
            }
            _ => actor.authorize_organization(organization).map(|()| None),
        }
    }

    /// Whose member claims it.
    pub fn partner(&self) -> PartnerId {
        self.partner
    }

    /// The e-mail of who claims it.
    pub fn email(&self) -> &Email {
        &self.email
    }

    /// Wants read what shows it.
    pub fn want(&self, wanted: &mut BatchGet) {
        wanted.add(&AccessIn(self.organization, self.partner));
        wanted.add(&EmailInPartner(self.partner, self.email.clone()));
    }

    /// Decides it by what was read, as it was when it was read.
    ///
    /// # Errors
    ///
    /// To whom nothing is open there is no such organization.
    pub fn prove(self, context: &Context<'_>, found: &BatchResult) -> Result<AuthorizedMember, Failure> {
        let Self { partner, email, organization } = self;
        let access = found.get(&AccessIn(organization, partner)).or_not_found()?;
        let record = found.get(&EmailInPartner(partner, email.clone()))?;
        let record = record.map(|record| record.member_record()).transpose().or_not_found()?;
        let by = decide(&access.grants, &email, Some(record), context.now).by.cloned();
        let by = by.or_not_found()?;
        Ok(AuthorizedMember { partner, member: record.id, email, access, by })
    }

    /// Reads what shows it, and decides it.
    ///
    /// # Errors
    ///
    /// As [`Self::prove`].
    pub async fn resolve(self, context: &Context<'_>) -> Result<AuthorizedMember, Failure> {
        let mut wanted = BatchGet::new();
        self.want(&mut wanted);
        let found = context.table.fetch(wanted, true).await?;
        self.prove(context, &found)
    }
}

impl AuthorizedMember {
    /// How far it goes.
    pub fn level(&self) -> Level {
        self.by.level
    }

    /// Who holds it.
    pub fn person(&self) -> Person {
        let membership = Some(Membership { partner_id: self.partner, member_id: self.member });
        Person { email: self.email.clone(), membership }
    }

    /// All access of the partner, of which this is a part.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Whether it goes so far.
    ///
    /// # Errors
    ///
    /// [`LEVEL_TOO_LOW`].
    pub fn check(&self, action: AccessAction) -> Result<(), Problem> {
        if !self.level().allows(action) {
            let (id, level, until) = (self.by.id, self.level().name(), self.by.expires_at);
            let detail = format!(
                "`{id}` gives you `{level}` until {until}; this needs `{}`",
                action.required_level().name()
            );
            return Err(Problem::of(LEVEL_TOO_LOW.kind, vec![Fault { detail, ..LEVEL_TOO_LOW.at(&[]) }]));
        }
        Ok(())
    }

    /// Requires that it goes so far, and is still what it was when it was read.
    ///
    /// # Errors
    ///
    /// [`LEVEL_TOO_LOW`], at once: to whom this is not open nothing else is said.
    pub fn require(&self, change: &mut Change, action: AccessAction) -> Result<(), Failure> {
        self.check(action)?;
        change.confirm(&self.access, self.access.metadata.version, None)?;
        let record = EmailInPartner(self.partner, self.email.clone());
        change.require_owner(&record, self.member, || ConditionFailure::NotFound);
        Ok(())
    }
}
