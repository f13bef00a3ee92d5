//! Erasure of a person from access grants and access requests.

use api_runtime::table::{AccessIn, CountOfRemovals, EmailInPartner};
use api_runtime::{Change, ConditionFailure, Context, Failure};
use domain::event::{AccessCancelled, AccessLapsed, AccessMemberRemoved};
use domain::{PartnerId, RequestState};

use super::traces::Traces;
use super::{Work, apply};
use crate::access::close_request;

/// Ends the individual grants of the person, and takes its e-mail out of all grants. Returns no work if nothing is left.
///
/// # Errors
///
/// [`Failure`].
pub async fn end_grants(context: &Context<'_>, traces: &Traces) -> Result<Work, Failure> {
    let (mut work, members) = (Work::default(), traces.member_ids());
    for before in &traces.access {
        let (step, mut access, mut change) = (context.detached(), before.clone(), Change::new());
        if let Some(ended) = access.erase(&traces.email, &members, traces.until, step.now) {
            access.metadata = access.metadata.next(step.now);
            change.replace(&access, before.metadata.version, None)?;
            for grant_id in ended {
                change.record(access.event(AccessMemberRemoved { grant_id }));
            }
        }
        work += apply(&step, change).await?;
    }
    Ok(work)
}

/// Removes the mentions of the e-mail whose grants do not name it any more. Returns no work if nothing is left.
///
/// # Errors
///
/// [`Failure`].
pub async fn remove_mentions(context: &Context<'_>, traces: &Traces) -> Result<Work, Failure> {
    let mut work = Work::default();
    for mention in &traces.mentions {
        let place = AccessIn(mention.organization_id, mention.partner_id);
        let (step, mut change) = (context.detached(), Change::new());
        match step.table.get(&place).await? {
            Some(access) if access.names(&mention.email) => continue,
            Some(access) => change.confirm(&access, access.metadata.version, None)?,
            None => {}
        }
        change.remove(mention);
        work += apply(&step, change).await?;
    }
    Ok(work)
}

/// Takes the person's e-mail out of access requests; pending ones by the person are cancelled, and those to the person
/// lapse. Returns no work if nothing is left.
///
/// # Errors
///
/// [`Failure`].
pub async fn erase_requests(
    context: &Context<'_>,
    traces: &Traces,
    redacts_texts: bool,
) -> Result<Work, Failure> {
    let (mut work, members) = (Work::default(), traces.member_ids());
    for before in &traces.requests {
        let (step, mut change) = (context.detached(), Change::new());
        let after = before.erased((&traces.email, traces.until), &members, redacts_texts, step.now);
        if let Some(after) = after {
            let (seen, request_id) = (before.metadata.version, after.id);
            match (before.state, after.state) {
                (RequestState::Pending, RequestState::Cancelled) => {
                    close_request(&step, &mut change, seen, &after, AccessCancelled { request_id })?;
                }
                (RequestState::Pending, RequestState::Lapsed) => {
                    close_request(&step, &mut change, seen, &after, AccessLapsed { request_id })?;
                }
                _ => change.replace(&after, seen, None)?,
            }
        }
        work += apply(&step, change).await?;
    }
    Ok(work)
}

/// Forgets how many members with the e-mail each partner had removed, unless it has such a member again, or a later grant
/// names the e-mail: then the number belongs to that member's record, or decides to which record the grant is bound.
///
/// # Errors
///
/// [`Failure`].
pub async fn forget_removals(context: &Context<'_>, traces: &Traces) -> Result<Work, Failure> {
    let mut work = Work::default();
    let is_mentioned =
        |partner: &PartnerId| traces.mentions.iter().any(|mention| mention.partner_id == *partner);
    for partner in traces.partners().into_iter().filter(|partner| !is_mentioned(partner)) {
        let counted = CountOfRemovals(partner, traces.email.clone());
        let member = EmailInPartner(partner, traces.email.clone());
        let (step, mut change) = (context.detached(), Change::new());
        let (count, holder) = tokio::try_join!(step.table.get(&counted), step.table.get(&member))?;
        if let (Some(count), None) = (count, holder) {
            change.remove(&count);
            change.require_absent(&member, || ConditionFailure::Stale);
        }
        work += apply(&step, change).await?;
    }
    Ok(work)
}
