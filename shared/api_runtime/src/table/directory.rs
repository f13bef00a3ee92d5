//! Which organizations are in a partner's directory.

use domain::{CustomerLink, Name, OrganizationId, PartnerId};
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::item::Entity;
use super::key::Key;
use super::organization::organization_partition;
use super::partner::partner_partition;
use super::pattern::{Index, patterns};

/// What the sort keys of a directory's names begin with.
pub(super) const NAMES: &str = "NAME#";

impl Entity for CustomerLink {
    const NAME: &'static str = "customer-link";

    fn key(&self) -> Key {
        customer_link_key(self.partner_id, self.organization_id)
    }

    fn by_key(&self) -> Option<Key> {
        Some(partner_of_organization_key(self.organization_id, self.partner_id))
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
        let at = directory_entry_key(customer.partner_id, customer.organization_id);
        Self { at, name: customer.name.clone() }
    }

    /// The organization.
    ///
    /// # Errors
    ///
    /// Never for what is in the table.
    pub fn organization_id(&self) -> Result<OrganizationId, Error> {
        let id = self.at.sk.strip_prefix(NAMES).and_then(|id| id.parse().ok());
        id.ok_or_else(|| Error::Internal("a directory entry names no organization".to_owned()))
    }
}

impl Entity for DirectoryEntry {
    const NAME: &'static str = "directory-entry";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

patterns! {
    /// an organization in a partner's directory
    lookup CustomerLinkOfPartner(partner: PartnerId, organization: OrganizationId) -> CustomerLink {
        customer_link_key(*partner, *organization),
        "`PARTNER#<partner>` · `CUSTOMER#<organization>`"
    }
    /// the names in a partner's directory
    list Directory(partner: PartnerId) -> DirectoryEntry {
        Index::Table, partner_partition(*partner), NAMES,
        "`PARTNER#<partner>` · `NAME#<organization>`"
    }
}

/// An organization in a partner's directory.
pub(super) fn customer_link_key(partner: PartnerId, organization: OrganizationId) -> Key {
    Key::new(partner_partition(partner), format!("CUSTOMER#{organization}"))
}

/// The name of an organization in a partner's directory.
pub fn directory_entry_key(partner: PartnerId, organization: OrganizationId) -> Key {
    Key::new(partner_partition(partner), format!("{NAMES}{organization}"))
}

/// What makes the partners of an organization findable from the organization.
pub(super) fn partner_of_organization_key(organization: OrganizationId, partner: PartnerId) -> Key {
    Key::new(organization_partition(organization), format!("PARTNER#{partner}"))
}
