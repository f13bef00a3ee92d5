//! Where a subscription is set up.

use deserr::Deserr;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::{Faults, ParseError};
use crate::id::{OrganizationId, SiteId};
use crate::party::Metadata;
use crate::site_url::SiteUrl;
use crate::text::Name;

/// Where a subscription is set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum SetUpTarget {
    /// On a site.
    Site {
        /// Which.
        site_id: SiteId,
        /// Its address.
        url: SiteUrl,
    },
    /// In the whole organization.
    Organization {
        /// True.
        organization: WholeOrganization,
    },
}

impl SetUpTarget {
    /// The site, if it is on one.
    pub fn site(&self) -> Option<(SiteId, &SiteUrl)> {
        match self {
            Self::Site { site_id, url } => Some((*site_id, url)),
            Self::Organization { .. } => None,
        }
    }
}

/// The value `true`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "bool", into = "bool")]
pub struct WholeOrganization;

impl TryFrom<bool> for WholeOrganization {
    type Error = ParseError;

    fn try_from(whole: bool) -> Result<Self, ParseError> {
        whole.then_some(Self).ok_or_else(|| ParseError::new("invalid", "can only be `true`"))
    }
}

impl Deserr<Faults> for WholeOrganization {
    fn deserialize_from_value<V: deserr::IntoValue>(
        value: deserr::Value<V>,
        location: deserr::ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let whole = bool::deserialize_from_value(value, location)?;
        Self::try_from(whole).map_err(|invalid| Faults::invalid(location, invalid))
    }
}

impl JsonSchema for WholeOrganization {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Whole".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "const": true })
    }
}

/// A place in the web where an organization uses what it subscribed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// Whose.
    pub organization_id: OrganizationId,
    /// Its address, unique in the organization.
    pub url: SiteUrl,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// When, and which version.
    #[serde(flatten)]
    pub metadata: Metadata,
}
