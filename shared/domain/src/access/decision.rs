//! What access a person has: the one place where that is decided.

use schemars::JsonSchema;
use serde::Serialize;

use crate::access::grant::{Grant, GrantState, MemberRecord};
use crate::text::Email;
use crate::time::Timestamp;

/// Why a grant does not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IneffectiveReason {
    /// Its time is over.
    Expired,
    /// The organization took it back.
    Revoked,
    /// The partner gave it back.
    Relinquished,
    /// Another was given in its place.
    Replaced,
    /// The person is not on the partner's record.
    NotAMember,
    /// It was given to a member who had this e-mail before.
    AnotherMember,
    /// The person has a grant of its own in force, which decides, also when it is lower.
    IndividualWins,
}

/// What is decided of a person's access, and by what.
#[derive(Debug, PartialEq, Eq)]
pub struct AccessDecision<'a> {
    /// The grant in force.
    pub by: Option<&'a Grant>,
    /// The others that were given to the person, or to all, and why they do not count.
    pub ineffective: Vec<(&'a Grant, IneffectiveReason)>,
}

/// Decides what access a person has: `member` is the record that has the e-mail at the partner now.
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

/// Decides what access the grants give to an e-mail, whoever it is, and whether or not it is a member's.
pub fn decide_undisclosed<'a>(grants: &'a [Grant], email: &Email, now: Timestamp) -> AccessDecision<'a> {
    decide_by(grants, email, now, |_| None)
}

/// Decides by the grants that last, but for those that are lost to the record.
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
            GrantState::Active => lost_to(grant),
        };
        match why {
            Some(why) => ineffective.push((grant, why)),
            None => active.push(grant),
        }
    }
    // Of either kind there is one, for another replaces it. Were there two, the later would count.
    let own = active.iter().rev().copied().find(|grant| grant.individual.is_some());
    let by = own.or(active.last().copied());
    let others = active.into_iter().filter(|grant| by.is_some_and(|by| by.id != grant.id));
    ineffective.extend(others.map(|grant| match grant.individual {
        None if own.is_some() => (grant, IneffectiveReason::IndividualWins),
        _ => (grant, IneffectiveReason::Replaced),
    }));
    AccessDecision { by, ineffective }
}
