//! Partners and organizations with their current names.

use std::collections::HashMap;

use api_runtime::table::{BatchGet, BatchResult, DirectoryEntry, NameScope, OrganizationById, PartnerById};
use api_runtime::{Change, Context, Failure};
use domain::{
    ErrorKind, Metadata, Name, Organization, OrganizationId, Partner, PartnerId, PartnerOrganization,
    Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;

/// The named partner does not exist, or the caller may not see it.
pub const UNKNOWN_PARTNER: ErrorKind = ErrorKind::rule("unknown-partner", "there is no such partner");

/// Adds an organization to a partner's directory, unless it is there already.
///
/// # Errors
///
/// Never for our own types.
pub fn add_partner_organization(
    change: &mut Change,
    partner_id: PartnerId,
    organization: &Organization,
    now: Timestamp,
) -> Result<(), Failure> {
    let (organization_id, name) = (organization.id, organization.name.clone());
    let link = PartnerOrganization { partner_id, organization_id, name, metadata: Metadata::new(now) };
    list_in_directory(change, &link)?;
    change.create_if_missing(&link)?;
    Ok(())
}

/// Lists an organization in a partner's directory, and in its index of names.
///
/// # Errors
///
/// Never for our own types.
pub fn list_in_directory(change: &mut Change, link: &PartnerOrganization) -> Result<(), Failure> {
    change.put(&DirectoryEntry::of(link))?;
    change.index_name(
        NameScope::Directory(link.partner_id),
        link.organization_id,
        &link.name,
        link.metadata.created_at,
    )?;
    Ok(())
}

/// A partner or organization, with its current name.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{I}AndName")]
pub struct Party<I> {
    /// Id of the partner or organization.
    pub id: I,
    /// Display name: 1 to 200 characters. Absent if it could not be found, such as right after creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
}

/// Names of some partners and organizations.
pub struct Names {
    partners: HashMap<PartnerId, Name>,
    organizations: HashMap<OrganizationId, Name>,
}

impl Names {
    /// Reads the names of these partners and organizations, eventually consistently.
    ///
    /// # Errors
    ///
    /// [`Failure::Table`].
    pub async fn of(
        context: &Context<'_>,
        partners: impl Iterator<Item = PartnerId> + Clone,
        organizations: impl Iterator<Item = OrganizationId> + Clone,
    ) -> Result<Self, Failure> {
        let mut wanted = BatchGet::new();
        Self::want(&mut wanted, partners.clone(), organizations.clone());
        let found = context.table.fetch(wanted, false).await?;
        Self::among(&found, partners, organizations)
    }

    /// Adds the items that hold the names of these partners and organizations to a read.
    pub fn want(
        wanted: &mut BatchGet,
        partners: impl Iterator<Item = PartnerId>,
        organizations: impl Iterator<Item = OrganizationId>,
    ) {
        partners.for_each(|id| wanted.add(&PartnerById(id)));
        organizations.for_each(|id| wanted.add(&OrganizationById(id)));
    }

    /// Takes the names of these partners and organizations from the result of a read.
    ///
    /// # Errors
    ///
    /// Never for items that Vouchsafe wrote.
    pub fn among(
        found: &BatchResult,
        partners: impl Iterator<Item = PartnerId>,
        organizations: impl Iterator<Item = OrganizationId>,
    ) -> Result<Self, Failure> {
        let (mut known, mut all) = (Vec::new(), Vec::new());
        for id in partners {
            known.extend(found.get(&PartnerById(id))?);
        }
        for id in organizations {
            all.extend(found.get(&OrganizationById(id))?);
        }
        Ok(Self::from(known.into_iter(), all.into_iter()))
    }

    /// Takes the names from partners and organizations that were read.
    pub fn from(
        partners: impl Iterator<Item = Partner>,
        organizations: impl Iterator<Item = Organization>,
    ) -> Self {
        Self {
            partners: partners.map(|partner| (partner.id, partner.name)).collect(),
            organizations: organizations.map(|organization| (organization.id, organization.name)).collect(),
        }
    }

    /// Returns a partner's id with its name, if the name is known.
    pub fn partner(&self, id: PartnerId) -> Party<PartnerId> {
        Party { id, name: self.partners.get(&id).cloned() }
    }

    /// Returns an organization's id with its name, if the name is known.
    pub fn organization(&self, id: OrganizationId) -> Party<OrganizationId> {
        Party { id, name: self.organizations.get(&id).cloned() }
    }
}
