//! Partners.

use domain::search::sort_key;
use domain::{ExternalId, Name, Partner, PartnerId};

use super::item::Entity;
use super::key::{Key, PROFILE, segment, unique};
use super::pattern::{Index, patterns};
use super::reservation::Reservation;

/// Partition, in `by-facet`, of all active partners.
pub(super) const PARTNERS: &str = "PARTNERS";

/// Partition, in `by-facet`, of all deactivated partners.
pub(super) const DEACTIVATED: &str = "DEACTIVATED_PARTNERS";

impl Entity for Partner {
    const NAME: &'static str = "partner";

    fn key(&self) -> Key {
        partner_key(self.id)
    }

    fn by_facet(&self) -> Option<Key> {
        Some(partner_among_all_key(self.deactivated_at.is_some(), &self.name, self.id))
    }
}

patterns! {
    /// a partner
    lookup PartnerById(partner: PartnerId) -> Partner {
        partner_key(*partner),
        "`PARTNER#<partner>` · `PROFILE`"
    }
    /// all active partners, by name
    list Partners() -> Partner {
        Index::ByFacet, PARTNERS.to_owned(), "",
        "in `by-facet` `PARTNERS` · `<name>#<partner>`"
    }
    /// all deactivated partners, by name
    list DeactivatedPartners() -> Partner {
        Index::ByFacet, DEACTIVATED.to_owned(), "",
        "in `by-facet` `DEACTIVATED_PARTNERS` · `<name>#<partner>`"
    }
}

/// Returns the key of a partner among all active or deactivated ones, by name, in `by-facet`.
pub(super) fn partner_among_all_key(is_deactivated: bool, name: &Name, partner: PartnerId) -> Key {
    let partition = if is_deactivated { DEACTIVATED } else { PARTNERS };
    Key::new(partition, format!("{}#{partner}", sort_key(name.as_str())))
}

/// Returns the key of a partner.
pub(super) fn partner_key(partner: PartnerId) -> Key {
    Key::new(partner_partition(partner), PROFILE)
}

/// Returns the partition of a partner and everything that belongs to it.
pub(super) fn partner_partition(partner: PartnerId) -> String {
    format!("PARTNER#{partner}")
}

/// Returns the key of the reservation of a partner's external id, which the vendor gave.
pub(super) fn partner_external_id_key(external_id: &ExternalId) -> Key {
    unique("partner-external-id", segment(external_id.as_str()))
}

impl Reservation {
    /// Reserves an external id of a partner among those that the vendor gave.
    pub fn partner_external_id(external_id: &ExternalId, owner: PartnerId) -> Self {
        Self::new(partner_external_id_key(external_id), owner)
    }
}
