//! Scheduled work on access: requests that were not decided in time lapse; grants are extended; upcoming and passed
//! expiries of grants leave events.

use std::collections::BTreeMap;

use api_runtime::table::{BatchGet, EmailInPartner};
use api_runtime::{Change, Context, Failure};
use domain::access::{Grantee, MemberRecord};
use domain::event::AccessLapsed;
use domain::{Access, AccessRequest, Email, RequestState};

use super::close_request;

/// Lapses a request that was not decided in time. Returns false, which leaves the entry to the next run, if the request
/// was decided or its time is not over.
///
/// # Errors
///
/// [`Failure`].
pub async fn lapse(context: &Context<'_>, request: AccessRequest) -> Result<bool, Failure> {
    let request = request.at(context.now);
    if request.state != RequestState::Lapsed {
        return Ok(false);
    }
    let (seen, metadata) = (request.metadata.version, request.metadata.next(context.now));
    let request = AccessRequest { metadata, ..request };
    let mut change: Change = Change::new();
    close_request(context, &mut change, seen, &request, AccessLapsed { request_id: request.id })?;
    context.apply(change).await.map(|_| true)
}

/// Performs the due extensions of a partner's grants in an organization, and records the due reminders and expiries, at
/// most 50 events per call. Returns false if more are due; the next run continues.
///
/// # Errors
///
/// [`Failure`].
pub async fn perform_due(context: &Context<'_>, mut access: Access) -> Result<bool, Failure> {
    let mut wanted = BatchGet::new();
    let record = |email: &Email| EmailInPartner(access.partner_id, email.clone());
    let individuals = || access.grants.iter().filter_map(|grant| grant.individual.as_ref());
    individuals().for_each(|one| wanted.add(&record(&one.email)));
    let found = context.table.fetch(wanted, true).await?;
    let mut records = BTreeMap::<Email, MemberRecord>::new();
    for Grantee { email, .. } in individuals() {
        if let Some(reservation) = found.get(&record(email))? {
            records.insert(email.clone(), reservation.any_member_record()?);
        }
    }
    let seen = access.metadata.version;
    let is_member = |one: &Grantee| records.get(&one.email).is_some_and(|record| one.matches(*record));
    let events = access.notify(context.now, is_member);
    access.metadata = access.metadata.next(context.now);
    let mut change: Change = Change::new();
    change.replace(&access, seen, context.if_match())?;
    events.into_iter().for_each(|kind| change.record(access.event(kind)));
    context.apply(change).await?;
    Ok(access.due().is_none_or(|due| due > context.now))
}
