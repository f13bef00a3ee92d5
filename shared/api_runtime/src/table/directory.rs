//! Directories of partners: the organizations that are customers of a partner.

use domain::{Name, OrganizationId, PartnerId, PartnerOrganization};
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::item::Entity;
use super::key::Key;
use super::organization::organization_partition;
use super::partner::partner_partition;
use super::pattern::{Index, patterns};
use super::write::Expression;

/// Prefix of the sort keys of a directory's names.
pub(super) const NAMES: &str = "NAME#";

/// Prefix of the sort keys of a directory's entries.
pub(super) const ENTRIES: &str = "CUSTOMER#";

/// Prefix of the sort keys, in `by-key`, of the partners of an organization.
pub(super) const PARTNERS: &str = "PARTNER#";

impl Entity for PartnerOrganization {
    const NAME: &'static str = "partner-organization";

    fn key(&self) -> Key {
        partner_organization_key(self.partner_id, self.organization_id)
    }

    fn by_key(&self) -> Option<Key> {
        Some(partner_of_organization_key(self.organization_id, self.partner_id))
    }
}

/// Returns the condition that an organization is in a partner's directory; the entry stays when it is removed.
pub fn is_listed() -> Expression {
    Expression::new("attribute_exists(#pk) AND attribute_not_exists(#removedAt)")
}

/// Name of an organization in a partner's directory. The item has only key and name, because thousands are read at
/// once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryEntry {
    /// Key of the item, which names the partner and the organization.
    #[serde(flatten)]
    pub at: Key,
    /// Name of the organization.
    pub name: Name,
}

impl DirectoryEntry {
    /// Returns the directory entry of an organization.
    pub fn of(customer: &PartnerOrganization) -> Self {
        let at = directory_entry_key(customer.partner_id, customer.organization_id);
        Self { at, name: customer.name.clone() }
    }

    /// Returns the id of the organization.
    ///
    /// # Errors
    ///
    /// Fails only if the key contains no organization's id.
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
    /// an organization that is, or was, in a partner's directory
    lookup PartnerOrganizationLink(partner: PartnerId, organization: OrganizationId) -> PartnerOrganization {
        partner_organization_key(*partner, *organization),
        "`PARTNER#<partner>` · `CUSTOMER#<organization>`"
    }
    /// the name of an organization in a partner's directory
    lookup DirectoryEntryOf(partner: PartnerId, organization: OrganizationId) -> DirectoryEntry {
        directory_entry_key(*partner, *organization),
        "`PARTNER#<partner>` · `NAME#<organization>`"
    }
    /// the organizations that are, or were, in a partner's directory
    list OrganizationsOfPartner(partner: PartnerId) -> PartnerOrganization {
        Index::Table, partner_partition(*partner), ENTRIES,
        "`PARTNER#<partner>` · `CUSTOMER#<organization>`"
    }
    /// the partners in whose directory an organization is, or was
    list PartnersOfOrganization(organization: OrganizationId) -> PartnerOrganization {
        Index::ByKey, organization_partition(*organization), PARTNERS,
        "in `by-key` `ORG#<organization>` · `PARTNER#<partner>`"
    }
    /// the names of the organizations in a partner's directory
    list Directory(partner: PartnerId) -> DirectoryEntry {
        Index::Table, partner_partition(*partner), NAMES,
        "`PARTNER#<partner>` · `NAME#<organization>`"
    }
}

/// Returns the key of an organization in a partner's directory.
pub(super) fn partner_organization_key(partner: PartnerId, organization: OrganizationId) -> Key {
    Key::new(partner_partition(partner), format!("{ENTRIES}{organization}"))
}

/// Returns the key of an organization's name in a partner's directory.
pub fn directory_entry_key(partner: PartnerId, organization: OrganizationId) -> Key {
    Key::new(partner_partition(partner), format!("{NAMES}{organization}"))
}

/// Returns the key, in `by-key`, by which an organization's partners are found.
pub(super) fn partner_of_organization_key(organization: OrganizationId, partner: PartnerId) -> Key {
    Key::new(organization_partition(organization), format!("{PARTNERS}{partner}"))
}
