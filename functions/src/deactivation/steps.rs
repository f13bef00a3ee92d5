//! Steps of a deactivation or a restoration, which may be repeated.

use api_runtime::table::{
    AccessIn, AccessInOrganization, AccessOfPartner, BatchGet, OrganizationById, PartnerOrganizationLink,
    PartnersOfOrganization,
};
use api_runtime::{Change, Context, Failure, OrNotFound};
use domain::deactivation::{PartyDeactivation, PartyId};
use domain::event::{AccessCancelled, AccessDeactivated};
use domain::{AccessRequest, EntryOrigin, OrganizationId, PartnerId, RequestState};

use super::people::{set_customers_disabled, set_members_disabled};
use super::step::{Budget, apply};
use super::survey::pending_requests;
use crate::access::close_request;
use crate::party::{add_to_directory, remove_from_directory};

/// Ends what is found to end with the party. Returns 0 if nothing is found. Ends early when the
/// budget is spent.
///
/// The people come first: without a person on record, no request or grant can be made any more.
///
/// # Errors
///
/// [`Failure`].
pub async fn end(
    context: &Context<'_>,
    record: &PartyDeactivation,
    budget: &mut Budget<'_>,
) -> Result<usize, Failure> {
    let mut count = 0;
    match record.party {
        PartyId::Partner(partner) => {
            count += set_members_disabled(context, record, (partner, true), budget).await?;
            count += cancel_requests(context, record, partner, budget).await?;
            let access = context.table.list(&AccessOfPartner(partner), false).await?;
            let places = access.iter().map(|access| AccessIn(access.organization_id, partner));
            count += end_grants(context, record, places.collect(), budget).await?;
        }
        PartyId::Organization(organization) => {
            count += set_customers_disabled(context, record, (organization, true), budget).await?;
            let access = context.table.list(&AccessInOrganization(organization), true).await?;
            let places = access.iter().map(|access| AccessIn(organization, access.partner_id));
            count += end_grants(context, record, places.collect(), budget).await?;
            count += remove_from_directories(context, record, organization, budget).await?;
        }
    }
    Ok(count)
}

/// Brings back what is found that the deactivation disabled or removed. Returns 0 if nothing is found. Ends early when the
/// budget is spent.
///
/// # Errors
///
/// [`Failure`].
pub async fn bring_back(
    context: &Context<'_>,
    record: &PartyDeactivation,
    budget: &mut Budget<'_>,
) -> Result<usize, Failure> {
    match record.party {
        PartyId::Partner(partner) => set_members_disabled(context, record, (partner, false), budget).await,
        PartyId::Organization(organization) => {
            let people = set_customers_disabled(context, record, (organization, false), budget).await?;
            Ok(people + add_to_directories(context, record, organization, budget).await?)
        }
    }
}

async fn cancel_requests(
    context: &Context<'_>,
    record: &PartyDeactivation,
    partner: PartnerId,
    budget: &mut Budget<'_>,
) -> Result<usize, Failure> {
    let mut count = 0;
    for before in pending_requests(context, partner).await? {
        if budget.is_spent() {
            break;
        }
        let step = context.detached();
        let (seen, metadata) = (before.metadata.version, before.metadata.next(step.now));
        let (state, decided_at) = (RequestState::Cancelled, Some(metadata.updated_at));
        let request = AccessRequest { state, decided_at, metadata, ..before };
        let mut change = Change::new();
        close_request(&step, &mut change, seen, &request, AccessCancelled { request_id: request.id })?;
        count += apply(&step, record, change, budget).await?;
    }
    Ok(count)
}

async fn end_grants(
    context: &Context<'_>,
    record: &PartyDeactivation,
    places: Vec<AccessIn>,
    budget: &mut Budget<'_>,
) -> Result<usize, Failure> {
    let mut wanted = BatchGet::new();
    places.iter().for_each(|place| wanted.add(place));
    let found = context.table.fetch(wanted, true).await?;
    let mut count = 0;
    for place in places {
        if budget.is_spent() {
            break;
        }
        let step = context.detached();
        let Some(mut access) = found.get(&place)? else { continue };
        let ended = access.deactivate(step.now);
        if ended.is_empty() {
            continue;
        }
        let (seen, mut change) = (access.metadata.version, Change::new());
        access.metadata = access.metadata.next(step.now);
        change.replace(&access, seen, None)?;
        for grant_id in ended {
            change.record(access.event(AccessDeactivated { grant_id }));
        }
        count += apply(&step, record, change, budget).await?;
    }
    Ok(count)
}

async fn remove_from_directories(
    context: &Context<'_>,
    record: &PartyDeactivation,
    organization: OrganizationId,
    budget: &mut Budget<'_>,
) -> Result<usize, Failure> {
    let mut count = 0;
    for entry in context.table.list(&PartnersOfOrganization(organization), false).await? {
        if budget.is_spent() {
            break;
        }
        let step = context.detached();
        let before = step.table.get(&PartnerOrganizationLink(entry.partner_id, organization)).await?;
        let Some(before) = before.filter(|entry| entry.is_listed()) else { continue };
        let mut change = Change::new();
        remove_from_directory(&step, &mut change, before, true)?;
        count += apply(&step, record, change, budget).await?;
    }
    Ok(count)
}

async fn add_to_directories(
    context: &Context<'_>,
    record: &PartyDeactivation,
    organization: OrganizationId,
    budget: &mut Budget<'_>,
) -> Result<usize, Failure> {
    let mut count = 0;
    for entry in context.table.list(&PartnersOfOrganization(organization), false).await? {
        if budget.is_spent() {
            break;
        }
        let step = context.detached();
        let place = PartnerOrganizationLink(entry.partner_id, organization);
        let mut wanted = BatchGet::new();
        wanted.add(&place);
        wanted.add(&OrganizationById(organization));
        let found = step.table.fetch(wanted, true).await?;
        let Some(before) = found.get(&place)?.filter(|entry| entry.removed_by_deactivation) else { continue };
        let organization = found.get(&OrganizationById(organization)).or_not_found()?;
        let mut change = Change::new();
        let place = (entry.partner_id, &organization);
        add_to_directory(&mut change, place, Some(before), EntryOrigin::Restoration, (step.now, None))?;
        count += apply(&step, record, change, budget).await?;
    }
    Ok(count)
}
