//! Parties: partners and organizations, and the links between them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{OrganizationId, PartnerId, SourceId};
use crate::text::{ExternalId, Name, StoreAccount};
use crate::time::{TimeZone, Timestamp};

/// Number of times an object was written, from 1 on. Its `ETag` is this number in quotes.
pub type Version = u64;

/// Creation time, time of the last write, and version of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// Time at which the object was created; RFC 3339, UTC.
    pub created_at: Timestamp,
    /// Time at which the object was last written; RFC 3339, UTC.
    pub updated_at: Timestamp,
    /// Version of the object: 1 when it is created, one more with every write. `If-Match` takes this number in
    /// quotes, such as `"3"`.
    pub version: Version,
}

impl Metadata {
    /// Returns the metadata of an object that is created at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self { created_at: now, updated_at: now, version: 1 }
    }

    /// Returns the metadata after a write at `now`. `updated_at` increases with every write, even if clocks differ, so
    /// that the events of an object sort by its versions.
    pub fn next(self, now: Timestamp) -> Self {
        let updated_at =
            now.max(Timestamp::from_unix_millis(self.updated_at.unix_millis().saturating_add(1)));
        Self { updated_at, version: self.version.saturating_add(1), ..self }
    }
}

/// Company that resells products and supports customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Partner {
    /// Id of the partner.
    pub id: PartnerId,
    /// Name of the partner; 1 to 200 characters.
    pub name: Name,
    /// Vendor's own id for the partner; 1 to 100 characters, unique among partners. Absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Time at which the partner was deactivated; RFC 3339, UTC. Absent while it is active. An operator can restore it
    /// within 30 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivated_at: Option<Timestamp>,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

/// Customer organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    /// Id of the organization.
    pub id: OrganizationId,
    /// Name of the organization; 1 to 200 characters.
    pub name: Name,
    /// Id of the organization in its creator's own system; 1 to 100 characters, unique among the organizations of
    /// this creator. Absent if there is none, or if the caller belongs neither to the vendor nor to the partner in
    /// `createdBy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Partner whose admin created the organization. Absent if the vendor created it, or if the caller belongs
    /// neither to the vendor nor to this partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<PartnerId>,
    /// Time zone in which the organization's days and the terms of its subscriptions and licenses are counted; an IANA
    /// name such as `Asia/Tokyo`. Absent if it is not known; then UTC applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
    /// Time at which the organization was deactivated; RFC 3339, UTC. Absent while it is active. An operator can restore
    /// it within 30 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivated_at: Option<Timestamp>,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

impl Organization {
    /// Returns the time zone in which its days and terms are counted.
    pub fn effective_time_zone(&self) -> TimeZone {
        self.time_zone.unwrap_or_default()
    }

    /// Returns the organization as a partner's people see it or, without a `reader`, its own people. The external id
    /// and the creator are shown only to the partner that created it.
    pub fn seen_by(self, reader: Option<PartnerId>) -> Self {
        match reader.is_some() && self.created_by == reader {
            true => self,
            false => Self { external_id: None, created_by: None, ..self },
        }
    }
}

/// Entry in a partner's directory: the organization is a customer of the partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartnerOrganization {
    /// Partner to whose directory the entry belongs.
    pub partner_id: PartnerId,
    /// Organization that is the partner's customer.
    pub organization_id: OrganizationId,
    /// Name of the organization; 1 to 200 characters.
    pub name: Name,
    /// Time at which the organization was removed from the directory; RFC 3339, UTC. Absent while it is in the
    /// directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
    /// Whether the organization was removed because it was deactivated. Its restoration adds it again. Absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed_by_deactivation: bool,
    /// Time at which the organization was first added, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

impl PartnerOrganization {
    /// Returns whether the organization is in the directory. A removed entry is kept, so that its versions continue when
    /// the organization is added again.
    pub fn is_listed(&self) -> bool {
        self.removed_at.is_none()
    }
}

/// Reason for which an organization was added to a partner's directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EntryOrigin {
    /// An operator added the organization.
    Operator,
    /// The organization was created as a customer of the partner.
    Creation,
    /// An order of the partner was fulfilled for the organization.
    Order,
    /// A subscription of the organization was transferred to the partner.
    Transfer,
    /// The organization was restored after its deactivation, which had removed it.
    Restoration,
}

/// Link between a partner and its account at a store. Orders of this account fill the partner's pools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoreLink {
    /// Partner that the account belongs to.
    pub partner_id: PartnerId,
    /// Store, a webhook source.
    pub source_id: SourceId,
    /// Account at the store; 1 to 100 characters.
    pub account: StoreAccount,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_updates_increase_although_clocks_differ() {
        let created = Metadata::new(Timestamp::from_unix_millis(1000));
        let times = [1000, 400, 5000, 4999].map(Timestamp::from_unix_millis);
        let written: Vec<_> = times
            .iter()
            .scan(created, |last, now| {
                *last = last.next(*now);
                Some((last.updated_at.unix_millis(), last.version))
            })
            .collect();
        assert_eq!(written, [(1001, 2), (1002, 3), (5000, 4), (5001, 5)]);
    }
}
