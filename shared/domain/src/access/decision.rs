//! The decision about the access that a person has. No other module decides it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::access::grant::{Grant, GrantState, MemberRecord};
use crate::text::Email;
use crate::time::Timestamp;

/// Reason for which a grant has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IneffectiveReason {
    /// The grant has expired.
    Expired,
    /// The organization, or the vendor for it, revoked the grant.
    Revoked,
    /// The partner relinquished the grant.
    Relinquished,
    /// A later grant to the same people replaced the grant.
    Replaced,
    /// The partner or the organization was deactivated. Its restoration gives no grant back.
    Deactivated,
    /// The person is not a member of the partner.
    NotAMember,
    /// The grant was given to another member record with this e-mail, which has been removed. A person who was added
    /// again has a new record and needs a new grant.
    AnotherMember,
    /// A grant to this person alone is in force; it takes precedence, even if its level is lower.
    IndividualWins,
}

/// Access that a person has, and the reasons.
#[derive(Debug, PartialEq, Eq)]
pub struct AccessDecision<'a> {
    /// Grant in force for the person; `None` if there is no access.
    pub by: Option<&'a Grant>,
    /// Other grants to the person or to all members, each with the reason for which it has no effect.
    pub ineffective: Vec<(&'a Grant, IneffectiveReason)>,
}

/// Decides about the access of the person with an e-mail. `member` is the partner's current member with this e-mail,
/// if there is one.
pub fn decide<'a>(
    grants: &'a [Grant],
    email: &Email,
    member: Option<MemberRecord>,
    now: Timestamp,
) -> AccessDecision<'a> {
    decide_by(grants, email, now, |grant| match (&grant.individual, member) {
        (_, None) => Some(IneffectiveReason::NotAMember),
        (Some(one), Some(member)) if !one.matches(member) => Some(IneffectiveReason::AnotherMember),
        _ => None,
    })
}

/// Decides about access by the grants alone, whether or not the e-mail belongs to a member, so that the result does
/// not disclose it.
pub fn decide_undisclosed<'a>(grants: &'a [Grant], email: &Email, now: Timestamp) -> AccessDecision<'a> {
    decide_by(grants, email, now, |_| None)
}

/// Decides by the active grants, except those for which `lost_to` returns a reason.
fn decide_by<'a>(
    grants: &'a [Grant],
    email: &Email,
    now: Timestamp,
    lost_to: impl Fn(&Grant) -> Option<IneffectiveReason>,
) -> AccessDecision<'a> {
    let concern = |grant: &&Grant| grant.individual.as_ref().is_none_or(|one| one.email == *email);
    let (mut active, mut ineffective) = (Vec::new(), Vec::new());
    for grant in grants.iter().filter(concern) {
        let why = match grant.state(now) {
            GrantState::Expired => Some(IneffectiveReason::Expired),
            GrantState::Revoked => Some(IneffectiveReason::Revoked),
            GrantState::Relinquished => Some(IneffectiveReason::Relinquished),
            GrantState::Replaced => Some(IneffectiveReason::Replaced),
            GrantState::Deactivated => Some(IneffectiveReason::Deactivated),
            GrantState::MemberRemoved => Some(IneffectiveReason::AnotherMember),
            GrantState::Active => lost_to(grant),
        };
        match why {
            Some(why) => ineffective.push((grant, why)),
            None => active.push(grant),
        }
    }
    // There is at most one active grant of each kind, since a new one replaces it. If there were two, the later would
    // take effect.
    let own = active.iter().rev().copied().find(|grant| grant.individual.is_some());
    let by = own.or(active.last().copied());
    let others = active.into_iter().filter(|grant| by.is_some_and(|by| by.id != grant.id));
    ineffective.extend(others.map(|grant| match grant.individual {
        None if own.is_some() => (grant, IneffectiveReason::IndividualWins),
        _ => (grant, IneffectiveReason::Replaced),
    }));
    AccessDecision { by, ineffective }
}
