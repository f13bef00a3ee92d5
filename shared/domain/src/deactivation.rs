//! Deactivation of partners and organizations, and their restoration. The first transaction deactivates the party, so that
//! nothing new is made for it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{OrganizationId, PartnerId};
use crate::party::{Metadata, Organization, Partner, StoreLink};
use crate::problem::ErrorKind;
use crate::time::{Period, Timestamp};
use crate::words::words;

/// The partner is deactivated, so nothing new is made for it.
pub const PARTNER_DEACTIVATED: ErrorKind = ErrorKind::state(
    "partner-deactivated",
    "the partner is deactivated: an operator can restore it within 30 days of the deactivation",
);
/// The organization is deactivated, so nothing new is made for it.
pub const ORGANIZATION_DEACTIVATED: ErrorKind = ErrorKind::state(
    "organization-deactivated",
    "the organization is deactivated: an operator can restore it within 30 days of the deactivation",
);
/// A message of a store names a deactivated partner.
pub const DEACTIVATED_PARTNER: ErrorKind = ErrorKind::rule(
    "deactivated-partner",
    "the partner is deactivated: send the message again after its restoration, or name another partner",
);
/// A line of an order names a deactivated organization.
pub const DEACTIVATED_ORGANIZATION: ErrorKind = ErrorKind::rule(
    "deactivated-organization",
    "the organization is deactivated: send the order again after its restoration",
);

/// Time within which a deactivated partner or organization can be restored.
pub const RESTORABLE: Period = Period::days(30);

/// A partner or an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PartyId {
    /// Partner.
    Partner(PartnerId),
    /// Organization.
    Organization(OrganizationId),
}

/// Party that an operator can deactivate.
pub trait Deactivatable {
    /// Returns whether the party is active.
    fn is_active(&self) -> bool;
}

impl Deactivatable for Partner {
    fn is_active(&self) -> bool {
        self.deactivated_at.is_none()
    }
}

impl Deactivatable for Organization {
    fn is_active(&self) -> bool {
        self.deactivated_at.is_none()
    }
}

words! {
    /// Progress of a deactivation.
    pub enum DeactivationPhase {
        /// Nothing new is made for the party. Whether something must be decided first is read once more, because it may
        /// have come up before.
        Checking = "checking",
        /// People are being disabled, and grants, requests and entries ended.
        Ending = "ending",
        /// The deactivation is complete.
        Ended = "ended",
        /// The party is active again, and what can be brought back is being brought back.
        Restoring = "restoring",
    }
}

words! {
    /// State of a partner or organization.
    pub enum PartyState {
        /// The party is active.
        Active = "active",
        /// The party is deactivated, and what ends with it is still being ended.
        Deactivating = "deactivating",
        /// The party is deactivated.
        Deactivated = "deactivated",
        /// The party is active again, and what can be brought back is still being brought back.
        Restoring = "restoring",
    }
}

impl From<DeactivationPhase> for PartyState {
    fn from(phase: DeactivationPhase) -> Self {
        match phase {
            DeactivationPhase::Checking | DeactivationPhase::Ending => Self::Deactivating,
            DeactivationPhase::Ended => Self::Deactivated,
            DeactivationPhase::Restoring => Self::Restoring,
        }
    }
}

/// Numbers of what ends with a partner or an organization, when its deactivation begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeactivationCounts {
    /// Number of access grants in force that end. A restoration gives none of them back.
    pub grants: usize,
    /// Number of pending access requests of the partner that are cancelled; 0 for an organization. A restoration brings
    /// none of them back.
    pub access_requests: usize,
    /// Number of members or customers who are disabled by the deactivation: all who are not disabled already. A
    /// restoration enables them again.
    pub people: usize,
    /// Number of partners' directories from which the organization is removed until it is restored; 0 for a partner, whose
    /// own directory is kept.
    pub directory_entries: usize,
}

/// Numbers of what a restoration brings back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestorationCounts {
    /// Number of members or customers whom the deactivation disabled, and who are enabled again.
    pub people: usize,
    /// Number of partners' directories to which the organization is added again; 0 for a partner.
    pub directory_entries: usize,
}

words! {
    /// Reason for which a restoration does not make the partner's link to a store again.
    pub enum StoreNotLinked {
        /// Another partner is linked to the account.
        AccountTaken = "account-taken",
        /// The store is disabled.
        StoreDisabled = "store-disabled",
    }
}

/// Record of a deactivation. It exists from the first transaction of a deactivation to the last one of the restoration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartyDeactivation {
    /// Partner or organization that is deactivated.
    pub party: PartyId,
    /// Progress of the deactivation.
    pub phase: DeactivationPhase,
    /// Time of the deactivation.
    pub deactivated_at: Timestamp,
    /// Time until which the party can be restored, exclusive.
    pub restorable_until: Timestamp,
    /// Numbers of what ends with the party.
    pub counts: DeactivationCounts,
    /// Link to a store that the deactivation removed. A restoration makes it again if its account is still free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreLink>,
    /// End of the lease of the call that is at work, from which the scheduled job continues; after the last step, the
    /// time at which the job looks once more for what an index did not show. Absent if nothing is left to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume_at: Option<Timestamp>,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

impl PartyDeactivation {
    /// Returns the record of a deactivation that begins at `now`.
    pub fn new(party: PartyId, counts: DeactivationCounts, store: Option<StoreLink>, now: Timestamp) -> Self {
        Self {
            party,
            phase: DeactivationPhase::Checking,
            deactivated_at: now,
            restorable_until: now.after(RESTORABLE),
            counts,
            store,
            resume_at: None,
            metadata: Metadata::new(now),
        }
    }

    /// Returns the record in another phase, with the lease or the next look at `resume_at`.
    pub fn moved(&self, phase: DeactivationPhase, resume_at: Option<Timestamp>, now: Timestamp) -> Self {
        Self { phase, resume_at, metadata: self.metadata.next(now), ..self.clone() }
    }
}
