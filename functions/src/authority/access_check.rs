//! The check of a partner member's access to an organization. The deciding items are read together with the operation's
//! other reads; in a write, their being unchanged is also a condition of the transaction.

use api_runtime::table::{AccessIn, BatchGet, BatchResult, EmailInPartner};
use api_runtime::{Change, ConditionFailure, Context, Failure, OrNotFound};
use domain::access::decide;
use domain::actor::ActorKind;
use domain::service_request::Person;
use domain::{
    Access, AccessAction, Actor, Email, ErrorKind, Fault, Grant, Level, MemberId, OrganizationId, PartnerId,
    Problem,
};

/// The caller has access, but its level is too low for the action.
pub const LEVEL_TOO_LOW: ErrorKind = ErrorKind::forbidden(
    "access-level-too-low",
    "your access level is too low; `detail` names the grant that decides, its level and the required level",
);

/// The access of a partner member to an organization, before the deciding items are read.
pub struct AccessCheck {
    partner: PartnerId,
    email: Email,
    organization: OrganizationId,
}

/// A partner member whose access to an organization was checked.
pub struct AuthorizedMember {
    /// Partner of the member.
    pub partner: PartnerId,
    /// Id of the member.
    pub member: MemberId,
    /// E-mail of the member.
    pub email: Email,
    access: Access,
    by: Grant,
}

impl AccessCheck {
    /// Returns the check that the caller must pass for an organization; none for the organization's own people and the
    /// vendor's staff.
    ///
    /// # Errors
    ///
    /// 404 for other organizations' people.
    pub fn of(actor: &Actor, organization: OrganizationId) -> Result<Option<Self>, Problem> {
        match actor.kind {
            ActorKind::Partner { partner, .. } => {
                let email = actor.require_email()?;
                Ok(Some(Self { partner, email, organization }))
            }
            _ => actor.authorize_organization(organization).map(|()| None),
        }
    }

    /// Partner of the caller.
    pub fn partner(&self) -> PartnerId {
        self.partner
    }

    /// E-mail of the caller.
    pub fn email(&self) -> &Email {
        &self.email
    }

    /// Adds the deciding items to a batch read.
    pub fn want(&self, wanted: &mut BatchGet) {
        wanted.add(&AccessIn(self.organization, self.partner));
        wanted.add(&EmailInPartner(self.partner, self.email.clone()));
    }

    /// Returns whether a grant is in force for the caller, by the items that were read.
    ///
    /// # Errors
    ///
    /// Fails only if an item cannot be read.
    pub fn is_met(&self, context: &Context<'_>, found: &BatchResult) -> Result<bool, Failure> {
        let access = found.get(&AccessIn(self.organization, self.partner))?;
        let record = found.get(&EmailInPartner(self.partner, self.email.clone()))?;
        let record = record.map(|record| record.member_record()).transpose()?.flatten();
        let grants = access.map(|access| access.grants).unwrap_or_default();
        Ok(decide(&grants, &self.email, record, context.now).by.is_some())
    }

    /// Checks the access by the items that were read.
    ///
    /// # Errors
    ///
    /// 404 if the caller is not a member on record or no active grant applies to it.
    pub fn prove(self, context: &Context<'_>, found: &BatchResult) -> Result<AuthorizedMember, Failure> {
        let Self { partner, email, organization } = self;
        let access = found.get(&AccessIn(organization, partner)).or_not_found()?;
        let record = found.get(&EmailInPartner(partner, email.clone()))?;
        let record = record.map(|record| record.member_record()).transpose()?.flatten().or_not_found()?;
        let by = decide(&access.grants, &email, Some(record), context.now).by.cloned();
        let by = by.or_not_found()?;
        Ok(AuthorizedMember { partner, member: record.id, email, access, by })
    }

    /// Reads the deciding items and checks the access.
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
    /// Effective access level of the member.
    pub fn level(&self) -> Level {
        self.by.level
    }

    /// The member, as a person of a service request.
    pub fn person(&self) -> Person {
        Person::Member { partner_id: self.partner, member_id: self.member }
    }

    /// All access of the partner to the organization, including the grant that applies to the member.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Checks that the member's access level allows the action.
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

    /// Checks that the member's access level allows the action, and requires at commit that the partner's access and
    /// the member's record are unchanged.
    ///
    /// # Errors
    ///
    /// [`LEVEL_TOO_LOW`], immediately, so that a caller without the required level learns of no other fault.
    pub fn require(&self, change: &mut Change, action: AccessAction) -> Result<(), Failure> {
        self.check(action)?;
        change.confirm(&self.access, self.access.metadata.version, None)?;
        let record = EmailInPartner(self.partner, self.email.clone());
        change.require_owner(&record, self.member, || ConditionFailure::NotFound);
        Ok(())
    }
}
