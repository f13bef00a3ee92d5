//! What is due about access: requests lapse, and people learn that access ends.

use aws::table::pattern::EmailInPartner;
use aws::table::{Change, Wanted};
use aws::{Answer, Context, Failure};
use domain::{Access, AccessRequest, EventKind, Individual, MemberId, RequestState};
use std::collections::HashSet;

use super::close;

/// Lapses a request about which nobody decided. False if somebody has to look again.
///
/// # Errors
///
/// [`Failure`].
pub async fn lapse(context: &Context<'_>, request: AccessRequest) -> Result<bool, Failure> {
    let request = request.at(context.now);
    if request.state != RequestState::Lapsed {
        return Ok(false);
    }
    let (seen, stamp) = (request.stamp.version, request.stamp.next(context.now));
    let request = AccessRequest { stamp, ..request };
    let mut change: Change<()> = Change::new();
    close(context, &mut change, seen, &request, EventKind::AccessLapsed { request_id: request.id })?;
    context.commit(change, Answer::ok(())).await.map(|_| true)
}

/// Tells what is due of a partner's access in an organization, up to 50 of it. False if somebody has to look again.
///
/// # Errors
///
/// [`Failure`].
pub async fn tell(context: &Context<'_>, mut access: Access) -> Result<bool, Failure> {
    let mut wanted = Wanted::new();
    let individuals: Vec<Individual> =
        access.grants.iter().filter_map(|grant| grant.individual.clone()).collect();
    for Individual { email, .. } in &individuals {
        wanted.add(&EmailInPartner(access.partner_id, email.clone()));
    }
    let found = context.table.fetch(wanted, true).await?;
    let mut members = HashSet::<MemberId>::new();
    for Individual { email, .. } in individuals {
        let held = found.get(&EmailInPartner(access.partner_id, email))?;
        members.extend(held.map(|record| record.member()).transpose()?);
    }
    let seen = access.stamp.version;
    let told = access.tell(context.now, |individual| members.contains(&individual.member_id));
    access.stamp = access.stamp.next(context.now);
    let mut change: Change<()> = Change::new();
    change.replace(&access, seen, context.if_match())?;
    told.into_iter().for_each(|kind| change.record(access.happening(kind)));
    context.commit(change, Answer::ok(())).await?;
    Ok(access.due().is_none_or(|due| due > context.now))
}
