//! Organizations.

use domain::search::sort_key;
use domain::{ExternalId, Name, Organization, OrganizationId, PartnerId};

use super::item::Entity;
use super::key::{Key, PROFILE, segment, unique};
use super::pattern::{Index, patterns};
use super::reservation::{Reservation, creator};

/// Partition, in `by-facet`, of all active organizations.
pub(super) const ORGANIZATIONS: &str = "ORGANIZATIONS";

/// Partition, in `by-facet`, of all deactivated organizations.
pub(super) const DEACTIVATED: &str = "DEACTIVATED_ORGANIZATIONS";

impl Entity for Organization {
    const NAME: &'static str = "organization";

    fn key(&self) -> Key {
        organization_key(self.id)
    }

    fn by_facet(&self) -> Option<Key> {
        Some(organization_among_all_key(self.deactivated_at.is_some(), &self.name, self.id))
    }
}

patterns! {
    /// the organization with an external id that a partner, or the vendor, gave
    lookup OrganizationByExternalId(creator: Option<PartnerId>, external_id: ExternalId) -> Reservation {
        organization_external_id_key(*creator, external_id),
        "`UNIQUE#organization-external-id#<VENDOR or partner>#<external id>` · `-`"
    }
    /// an organization
    lookup OrganizationById(organization: OrganizationId) -> Organization {
        organization_key(*organization),
        "`ORG#<organization>` · `PROFILE`"
    }
    /// all active organizations, by name
    list Organizations() -> Organization {
        Index::ByFacet, ORGANIZATIONS.to_owned(), "",
        "in `by-facet` `ORGANIZATIONS` · `<name>#<organization>`"
    }
    /// all deactivated organizations, by name
    list DeactivatedOrganizations() -> Organization {
        Index::ByFacet, DEACTIVATED.to_owned(), "",
        "in `by-facet` `DEACTIVATED_ORGANIZATIONS` · `<name>#<organization>`"
    }
}

/// Returns the key of an organization among all active or deactivated ones, by name, in `by-facet`.
pub(super) fn organization_among_all_key(
    is_deactivated: bool,
    name: &Name,
    organization: OrganizationId,
) -> Key {
    let partition = if is_deactivated { DEACTIVATED } else { ORGANIZATIONS };
    Key::new(partition, format!("{}#{organization}", sort_key(name.as_str())))
}

/// Returns the key of an organization.
pub(super) fn organization_key(organization: OrganizationId) -> Key {
    Key::new(organization_partition(organization), PROFILE)
}

/// Returns the partition of an organization and everything that belongs to it.
pub(super) fn organization_partition(organization: OrganizationId) -> String {
    format!("ORG#{organization}")
}

/// Returns the key of the reservation of an organization's external id, which a partner or the vendor (`None`) gave.
pub(super) fn organization_external_id_key(by: Option<PartnerId>, external_id: &ExternalId) -> Key {
    unique("organization-external-id", format!("{}#{}", creator(by), segment(external_id.as_str())))
}

impl Reservation {
    /// Reserves an external id of an organization among those that its giver, a partner or the vendor (`None`), gave.
    pub fn organization_external_id(
        creator: Option<PartnerId>,
        external_id: &ExternalId,
        owner: OrganizationId,
    ) -> Self {
        Self::new(organization_external_id_key(creator, external_id), owner)
    }
}
