//! Customers: people, of an organization or of none.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Role, Standing};
use crate::event::{EventKind, Happening};
use crate::id::{CustomerId, OrganizationId};
use crate::party::Stamp;
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
    /// The organization for which it was created, by a contact manager or a partner; none if the vendor did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<OrganizationId>,
    /// Whether it approves partners for the organization, and manages its customers.
    pub manager: bool,
    /// Since when it is no customer any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
    /// When, and which version.
    #[serde(flatten)]
    pub stamp: Stamp,
}

impl Customer {
    /// Whether this is the record of the person who asks.
    pub fn is_of(&self, actor: &Actor) -> bool {
        let Standing::Customer { organization, .. } = actor.standing else { return false };
        let same = actor.email.as_ref() == Some(&self.email) && organization == self.organization_id;
        same && self.removed_at.is_none()
    }

    /// It as somebody sees it: an external id is its giver's own business; the vendor sees all.
    pub fn seen_by(self, actor: &Actor) -> Self {
        let giver = self.created_by.is_some_and(|giver| {
            actor.has_one_of(&[Role::ContactManager]) && actor.reach_organization(giver).is_ok()
        });
        match actor.is_staff() || giver {
            true => self,
            false => Self { external_id: None, ..self },
        }
    }

    /// What happened to it: its organization's business, or the vendor's.
    pub fn happening(&self, kind: EventKind) -> Happening {
        match self.organization_id {
            Some(organization) => Happening::of_organization(kind, organization),
            None => Happening::of_vendor(kind),
        }
    }
}
