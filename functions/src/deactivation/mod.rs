//! Deactivation of partners and organizations, and their restoration. The first transaction deactivates the party, so that
//! nothing new is made for it, and creates a record that is due. Every step may be repeated, has the condition
//! that the record is still in its phase, and leaves what it would change again as it is.
//!
//! What must be decided first is read before the deactivation begins and, by consistent reads, once more after it began:
//! whatever adds a license, a subscription or a service request has the condition that the party is active, so it is
//! either seen by the second reading or fails. If the second reading finds something, the deactivation is withdrawn.

automod::dir!(pub "src/deactivation");

use api_runtime::table::{BatchGet, DeactivationOf, OrganizationById, PartnerById};
use api_runtime::{Change, Context, Failure, IfMatch, OrNotFound};
use domain::deactivation::{PartyDeactivation, PartyId};
use domain::{EventKind, Metadata, NewEvent, Organization, Partner, Timestamp, Version};

/// A partner or an organization, as it was read.
#[derive(Debug, Clone)]
pub enum Party {
    /// Partner.
    Partner(Partner),
    /// Organization.
    Organization(Organization),
}

impl Party {
    /// Reads a party and the record of its deactivation consistently.
    ///
    /// # Errors
    ///
    /// 404 if the party does not exist.
    pub async fn read(
        context: &Context<'_>,
        id: PartyId,
    ) -> Result<(Self, Option<PartyDeactivation>), Failure> {
        let mut wanted = BatchGet::new();
        wanted.add(&DeactivationOf(id));
        match id {
            PartyId::Partner(partner) => wanted.add(&PartnerById(partner)),
            PartyId::Organization(organization) => wanted.add(&OrganizationById(organization)),
        }
        let found = context.table.fetch(wanted, true).await?;
        let party = match id {
            PartyId::Partner(partner) => Self::Partner(found.get(&PartnerById(partner)).or_not_found()?),
            PartyId::Organization(organization) => {
                Self::Organization(found.get(&OrganizationById(organization)).or_not_found()?)
            }
        };
        Ok((party, found.get(&DeactivationOf(id))?))
    }

    /// Returns the id of the party.
    pub fn id(&self) -> PartyId {
        match self {
            Self::Partner(partner) => PartyId::Partner(partner.id),
            Self::Organization(organization) => PartyId::Organization(organization.id),
        }
    }

    /// Returns the creation time, time of the last write, and version of the party.
    pub fn metadata(&self) -> Metadata {
        match self {
            Self::Partner(partner) => partner.metadata,
            Self::Organization(organization) => organization.metadata,
        }
    }

    /// Returns the party after its deactivation at a time or, without one, after its restoration.
    pub fn deactivated(&self, deactivated_at: Option<Timestamp>, now: Timestamp) -> Self {
        let metadata = self.metadata().next(now);
        match self.clone() {
            Self::Partner(partner) => Self::Partner(Partner { deactivated_at, metadata, ..partner }),
            Self::Organization(one) => Self::Organization(Organization { deactivated_at, metadata, ..one }),
        }
    }

    /// Replaces the party that was read as version `seen`.
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn replace(
        &self,
        change: &mut Change,
        seen: Version,
        if_match: Option<IfMatch>,
    ) -> Result<(), Failure> {
        match self {
            Self::Partner(partner) => change.replace(partner, seen, if_match)?,
            Self::Organization(organization) => change.replace(organization, seen, if_match)?,
        }
        Ok(())
    }

    /// Requires that the party is as it was read.
    ///
    /// # Errors
    ///
    /// Never for our own types.
    pub fn confirm(&self, change: &mut Change, if_match: Option<IfMatch>) -> Result<(), Failure> {
        let seen = self.metadata().version;
        match self {
            Self::Partner(partner) => change.confirm(partner, seen, if_match)?,
            Self::Organization(organization) => change.confirm(organization, seen, if_match)?,
        }
        Ok(())
    }

    /// Returns an event about the party.
    pub fn event(&self, kind: impl Into<EventKind>) -> NewEvent {
        let event = match self {
            Self::Partner(partner) => NewEvent::of_partner(kind, partner.id),
            Self::Organization(organization) => NewEvent::of_organization(kind, organization.id),
        };
        event.about(self.metadata())
    }
}
