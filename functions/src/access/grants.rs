//! Giving access grants and ending them.

use api_runtime::table::{CountOfRemovals, EmailInPartner, count};
use api_runtime::{Change, ConditionFailure, Context, Failure, OrNotFound};
use domain::access::{Binding, GrantEnd, GrantOrigin, Grantee};
use domain::event::{AccessGranted, AccessReplaced};
use domain::{
    Access, Actor, Description, ErrorKind, EventKind, Fault, Grant, GrantId, GrantState, Level, Organization,
    PartnerId, ProblemKind, Timestamp,
};

use crate::access::NOT_A_MEMBER;
use crate::party::add_partner_organization;

pub(super) const GRANT_NOT_ACTIVE: ErrorKind = ErrorKind::state(
    "grant-not-active",
    "the grant has ended, was revoked or was replaced; `detail` names its state",
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
                let not_a_member = || ConditionFailure::rejected(&NOT_A_MEMBER, &[&"individuals"]);
                change.require_owner(
                    &EmailInPartner(new_grants.partner_id, email.clone()),
                    member_id,
                    not_a_member,
                );
            }
            Binding::Member { .. } => {}
            Binding::First { removals } => {
                let known = CountOfRemovals(new_grants.partner_id, email.clone());
                change.require_that(&known, count::equals(*removals), |_| ConditionFailure::Stale);
            }
        }
    }
}

/// Gives grants in an organization, each in place of the active grant for the same people, adds the organization to the
/// partner's directory and records the events. If there would be too many grants, the change is rejected.
pub(super) fn add_grants(
    context: &Context<'_>,
    change: &mut Change,
    organization: &Organization,
    before: Option<Access>,
    NewGrants { partner_id, origin, organization_level, individuals, expires_at, reason }: NewGrants,
) -> Result<Access, Failure> {
    let seen = before.as_ref().map(|before| before.metadata.version);
    let mut access = before.unwrap_or_else(|| Access::new(organization.id, partner_id, context.now));
    let singles = individuals.into_iter().map(|(grantee, level)| (Some(grantee), level));
    let all = organization_level.map(|level| (None, level)).into_iter().chain(singles);
    let grants = all.map(|(individual, level)| Grant {
        id: context.id(),
        individual,
        level,
        created_at: context.now,
        expires_at,
        origin: origin.clone(),
        reminded: None,
        ended: None,
    });
    let grants: Vec<Grant> = grants.collect();
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
    // A partner finds every organization that it has access to in its directory, from the first access on.
    if seen.is_none() {
        add_partner_organization(change, partner_id, organization, context.now)?;
    }
    for Grant { id: grant_id, level, expires_at, individual, .. } in grants {
        let member_id = individual.as_ref().and_then(Grantee::member_id);
        let email = individual.filter(|_| member_id.is_none()).map(|one| one.email);
        let reason = reason.clone();
        let granted = AccessGranted { grant_id, level, expires_at, member_id, email, reason };
        change.record(access.event(granted));
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
            let detail = format!("the grant is {}", state.name());
            change.reject_with(ProblemKind::State, Fault { detail, ..GRANT_NOT_ACTIVE.at(&[]) });
        }
    }
    Ok(access)
}
