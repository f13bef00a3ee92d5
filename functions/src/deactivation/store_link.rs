//! The end of a partner's link to a store by its deactivation, and the new link by its restoration. While the account is
//! not linked, its orders are parked, so that none is lost; an operator may link it to another partner.

use api_runtime::table::{
    BatchGet, OwnerOfStoreAccount, ParkedOrdersRelease, Reservation, SourceById, StoreOfPartner,
};
use api_runtime::{Change, ConditionFailure, Context, Failure};
use domain::deactivation::StoreNotLinked;
use domain::event::{StoreLinked, StoreUnlinked};
use domain::{NewEvent, StoreLink};

use crate::webhooks::is_enabled;

/// Removes a partner's link to a store, and frees the account.
///
/// # Errors
///
/// Never for our own types.
pub fn unlink(context: &Context<'_>, change: &mut Change, link: &StoreLink) -> Result<(), Failure> {
    let StoreLink { partner_id, source_id, account, metadata } = link.clone();
    change.remove_if_unchanged(link, metadata.version, None)?;
    change.remove(&Reservation::store_account(source_id, &account, partner_id));
    // Nothing is parked for the account, so the release of its queue has nothing left to do.
    change.remove(&release_of(context, link));
    let event = NewEvent::of_partner(StoreUnlinked { source_id, account }, partner_id);
    change.record(event.about(metadata.next(context.now)));
    Ok(())
}

/// Makes a partner's link to a store again if its account is free, its store is not disabled, and the partner has no
/// other link. Orders that were parked since the deactivation are applied by the scheduled job. Returns the new link, or
/// why none is made.
///
/// # Errors
///
/// [`Failure::Table`].
pub async fn link_again(
    context: &Context<'_>,
    change: &mut Change,
    before: &StoreLink,
) -> Result<Result<StoreLink, StoreNotLinked>, Failure> {
    let StoreLink { partner_id, source_id, account, metadata } = before.clone();
    let (owner, own) = (OwnerOfStoreAccount(source_id, account.clone()), StoreOfPartner(partner_id));
    let mut wanted = BatchGet::new();
    wanted.add(&owner);
    wanted.add(&own);
    wanted.add(&SourceById(source_id));
    let found = context.table.fetch(wanted, true).await?;
    let is_usable = found.get(&SourceById(source_id))?.is_some_and(|source| source.disabled_at.is_none());
    if !is_usable {
        return Ok(Err(StoreNotLinked::StoreDisabled));
    }
    if found.get(&owner)?.is_some() || found.get(&own)?.is_some() {
        return Ok(Err(StoreNotLinked::AccountTaken));
    }
    let link = StoreLink { metadata: metadata.next(context.now).next(context.now), ..before.clone() };
    change.require_that(&SourceById(source_id), is_enabled(), |_| ConditionFailure::Stale);
    change.create_or_retry(&link, None)?;
    change.create_or_retry(&Reservation::store_account(source_id, &account, partner_id), None)?;
    change.put(&release_of(context, &link))?;
    let event = NewEvent::of_partner(StoreLinked { source_id, account }, partner_id);
    change.record(event.about(link.metadata));
    Ok(Ok(link))
}

fn release_of(context: &Context<'_>, link: &StoreLink) -> ParkedOrdersRelease {
    let StoreLink { partner_id, source_id, account, .. } = link.clone();
    ParkedOrdersRelease { partner_id, source_id, account, linked_at: context.now, due_at: context.now }
}
