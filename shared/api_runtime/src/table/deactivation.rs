//! Deactivations of partners and organizations.

use domain::Timestamp;
use domain::deactivation::{DeactivationPhase, PartyDeactivation, PartyId};

use super::item::Entity;
use super::key::Key;
use super::organization::organization_partition;
use super::partner::partner_partition;
use super::pattern::patterns;
use super::write::Expression;

impl Entity for PartyDeactivation {
    const NAME: &'static str = "deactivation";

    fn key(&self) -> Key {
        deactivation_key(self.party)
    }

    fn due(&self) -> Option<Timestamp> {
        self.resume_at
    }
}

patterns! {
    /// the deactivation of a partner or an organization
    lookup DeactivationOf(party: PartyId) -> PartyDeactivation {
        deactivation_key(*party),
        "`PARTNER#<partner>` or `ORG#<organization>` · `DEACTIVATION`"
    }
}

/// Returns the key of the deactivation of a partner or an organization.
pub(super) fn deactivation_key(party: PartyId) -> Key {
    let partition = match party {
        PartyId::Partner(partner) => partner_partition(partner),
        PartyId::Organization(organization) => organization_partition(organization),
    };
    Key::new(partition, "DEACTIVATION")
}

/// Returns the condition that a deactivation is in a phase, for the steps of the phase.
pub fn is_in_phase(phase: DeactivationPhase) -> Expression {
    Expression::new("#phase = :phase").text("phase", phase.name())
}

/// Returns the condition that a partner or an organization exists and is active.
pub fn is_active() -> Expression {
    Expression::new("attribute_exists(#pk) AND attribute_not_exists(#deactivatedAt)")
}
