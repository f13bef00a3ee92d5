//! Partners, organizations and their people.

use domain::{Customer, CustomerLink, Member, Name, Organization, OrganizationId, Partner};
use serde::{Deserialize, Serialize};

use super::Entity;
use crate::table::error::Error;
use crate::table::key::{self, Key};

impl Entity for Partner {
    const NAME: &'static str = "partner";

    fn key(&self) -> Key {
        key::partner(self.id)
    }

    fn by_facet(&self) -> Option<Key> {
        Some(key::partner_among_all(&self.name, self.id))
    }
}

impl Entity for Organization {
    const NAME: &'static str = "organization";

    fn key(&self) -> Key {
        key::organization(self.id)
    }

    fn by_facet(&self) -> Option<Key> {
        Some(key::organization_among_all(&self.name, self.id))
    }
}

impl Entity for Customer {
    const NAME: &'static str = "customer";

    fn key(&self) -> Key {
        key::customer(self.id)
    }

    fn by_key(&self) -> Option<Key> {
        let organization = self.organization_id.filter(|_| self.removed_at.is_none())?;
        Some(key::customer_of_organization(organization, self.id))
    }

    fn by_facet(&self) -> Option<Key> {
        self.removed_at.is_none().then(|| key::customer_by_email(&self.email, self.id))
    }
}

impl Entity for Member {
    const NAME: &'static str = "member";

    fn key(&self) -> Key {
        key::member(self.partner_id, self.id)
    }

    fn by_key(&self) -> Option<Key> {
        self.removed_at.is_none().then(|| key::member_by_email(self.partner_id, &self.email))
    }
}

impl Entity for CustomerLink {
    const NAME: &'static str = "customer-link";

    fn key(&self) -> Key {
        key::customer_link(self.partner_id, self.organization_id)
    }

    fn by_key(&self) -> Option<Key> {
        Some(key::partner_of_organization(self.organization_id, self.partner_id))
    }
}

/// A customer as its partner's directory has it: just key and name, for thousands of them are read at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryEntry {
    /// Whose directory, and which organization.
    #[serde(flatten)]
    pub at: Key,
    /// The organization's name.
    pub name: Name,
}

impl DirectoryEntry {
    /// A customer's.
    pub fn of(customer: &CustomerLink) -> Self {
        let at = key::directory_entry(customer.partner_id, customer.organization_id);
        Self { at, name: customer.name.clone() }
    }

    /// The organization.
    ///
    /// # Errors
    ///
    /// Never for what is in the table.
    pub fn organization_id(&self) -> Result<OrganizationId, Error> {
        let id = self.at.sk.strip_prefix(key::NAMES).and_then(|id| id.parse().ok());
        id.ok_or_else(|| Error::Internal("a directory entry names no organization".to_owned()))
    }
}

impl Entity for DirectoryEntry {
    const NAME: &'static str = "name";

    fn key(&self) -> Key {
        self.at.clone()
    }
}
