//! Customers: people, of an organization or of none.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, ActorKind, Role};
use crate::event::{EventKind, NewEvent};
use crate::id::{CustomerId, OrganizationId, PartnerId};
use crate::party::Metadata;
use crate::text::{Email, ExternalId, Name};
use crate::time::Timestamp;

/// A person who is a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// The organization it belongs to; none if to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// Its e-mail, unique in the organization.
    pub email: Email,
    /// What people call it.
    pub name: Name,
    /// Its id in the system of whoever created it; unique among the customers that party created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// The organization whose contact manager created it, or the partner; none if the vendor did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Creator>,
    /// Whether it approves partners for the organization, and manages its customers.
    pub manager: bool,
    /// Since when it is no customer any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
    /// When, and which version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

/// Who created a customer, if not the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Creator {
    /// A contact manager of this organization.
    Organization(OrganizationId),
    /// A member of this partner, for an organization that lets it.
    Partner(PartnerId),
}

impl Creator {
    /// Who this is.
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
    /// Whether this is the record of the person who asks.
    pub fn is_of(&self, actor: &Actor) -> bool {
        let ActorKind::Customer { organization, .. } = actor.kind else { return false };
        let same = actor.email.as_ref() == Some(&self.email) && organization == self.organization_id;
        same && self.removed_at.is_none()
    }

    /// It as somebody sees it: an external id, and who gave it, is its giver's own business; the vendor sees all.
    pub fn seen_by(self, actor: &Actor) -> Self {
        let acts = actor.has_one_of(&[Role::ContactManager, Role::PartnerMember]);
        let giver = acts && self.created_by.is_some() && self.created_by == Creator::of(actor);
        match actor.is_staff() || giver {
            true => self,
            false => Self { external_id: None, created_by: None, ..self },
        }
    }

    /// What happened to it: its organization's business, or the vendor's.
    pub fn event(&self, kind: impl Into<EventKind>) -> NewEvent {
        match self.organization_id {
            Some(organization) => NewEvent::of_organization(kind, organization),
            None => NewEvent::of_vendor(kind),
        }
    }
}
