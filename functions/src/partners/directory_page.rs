//! Pages of the organizations that a partner serves: those in its directory, and those to which only a grant gives
//! access. Both are listed in the order of the organizations' ids; the one read that follows decides what is shown.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicUsize;

use api_runtime::table::{
    AccessIn, AccessOfPartner, BatchGet, BatchResult, Directory, EmailInPartner, Error, ListPattern,
    OrganizationById, Page, PageQuery, PartnerById, PendingOfPartner, PreferenceOf,
};
use api_runtime::{Context, Failure, List};
use domain::access::{MemberRecord, decide};
use domain::actor::ActorKind;
use domain::service_request::Person;
use domain::{AccessAction, AccessRequest, AccessRequestId, Actor, Email, Name, OrganizationId, PartnerId};

use super::directory_item::{DirectoryItem, PendingRequestItem};
use crate::access::pending::{pending_among, pending_for, want_requests};
use crate::party::visible;
use crate::sorting::{MOST_SORTED, name_position, too_many_to_sort};

/// Maximum number of organizations in a directory that is sorted by name.
const MOST_NAMES: usize = 5_000;

/// An organization that the partner may serve.
pub(super) struct Listed {
    /// Id of the organization.
    pub(super) organization: OrganizationId,
    /// Name of the organization in the partner's directory; `None` if it is not in the directory.
    pub(super) name: Option<Name>,
}

/// Caller of the list, with its own items.
pub(super) struct Caller {
    partner: PartnerId,
    /// The caller as a member on the partner's record; `None` for the vendor's staff, and without a record.
    member: Option<(Email, MemberRecord)>,
    is_staff: bool,
    /// Ids of the partner's requests that are pending or have lapsed.
    pending: BTreeSet<AccessRequestId>,
}

impl Caller {
    /// Reads the caller's record and the partner's pending requests.
    ///
    /// # Errors
    ///
    /// 404 if there is no such partner.
    pub(super) async fn read(
        context: &Context<'_>,
        actor: &Actor,
        partner: PartnerId,
    ) -> Result<Self, Failure> {
        let (known, pending) = (PartnerById(partner), PendingOfPartner(partner));
        let email = match actor.kind {
            ActorKind::Partner { .. } => Some(actor.require_email()?),
            _ => None,
        };
        let own = email.clone().map(|email| EmailInPartner(partner, email));
        let mut wanted = BatchGet::new();
        wanted.add(&known);
        if let Some(own) = &own {
            wanted.add(own);
            wanted.add(&pending);
        }
        let found = context.table.fetch(wanted, true).await?;
        visible(actor, found.get(&known)?)?;
        let record = own.map(|own| found.get(&own)).transpose()?.flatten();
        let record = record.map(|record| record.member_record()).transpose()?.flatten();
        let pending = match &record {
            Some(_) => found.get(&pending)?.map(|pending| pending.requests).unwrap_or_default(),
            None => BTreeSet::new(),
        };
        Ok(Self { partner, member: email.zip(record), is_staff: actor.is_staff(), pending })
    }

    /// Returns the lookup of the caller's notification preference in an organization.
    fn preference(&self, organization: OrganizationId, member: MemberRecord) -> PreferenceOf {
        let person = Person::Member { partner_id: self.partner, member_id: member.id };
        PreferenceOf(organization, person)
    }

    /// Returns the organizations as the caller sees them, without those that it does not see. Takes one read.
    pub(super) async fn view(
        &self,
        context: &Context<'_>,
        listed: Vec<Listed>,
    ) -> Result<Vec<DirectoryItem>, Failure> {
        let mut wanted = BatchGet::new();
        for Listed { organization, name } in &listed {
            if name.is_none() {
                wanted.add(&OrganizationById(*organization));
            }
            if name.is_none() || self.member.is_some() {
                wanted.add(&AccessIn(*organization, self.partner));
            }
            if let Some((_, member)) = &self.member {
                wanted.add(&self.preference(*organization, *member));
            }
        }
        want_requests(&mut wanted, &self.pending);
        let found = context.table.fetch(wanted, true).await?;
        let requests = pending_among(&found, &self.pending, context.now)?;
        let mut items = Vec::new();
        for one in listed {
            items.extend(self.item(context, &found, &requests, one)?);
        }
        Ok(items)
    }

    /// Returns one organization as the caller sees it; `None` if it does not see the organization.
    fn item(
        &self,
        context: &Context<'_>,
        found: &BatchResult,
        requests: &[AccessRequest],
        Listed { organization, name }: Listed,
    ) -> Result<Option<DirectoryItem>, Failure> {
        let in_directory = name.is_some();
        let access = match in_directory && self.member.is_none() {
            true => None,
            false => found.get(&AccessIn(organization, self.partner))?,
        };
        let name = match name {
            Some(name) => Some(name),
            None => found.get(&OrganizationById(organization))?.map(|organization| organization.name),
        };
        let grants = access.as_ref().map(|access| access.grants.as_slice()).unwrap_or_default();
        let by = self
            .member
            .as_ref()
            .and_then(|(email, member)| decide(grants, email, Some(*member), context.now).by);
        let is_in_force =
            by.is_some() || self.is_staff && grants.iter().any(|one| one.is_active(context.now));
        let Some(name) = name.filter(|_| in_directory || is_in_force) else { return Ok(None) };
        let pending_requests = self.member.as_ref().map(|(email, _)| {
            let pending = access.iter().flat_map(|access| pending_for(access, requests));
            pending.map(|request| PendingRequestItem::of(request, email)).collect()
        });
        let on_submitted = match (&self.member, by) {
            (Some((_, member)), Some(grant)) if grant.level.allows(AccessAction::SeeAll) => {
                let own = found.get(&self.preference(organization, *member))?;
                Some(own.is_some_and(|own| own.on_submitted))
            }
            _ => None,
        };
        Ok(Some(DirectoryItem {
            organization_id: organization,
            name,
            in_directory,
            level: by.map(|grant| grant.level),
            expires_at: by.map(|grant| grant.expires_at),
            pending_requests,
            on_submitted,
        }))
    }
}

impl PendingRequestItem {
    fn of(request: &AccessRequest, caller: &Email) -> Self {
        let own = request.individuals.iter().find(|one| one.individual.email == *caller);
        Self {
            id: request.id,
            level: own.map(|own| own.level).or(request.organization_level),
            expires_at: request.expires_at,
            lapses_at: request.lapses_at,
        }
    }
}

/// Reads the requested page in the order of the organizations' creation.
pub(super) async fn page_by_creation(
    context: &Context<'_>,
    partner: PartnerId,
    caller: impl Future<Output = Result<Caller, Failure>>,
) -> Result<List<DirectoryItem>, Failure> {
    let page_query = context.page_query(true);
    let (directory, access) = (Directory(partner), AccessOfPartner(partner));
    let entries = async { Ok(context.table.page(&directory, &within(&directory, &page_query), None).await?) };
    let granted = async { Ok(context.table.page(&access, &within(&access, &page_query), None).await?) };
    let (caller, entries, granted) = tokio::try_join!(caller, entries, granted)?;
    let next = beyond(&directory, entries.next);
    let entries = entries
        .items
        .into_iter()
        .map(|entry| Ok(Listed { organization: entry.organization_id()?, name: Some(entry.name) }));
    let entries = Page { items: entries.collect::<Result<Vec<_>, Error>>()?, next };
    let next = beyond(&access, granted.next);
    let granted =
        granted.items.into_iter().map(|access| Listed { organization: access.organization_id, name: None });
    let granted = Page { items: granted.collect(), next };
    // Of an organization in both lists, the first one counts.
    let place = |one: &Listed| one.organization.to_string();
    let Page { items, next } = Page::merge(vec![entries, granted], &page_query, place);
    Ok(context.list(caller.view(context, items).await?, next))
}

/// Returns the part of one listing that a page of both covers. The position of such a page is the id of an organization.
fn within<L: ListPattern>(listing: &L, page_query: &PageQuery) -> PageQuery {
    let (prefix, _) = listing.range();
    let after = page_query.after.as_ref().map(|id| format!("{prefix}{id}"));
    PageQuery { after, ..page_query.clone() }
}

/// Returns the position in both listings of a position in one of them.
fn beyond<L: ListPattern>(listing: &L, position: Option<String>) -> Option<String> {
    let (prefix, _) = listing.range();
    position.map(|position| position.strip_prefix(&prefix).map(str::to_owned).unwrap_or(position))
}

/// Reads the requested page in the order of the organizations' names. No key has the name, because it may change, so the
/// whole directory is read; its items are small.
pub(super) async fn page_by_name(
    context: &Context<'_>,
    partner: PartnerId,
    caller: impl Future<Output = Result<Caller, Failure>>,
) -> Result<List<DirectoryItem>, Failure> {
    let (directory, access) = (Directory(partner), AccessOfPartner(partner));
    let (most_names, most_access) = (AtomicUsize::new(MOST_NAMES), AtomicUsize::new(MOST_SORTED));
    let entries = async { Ok(context.table.list_at_most(&directory, false, &most_names).await?) };
    let granted = async { Ok(context.table.list_at_most(&access, false, &most_access).await?) };
    let (caller, entries, granted) = tokio::try_join!(caller, entries, granted)?;
    let entries = entries.ok_or_else(|| too_many_to_sort(MOST_NAMES))?;
    let granted = granted.ok_or_else(|| too_many_to_sort(MOST_SORTED))?;
    let mut listed = Vec::new();
    for entry in entries {
        let organization = entry.organization_id()?;
        listed.push((position(&entry.name, organization), Listed { organization, name: Some(entry.name) }));
    }
    listed.sort_by(|(one, _), (other, _)| one.cmp(other));
    let in_directory: BTreeSet<_> = listed.iter().map(|(_, one)| one.organization).collect();
    // The names of organizations that are not in the directory are not known yet, so that all of them may belong to the
    // page, but of the directory only what follows its beginning.
    let PageQuery { size, after, .. } = context.page_query(true);
    let rest = listed.into_iter().skip_while(|(position, _)| Some(position) <= after.as_ref());
    let mut some: Vec<_> = rest.take(size.saturating_add(1)).map(|(_, one)| one).collect();
    let granted = granted.into_iter().map(|access| access.organization_id);
    let granted = granted.filter(|organization| !in_directory.contains(organization));
    some.extend(granted.map(|organization| Listed { organization, name: None }));
    let items = caller.view(context, some).await?.into_iter();
    Ok(context.page_of_all(items.map(|item| (position(&item.name, item.organization_id), item)).collect()))
}

/// Returns the position of an organization in the order of names.
fn position(name: &Name, organization: OrganizationId) -> String {
    name_position(Some(name), &organization.to_string())
}
