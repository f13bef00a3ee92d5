//! Partners and organizations with their current names.

use std::collections::HashMap;

use api_runtime::table::{
    BatchGet, BatchResult, DirectoryEntry, Lookup, NameScope, OrganizationById, PartnerById, is_active,
};
use api_runtime::{Change, ConditionFailure, Context, Failure, IfMatch, OrNotFound};
use deserr::Deserr;
use domain::deactivation::{Deactivatable, ORGANIZATION_DEACTIVATED, PARTNER_DEACTIVATED};
use domain::event::{PartnerOrganizationAdded, PartnerOrganizationRemoved};
use domain::{
    Actor, EntryOrigin, ErrorKind, Faults, Metadata, Name, NameQuery, NewEvent, Organization, OrganizationId,
    Partner, PartnerId, PartnerOrganization, Problem, Timestamp,
};
use schemars::JsonSchema;
use serde::Serialize;

/// The named partner does not exist, or the caller may not see it.
pub const UNKNOWN_PARTNER: ErrorKind = ErrorKind::rule("unknown-partner", "there is no such partner");

/// Requires that a partner exists and is active at commit. `field` is the field of the body that names the partner; none
/// if the path does.
pub fn require_active_partner(change: &mut Change, partner: PartnerId, field: Option<&'static str>) {
    change.require_that(&PartnerById(partner), is_active(), move |stored| match (stored, field) {
        (Some(_), Some(field)) => ConditionFailure::rejected(&PARTNER_DEACTIVATED, &[&field]),
        (Some(_), None) => ConditionFailure::rejected(&PARTNER_DEACTIVATED, &[]),
        (None, Some(field)) => ConditionFailure::rejected(&UNKNOWN_PARTNER, &[&field]),
        (None, None) => ConditionFailure::NotFound,
    });
}

/// Requires that an organization exists and is active at commit.
pub fn require_active_organization(change: &mut Change, organization: OrganizationId) {
    change.require_that(&OrganizationById(organization), is_active(), |stored| match stored {
        Some(_) => ConditionFailure::rejected(&ORGANIZATION_DEACTIVATED, &[]),
        None => ConditionFailure::NotFound,
    });
}

/// Returns a party as it was read. Only the vendor's staff see a deactivated one.
///
/// # Errors
///
/// 404 if the party does not exist, or if it is deactivated and the caller does not belong to the vendor's staff.
pub fn visible<P: Deactivatable>(actor: &Actor, found: Option<P>) -> Result<P, Problem> {
    found.filter(|party| actor.is_staff() || party.is_active()).or_not_found()
}

/// Runs a read concurrently with a check that the caller sees a party, and returns the result of the read.
///
/// # Errors
///
/// Those of [`visible`] and of the read.
pub async fn read_if_visible<L: Lookup<Entity: Deactivatable>, T>(
    context: &Context<'_>,
    actor: &Actor,
    party: &L,
    read: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let found = async { Ok(context.table.get(party).await?) };
    let (found, result) = tokio::try_join!(found, read)?;
    visible(actor, found)?;
    Ok(result)
}

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
    let entry = PartnerOrganization {
        partner_id,
        organization_id,
        name,
        removed_at: None,
        removed_by_deactivation: false,
        metadata,
    };
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
/// itself stays, marked as removed and, if `by_deactivation`, to be added again when the organization is restored.
///
/// # Errors
///
/// Never for our own types.
pub fn remove_from_directory(
    context: &Context<'_>,
    change: &mut Change,
    before: PartnerOrganization,
    by_deactivation: bool,
) -> Result<PartnerOrganization, Failure> {
    let (seen, metadata) = (before.metadata.version, before.metadata.next(context.now));
    let removed = PartnerOrganization {
        removed_at: Some(metadata.updated_at),
        removed_by_deactivation: by_deactivation,
        metadata,
        ..before
    };
    change.replace(&removed, seen, context.if_match())?;
    change.remove(&DirectoryEntry::of(&removed));
    let (partner_id, organization_id, name) = (removed.partner_id, removed.organization_id, &removed.name);
    change.remove_name(NameScope::Directory(partner_id), organization_id, name);
    let event = PartnerOrganizationRemoved { name: name.clone() };
    let metadata = removed.metadata;
    change.record(NewEvent::of_both(event, partner_id, organization_id).about(metadata));
    Ok(removed)
}

/// Query of a list of partners or organizations.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartyFilter {
    /// Name to search for, as in `list-partner-organizations`: 1 to 200 characters. If absent, all names match.
    #[deserr(default)]
    pub name: Option<NameQuery>,
    /// State to select: `active` or `deactivated`. Default: `active`.
    #[deserr(default)]
    #[schemars(default)]
    pub state: ListedState,
}

/// State by which partners and organizations are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[serde(rename_all = "camelCase")]
pub enum ListedState {
    /// Active ones, also while what their deactivation disabled is being brought back.
    #[default]
    Active,
    /// Deactivated ones.
    Deactivated,
}

impl ListedState {
    /// Returns whether a party has the state.
    pub fn selects(self, party: &impl Deactivatable) -> bool {
        party.is_active() == (self == Self::Active)
    }
}

/// A partner or organization, with its current name.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "{I}AndName")]
pub struct Party<I> {
    /// Id of the partner or organization.
    pub id: I,
    /// Display name: 1 to 200 characters. Absent if it could not be found, such as right after creation, and if
    /// the caller may not see a deactivated organization.
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
