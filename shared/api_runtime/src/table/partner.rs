//! Partners.

use domain::search::Folded;
use domain::{ExternalId, Name, Partner, PartnerId};

use super::item::Entity;
use super::key::{Key, PROFILE, segment, unique};
use super::pattern::{Index, patterns};
use super::reservation::Reservation;

/// The partition, in `by-facet`, of all partners.
pub(super) const PARTNERS: &str = "PARTNERS";

impl Entity for Partner {
    const NAME: &'static str = "partner";

    fn key(&self) -> Key {
        partner_key(self.id)
    }

    fn by_facet(&self) -> Option<Key> {
        Some(partner_among_all_key(&self.name, self.id))
    }
}

patterns! {
    /// a partner
    lookup PartnerById(partner: PartnerId) -> Partner {
        partner_key(*partner),
        "`PARTNER#<partner>` · `PROFILE`"
    }
    /// all partners, by name
    list Partners() -> Partner {
        Index::ByFacet, PARTNERS.to_owned(), "",
        "in `by-facet` `PARTNERS` · `<name>#<partner>`"
    }
}

/// A partner among all, by name.
pub(super) fn partner_among_all_key(name: &Name, partner: PartnerId) -> Key {
    Key::new(PARTNERS, format!("{}#{partner}", Folded::of(name.as_str()).sort_key()))
}

/// A partner.
pub(super) fn partner_key(partner: PartnerId) -> Key {
    Key::new(partner_partition(partner), PROFILE)
}

/// The partition of a partner and what it has.
pub(super) fn partner_partition(partner: PartnerId) -> String {
    format!("PARTNER#{partner}")
}

/// The reservation of a partner's external id, which the vendor gave.
pub(super) fn partner_external_id_key(external_id: &ExternalId) -> Key {
    unique("partner-external-id", segment(external_id.as_str()))
}

impl Reservation {
    /// Gives a partner an external id of the vendor's.
    pub fn partner_external_id(external_id: &ExternalId, owner: PartnerId) -> Self {
        Self::new(partner_external_id_key(external_id), owner)
    }
}
