//! Parties, with the names they have now.

use std::collections::HashMap;

use api_runtime::table::{BatchGet, BatchResult, DirectoryEntry, OrganizationById, PartnerById};
use api_runtime::{Change, Context, Failure};
use domain::{
    CustomerLink, ErrorKind, Metadata, Name, Organization, OrganizationId, Partner, PartnerId, Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;

/// The partner that is named does not exist, or not for the caller.
pub const UNKNOWN_PARTNER: ErrorKind = ErrorKind::rule("unknown-partner", "there is no such partner");

/// Makes an organization a partner's customer, if it is not.
///
/// # Errors
///
/// Never for our own types.
pub fn add_customer(
    change: &mut Change,
    partner_id: PartnerId,
    organization: &Organization,
    now: Timestamp,
) -> Result<(), Failure> {
    let (organization_id, name) = (organization.id, organization.name.clone());
    let link = CustomerLink { partner_id, organization_id, name, metadata: Metadata::new(now) };
    change.put(&DirectoryEntry::of(&link))?;
    change.ensure(&link)?;
    Ok(())
}

/// A party, and what it is called now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Party<I> {
    /// Its id.
    pub id: I,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
}

/// The names of some parties.
pub struct Names {
    partners: HashMap<PartnerId, Name>,
    organizations: HashMap<OrganizationId, Name>,
}

impl Names {
    /// Reads the names of these.
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

    /// Adds the names of these to a read.
    pub fn want(
        wanted: &mut BatchGet,
        partners: impl Iterator<Item = PartnerId>,
        organizations: impl Iterator<Item = OrganizationId>,
    ) {
        partners.for_each(|id| wanted.add(&PartnerById(id)));
        organizations.for_each(|id| wanted.add(&OrganizationById(id)));
    }

    /// The names of these among what was read.
    ///
    /// # Errors
    ///
    /// Never for what is in the table.
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

    /// The names of these.
    pub fn from(
        partners: impl Iterator<Item = Partner>,
        organizations: impl Iterator<Item = Organization>,
    ) -> Self {
        Self {
            partners: partners.map(|partner| (partner.id, partner.name)).collect(),
            organizations: organizations.map(|organization| (organization.id, organization.name)).collect(),
        }
    }

    /// A partner with its name.
    pub fn partner(&self, id: PartnerId) -> Party<PartnerId> {
        Party { id, name: self.partners.get(&id).cloned() }
    }

    /// An organization with its name.
    pub fn organization(&self, id: OrganizationId) -> Party<OrganizationId> {
        Party { id, name: self.organizations.get(&id).cloned() }
    }
}
