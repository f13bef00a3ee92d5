//! Targets for which subscriptions are set up: sites and organizations.

use deserr::Deserr;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::{Faults, ParseError};
use crate::id::{OrganizationId, SiteId};
use crate::party::Metadata;
use crate::site_url::SiteUrl;
use crate::text::Name;

/// Target for which a subscription is set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum SetUpTarget {
    /// A site of the organization.
    Site {
        /// Id of the site.
        site_id: SiteId,
        /// Address of the site; at most 500 characters.
        url: SiteUrl,
    },
    /// The whole organization.
    Organization {
        /// Always `true`.
        organization: WholeOrganization,
    },
}

impl SetUpTarget {
    /// Returns the site, if the target is one.
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

/// Web address at which an organization uses its subscriptions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Site {
    /// Id of the site.
    pub id: SiteId,
    /// Organization that owns the site.
    pub organization_id: OrganizationId,
    /// Address of the site, unique in the organization: `https://` or `http://`, a host and an optional path; at most
    /// 500 characters.
    pub url: SiteUrl,
    /// Display name of the site; 1 to 200 characters. Absent if none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// Times of creation and of the latest update, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}
