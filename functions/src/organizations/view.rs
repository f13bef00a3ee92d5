//! An organization in API responses, with the name of its creator.

use api_runtime::table::PartnerById;
use api_runtime::{Context, Failure, Output};
use domain::{Organization, PartnerId, Version};
use schemars::JsonSchema;
use serde::Serialize;

use crate::party::Party;

/// A customer organization, and the partner that created it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OrganizationView {
    /// The organization.
    #[serde(flatten)]
    organization: Organization,
    /// Partner whose admin created the organization. Absent if `createdBy` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    creator: Option<Party<PartnerId>>,
}

impl OrganizationView {
    /// Returns an organization with the name of its creator. Takes one read, or none if the creator is not visible.
    pub(super) async fn of(context: &Context<'_>, organization: Organization) -> Result<Self, Failure> {
        let creator = match organization.created_by {
            Some(id) => {
                // In a batch as the organization itself, so that the function needs no further right.
                let known = context.table.fetch_all(&[PartnerById(id)]).await?;
                Some(Party { id, name: known.into_iter().next().map(|partner| partner.name) })
            }
            None => None,
        };
        Ok(Self { organization, creator })
    }
}

impl Output for OrganizationView {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.organization.metadata.version)
    }
}
