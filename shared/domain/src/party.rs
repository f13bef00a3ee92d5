//! The parties: partners, organizations, and what links them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{OrganizationId, PartnerId, SourceId};
use crate::text::{ExternalId, Name, StoreAccount};
use crate::time::{TimeZone, Timestamp};

/// How often an object was written; its `ETag` is this number in quotes.
pub type Version = u64;

/// When an object was made and last written, and its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// Rises by one with every write.
    pub version: Version,
}

impl Metadata {
    /// The metadata of what is made now.
    pub fn new(now: Timestamp) -> Self {
        Self { created_at: now, updated_at: now, version: 1 }
    }

    /// The metadata of what is written again now.
    pub fn next(self, now: Timestamp) -> Self {
        Self { updated_at: now.max(self.updated_at), version: self.version.saturating_add(1), ..self }
    }
}

/// An organisation that resells and supports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Partner {
    /// Its id.
    pub id: PartnerId,
    /// What people call it.
    pub name: Name,
    /// The vendor's own id for it; unique among partners.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// When, and which version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

/// A customer organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// What people call it.
    pub name: Name,
    /// Its id in the system of whoever created it; unique among what that party created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// The partner whose admin created it; none if the vendor did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<PartnerId>,
    /// In which time zone its days are; where it is not known, they are days in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
    /// When, and which version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

impl Organization {
    /// It as somebody of `reader` sees it, a partner or its own people: an external id is its giver's own business.
    pub fn seen_by(self, reader: Option<PartnerId>) -> Self {
        match reader.is_some() && self.created_by == reader {
            true => self,
            false => Self { external_id: None, created_by: None, ..self },
        }
    }
}

/// An entry of a partner's directory: this organization is a customer of this partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerLink {
    /// Whose directory it is.
    pub partner_id: PartnerId,
    /// The customer.
    pub organization_id: OrganizationId,
    /// The customer's name.
    pub name: Name,
    /// When, and which version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

/// Which account at a store is a partner's: orders of that account fill the partner's pools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoreLink {
    /// Whose account it is.
    pub partner_id: PartnerId,
    /// The store.
    pub source_id: SourceId,
    /// The account there.
    pub account: StoreAccount,
    /// When, and which version.
    #[serde(flatten)]
    pub metadata: Metadata,
}
