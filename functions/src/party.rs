//! Partners and organizations with their current names.

use std::collections::HashMap;

use api_runtime::table::{BatchGet, BatchResult, DirectoryEntry, NameScope, OrganizationById, PartnerById};
use api_runtime::{Change, Context, Failure, IfMatch};
use domain::event::{PartnerOrganizationAdded, PartnerOrganizationRemoved};
use domain::{
    EntryOrigin, ErrorKind, Metadata, Name, NewEvent, Organization, OrganizationId, Partner, PartnerId,
    PartnerOrganization, Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;

/// The named partner does not exist, or the caller may not see it.
pub const UNKNOWN_PARTNER: ErrorKind = ErrorKind::rule("unknown-partner", "there is no such partner");

/// Adds an organization to a partner's directory and to its index of names, and records the event. `before` is the entry
/// as it was read: none, or one that was removed. A concurrent change of it makes the operation start again.
///
/// # Errors
///
/// Never for our own types.
pub fn add_to_directory(
    change: &mut Change,
    (partner_id, organization): (PartnerId, &Organization),
    before: Option<PartnerOrganization>,
    origin: EntryOrigin,
    (now, if_match): (Timestamp, Option<IfMatch>),
) -> Result<PartnerOrganization, Failure> {
    let (organization_id, name) = (organization.id, organization.name.clone());
    let metadata = before.as_ref().map_or(Metadata::new(now), |before| before.metadata.next(now));
    let entry = PartnerOrganization { partner_id, organization_id, name, removed_at: None, metadata };
    match before {
        Some(before) => change.replace(&entry, before.metadata.version, if_match)?,
        None => change.create_or_retry(&entry, if_match)?,
    }
    change.put(&DirectoryEntry::of(&entry))?;
    change.index_name(NameScope::Directory(partner_id), organization_id, &entry.name, now)?;
    let added = PartnerOrganizationAdded { name: entry.name.clone(), origin: Some(origin) };
    change.record(NewEvent::of_both(added, partner_id, organization_id).about(entry.metadata));
    Ok(entry)
}

/// Requires that an organization is in a partner's directory at commit. If it was not when `before` was read, adds it.
///
/// # Errors
///
/// Never for our own types.
pub fn require_in_directory(
    change: &mut Change,
    place: (PartnerId, &Organization),
    before: Option<PartnerOrganization>,
    origin: EntryOrigin,
    now: Timestamp,
) -> Result<(), Failure> {
    match before {
        Some(entry) if entry.is_listed() => Ok(change.confirm(&entry, entry.metadata.version, None)?),
        before => add_to_directory(change, place, before, origin, (now, None)).map(drop),
    }
}

/// Removes an organization from a partner's directory and from its index of names, and records the event. The entry
/// itself stays, marked as removed.
///
/// # Errors
///
/// Never for our own types.
pub fn remove_from_directory(
    context: &Context<'_>,
    change: &mut Change,
    before: PartnerOrganization,
) -> Result<PartnerOrganization, Failure> {
    let (seen, metadata) = (before.metadata.version, before.metadata.next(context.now));
    let removed = PartnerOrganization { removed_at: Some(metadata.updated_at), metadata, ..before };
    change.replace(&removed, seen, context.if_match())?;
    change.remove(&DirectoryEntry::of(&removed));
    let (partner_id, organization_id, name) = (removed.partner_id, removed.organization_id, &removed.name);
    change.remove_name(NameScope::Directory(partner_id), organization_id, name);
    let event = PartnerOrganizationRemoved { name: name.clone() };
    let metadata = removed.metadata;
    change.record(NewEvent::of_both(event, partner_id, organization_id).about(metadata));
    Ok(removed)
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
