//! Giving access grants and ending them.

use std::collections::BTreeSet;

use api_runtime::table::{BatchGet, CountOfRemovals, EmailInPartner, GranteeMention, count, is_held_by};
use api_runtime::{Change, ConditionFailure, Context, Failure, OrNotFound};
use domain::access::{Binding, GrantEnd, GrantOrigin, Grantee};
use domain::event::{AccessGranted, AccessMemberRemoved, AccessReplaced};
use domain::{
    Access, Actor, Description, ErrorKind, EventKind, Fault, Grant, GrantId, GrantState, Level,
    OrganizationId, PartnerId, ProblemKind, Timestamp,
};

use crate::access::NOT_A_MEMBER;

pub(super) const GRANT_NOT_ACTIVE: ErrorKind = ErrorKind::state(
    "grant-not-active",
    "the grant has ended, was revoked or was replaced; `detail` names its state",
);
pub(super) const RECORD_REPLACED: ErrorKind = ErrorKind::rule(
    "record-replaced",
    "the request names a member who was removed; the partner's member with this e-mail is another record, which needs a new request: decline this one",
);

/// An individual member and the level of its grant.
pub(super) type GranteeLevel = (Grantee, Level);

/// Grants to be given to one partner.
pub(super) struct NewGrants {
    /// Partner whose members receive the grants.
    pub(super) partner_id: PartnerId,
    /// Access request that was approved; none if the grants are given without a request.
    pub(super) origin: Option<GrantOrigin>,
    /// Level of the grant to all members; none if there is no such grant.
    pub(super) organization_level: Option<Level>,
    /// Grants to individual members.
    pub(super) individuals: Vec<GranteeLevel>,
    /// Time from which the grants are no longer active.
    pub(super) expires_at: Timestamp,
    /// Whether the scheduled job extends the grants before they expire.
    pub(super) auto_extend: bool,
    /// Reason recorded in the history; none if a request was approved, which has its own reason.
    pub(super) reason: Option<Description>,
}

/// Requires at commit that the records to which the grants are bound are as they were read: the e-mail still belongs to
/// the same member, or the partner has not removed another member with the e-mail. The caller's own e-mail is skipped,
/// because [`require_caller_is_not_member`](super::require_caller_is_not_member) adds a condition on the same item, and
/// DynamoDB accepts an item only once in a transaction.
pub(super) fn require_grantee_records(change: &mut Change, actor: &Actor, new_grants: &NewGrants) {
    for (Grantee { email, bound_to }, _) in &new_grants.individuals {
        match bound_to {
            Binding::Member { member_id } if actor.email.as_ref() != Some(email) => {
                let record = EmailInPartner(new_grants.partner_id, email.clone());
                // A grant to a disabled member applies when the member is enabled.
                change.require_that(&record, is_held_by(member_id), |record| {
                    let reason = if record.is_some() { &RECORD_REPLACED } else { &NOT_A_MEMBER };
                    ConditionFailure::rejected(reason, &[&"individuals"])
                });
            }
            Binding::Member { .. } => {}
            Binding::First { removals } => {
                let known = CountOfRemovals(new_grants.partner_id, email.clone());
                change.require_that(&known, count::equals(*removals), |_| ConditionFailure::Stale);
            }
        }
    }
}

impl NewGrants {
    /// Returns the grants with new ids.
    fn create(&self, context: &Context<'_>) -> Vec<Grant> {
        let singles = self.individuals.iter().map(|(grantee, level)| (Some(grantee.clone()), *level));
        let all = self.organization_level.map(|level| (None, level)).into_iter().chain(singles);
        let grants = all.map(|(individual, level)| Grant {
            id: context.id(),
            individual,
            level,
            created_at: context.now,
            expires_at: self.expires_at,
            origin: self.origin.clone(),
            reminded: None,
            auto_extend: self.auto_extend,
            first_expires_at: None,
            ended: None,
        });
        grants.collect()
    }
}

/// Ends grants of removed members if the new grants need their room. Before the organization has approved a request of
/// the partner this is not done, and such grants count: otherwise it could find out who was a member of the partner.
async fn make_room(
    context: &Context<'_>,
    change: &mut Change,
    access: &mut Access,
    new: &[Grant],
) -> Result<(), Failure> {
    if !access.requested || access.excess(new, context.now) == 0 {
        return Ok(());
    }
    let partner = access.partner_id;
    let lasting = access.lasting_individuals(new, context.now);
    let lasting: Vec<_> = lasting.filter_map(|one| Some((one.id, one.individual.as_ref()?))).collect();
    let mut wanted = BatchGet::new();
    for (_, Grantee { email, bound_to }) in &lasting {
        match bound_to {
            Binding::Member { .. } => wanted.add(&EmailInPartner(partner, email.clone())),
            Binding::First { .. } => wanted.add(&CountOfRemovals(partner, email.clone())),
        }
    }
    let found = context.table.fetch(wanted, true).await?;
    // A member who is added again gets another record, so no condition is needed at commit.
    let mut removed = BTreeSet::new();
    for (id, Grantee { email, bound_to }) in lasting {
        let is_removed = match bound_to {
            Binding::Member { member_id } => {
                let record = found.get(&EmailInPartner(partner, email.clone()))?;
                record.map(|record| record.holder()).transpose()? != Some(*member_id)
            }
            Binding::First { removals } => {
                let known = found.get(&CountOfRemovals(partner, email.clone()))?;
                known.is_some_and(|known| known.count > *removals)
            }
        };
        removed.extend(is_removed.then_some(id));
    }
    for grant_id in access.end_removed(&removed, new, context.now) {
        change.record(access.event(AccessMemberRemoved { grant_id }));
    }
    Ok(())
}

/// Gives grants in an organization, each in place of the active grant for the same people, and records the events. If
/// there would be too many grants, the change is rejected.
pub(super) async fn add_grants(
    context: &Context<'_>,
    change: &mut Change,
    organization_id: OrganizationId,
    before: Option<Access>,
    new_grants: NewGrants,
) -> Result<Access, Failure> {
    let grants = new_grants.create(context);
    let NewGrants { partner_id, origin, reason, .. } = new_grants;
    let seen = before.as_ref().map(|before| before.metadata.version);
    let mut access = before.unwrap_or_else(|| Access::new(organization_id, partner_id, context.now));
    make_room(context, change, &mut access, &grants).await?;
    let replaced = access.add_grants(grants.clone(), context.now).unwrap_or_else(|reason| {
        change.reject(&reason, &[&"individuals"]);
        Vec::new()
    });
    // In `approve-access-request`, `If-Match` names a version of the request, not of the access.
    let meant = origin.is_none().then(|| context.if_match()).flatten();
    match seen {
        Some(seen) => {
            access.metadata = access.metadata.next(context.now);
            change.replace(&access, seen, meant)?;
        }
        None => {
            change.create_or_retry(&access, meant)?;
        }
    }
    for Grantee { email, .. } in
        grants.iter().filter_map(|grant| grant.individual.as_ref()).filter(|one| one.member_id().is_none())
    {
        change.put(&GranteeMention { organization_id, partner_id, email: email.clone() })?;
    }
    let request_id = origin.map(|origin| origin.request_id);
    for Grant { id: grant_id, level, expires_at, individual, auto_extend, .. } in grants {
        let member_id = individual.as_ref().and_then(Grantee::member_id);
        let reason = reason.clone();
        change.record(access.event(AccessGranted {
            grant_id,
            level,
            expires_at,
            member_id,
            reason,
            request_id,
            auto_extend,
            individual: individual.is_some(),
        }));
    }
    for (grant_id, replaced_by) in replaced {
        change.record(access.event(AccessReplaced { grant_id, replaced_by }));
    }
    Ok(access)
}

/// Ends an active grant and records the event. A grant that already ended in the same way is left unchanged, so that a
/// repeat is idempotent; if it ended in another way, the change is rejected with the grant's state in the detail.
pub(super) fn end_grant(
    context: &Context<'_>,
    change: &mut Change,
    mut access: Access,
    grant: GrantId,
    how: GrantEnd,
    what: impl Into<EventKind>,
) -> Result<Access, Failure> {
    let seen = access.metadata.version;
    match access.end_grant(grant, how, context.now).or_not_found()? {
        GrantState::Active => {
            access.metadata = access.metadata.next(context.now);
            change.replace(&access, seen, context.if_match())?;
            change.record(access.event(what));
        }
        state if state == how.into() => change.confirm(&access, seen, context.if_match())?,
        state => {
            change.confirm(&access, seen, context.if_match())?;
            reject_ended(change, state);
        }
    }
    Ok(access)
}

/// Rejects the change because the grant is not active; the detail names its state.
pub(super) fn reject_ended(change: &mut Change, state: GrantState) {
    let detail = format!("the grant is {}", state.name());
    change.reject_with(ProblemKind::State, Fault { detail, ..GRANT_NOT_ACTIVE.at(&[]) });
}
