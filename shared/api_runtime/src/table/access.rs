//! Access of partners in organizations.

use domain::{Access, OrganizationId, PartnerId, Timestamp};

use super::item::Entity;
use super::key::Key;
use super::organization::organization_partition;
use super::partner::partner_partition;
use super::pattern::{Index, patterns};

/// Prefix of the sort keys of access.
pub(super) const ACCESS: &str = "ACCESS#";

impl Entity for Access {
    const NAME: &'static str = "access";

    fn key(&self) -> Key {
        access_key(self.organization_id, self.partner_id)
    }

    fn by_key(&self) -> Option<Key> {
        Some(access_of_partner_key(self.partner_id, self.organization_id))
    }

    fn due(&self) -> Option<Timestamp> {
        Access::due(self)
    }
}

patterns! {
    /// all grants of a partner in an organization
    lookup AccessIn(organization: OrganizationId, partner: PartnerId) -> Access {
        access_key(*organization, *partner),
        "`ORG#<organization>` · `ACCESS#<partner>`"
    }
    /// the grants of all partners in an organization
    list AccessInOrganization(organization: OrganizationId) -> Access {
        Index::Table, organization_partition(*organization), ACCESS,
        "`ORG#<organization>` · `ACCESS#…`"
    }
    /// the grants of a partner in all organizations
    list AccessOfPartner(partner: PartnerId) -> Access {
        Index::ByKey, partner_partition(*partner), ACCESS,
        "in `by-key` `PARTNER#<partner>` · `ACCESS#…`"
    }
}

/// Returns the key of a partner's access in an organization.
pub(super) fn access_key(organization: OrganizationId, partner: PartnerId) -> Key {
    Key::new(organization_partition(organization), format!("{ACCESS}{partner}"))
}

/// Returns the key of the same item in `by-key`, among the partner's access in all organizations.
pub fn access_of_partner_key(partner: PartnerId, organization: OrganizationId) -> Key {
    Key::new(partner_partition(partner), format!("{ACCESS}{organization}"))
}
