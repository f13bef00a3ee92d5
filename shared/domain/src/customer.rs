//! Customers: people who belong to an organization, or to none.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, ActorKind, Role};
use crate::event::{EventKind, NewEvent};
use crate::id::{CustomerId, OrganizationId, PartnerId};
use crate::language::Language;
use crate::party::Metadata;
use crate::text::{Email, ExternalId, Name};
use crate::time::{TimeZone, Timestamp};

/// Person who is a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Id of the customer.
    pub id: CustomerId,
    /// Organization that the customer belongs to. Absent if the customer belongs to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// E-mail of the customer; at most 254 bytes, unique within the organization or, without one, among all customers
    /// who belong to none.
    pub email: Email,
    /// Name of the customer; 1 to 200 characters.
    pub name: Name,
    /// Id of the customer in its creator's own system; 1 to 100 characters, unique among the customers of this
    /// creator. Absent if there is none, or if the caller belongs neither to the vendor nor to the creator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Organization whose contact manager created the customer, or partner whose member did. Absent if the vendor
    /// created the customer, or if the caller belongs neither to the vendor nor to the creator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Creator>,
    /// Whether the customer is a contact manager, who approves partners and manages the organization's customers.
    pub manager: bool,
    /// Time at which the customer was last moved into an organization or out of one; RFC 3339, UTC. From then on it is no
    /// contact of subscriptions that it was before. Absent if it was never moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_at: Option<Timestamp>,
    /// Time at which the customer was removed; RFC 3339, UTC. Absent while the person is a customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
    /// Time at which the customer was disabled; RFC 3339, UTC. Absent while the customer is enabled. A disabled customer has
    /// no rights, but keeps its e-mail and everything that applies again when it is enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// Whether the deactivation of the organization disabled the customer. Its restoration then enables the customer again. Absent if
    /// not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled_by_deactivation: bool,
    /// Language in which the person is addressed; a BCP 47 tag such as `ja`. Absent if none was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// IANA time zone in which the person is shown times, such as `Asia/Tokyo`. Absent if none was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
    /// Time at which the person was erased; RFC 3339, UTC. The record then has neither the person's name nor its e-mail. Absent if
    /// the person was not erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Timestamp>,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

/// Creator of a customer, if it is not the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Creator {
    /// Organization whose contact manager created the customer.
    Organization(OrganizationId),
    /// Partner whose member created the customer, by its access in the organization.
    Partner(PartnerId),
}

impl Creator {
    /// Returns the party that the actor acts for; `None` for the vendor's staff and customers who belong to no
    /// organization.
    pub fn of(actor: &Actor) -> Option<Self> {
        match actor.kind {
            ActorKind::Operator | ActorKind::Agent => None,
            ActorKind::Partner { partner, .. } => Some(Self::Partner(partner)),
            ActorKind::Customer { organization, .. } => organization.map(Self::Organization),
        }
    }
}

impl std::fmt::Display for Creator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Organization(id) => id.fmt(f),
            Self::Partner(id) => id.fmt(f),
        }
    }
}

impl Customer {
    /// Returns the record of a person of an organization, or of none, which is created at `now`.
    pub fn new(
        id: CustomerId,
        organization_id: Option<OrganizationId>,
        (email, name): (&Email, &Name),
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            organization_id,
            email: email.clone(),
            name: name.clone(),
            external_id: None,
            created_by: None,
            manager: false,
            moved_at: None,
            removed_at: None,
            disabled_at: None,
            disabled_by_deactivation: false,
            language: None,
            time_zone: None,
            erased_at: None,
            metadata: Metadata::new(now),
        }
    }

    /// Returns whether the customer has the rights of its record: it is neither removed nor disabled.
    pub fn is_active(&self) -> bool {
        self.removed_at.is_none() && self.disabled_at.is_none()
    }

    /// Returns whether this is the actor's own record: same e-mail, same organization, and neither removed nor disabled.
    pub fn has_same_lines(&self, actor: &Actor) -> bool {
        let ActorKind::Customer { organization, .. } = actor.kind else { return false };
        let same = actor.email.as_ref() == Some(&self.email) && organization == self.organization_id;
        same && self.is_active()
    }

    /// Returns the customer as the actor sees it. The external id and the creator are shown only to the vendor's
    /// staff and to the creator's contact managers or members.
    pub fn seen_by(self, actor: &Actor) -> Self {
        let acts = actor.has_one_of(&[Role::ContactManager, Role::PartnerMember]);
        let giver = acts && self.created_by.is_some() && self.created_by == Creator::of(actor);
        match actor.is_staff() || giver {
            true => self,
            false => Self { external_id: None, created_by: None, ..self },
        }
    }

    /// Returns the record without the person: removed, with another name and e-mail, and without external id, language and
    /// time zone.
    pub fn erased(&self, now: Timestamp) -> Self {
        Self {
            email: Email::of_erased(self.id),
            name: Name::of_erased(),
            language: None,
            time_zone: None,
            external_id: None,
            removed_at: self.removed_at.or(Some(now)),
            erased_at: Some(now),
            metadata: self.metadata.next(now),
            ..self.clone()
        }
    }

    /// Returns an event about the customer. It concerns its organization or, without one, only the vendor.
    pub fn event(&self, kind: impl Into<EventKind>) -> NewEvent {
        NewEvent::of_parties(kind, None, self.organization_id).about(self.metadata)
    }
}
