//! Access: what a partner's people may do for an organization, how far, and until when.

pub mod decision;
pub mod grant;
pub mod request;

use serde::{Deserialize, Serialize};

use crate::event::{AccessExpired, AccessExpiring, EventKind, NewEvent};
use crate::id::{GrantId, OrganizationId, PartnerId};
use crate::party::Metadata;
use crate::problem::ErrorKind;
use crate::time::Timestamp;

pub use decision::{AccessDecision, IneffectiveReason, decide, decide_undisclosed};
pub use grant::{
    Binding, Ended, Grant, GrantEnd, GrantOrigin, GrantState, Grantee, Individual, MemberRecord, REMINDERS,
};
pub use request::{
    AccessRequest, EXPIRY_PASSED, EXPIRY_TOO_FAR, LONGEST, RequestState, RequestedGrant, check_expiry,
};

/// All access of one partner in one organization: what is in force, and the last of what has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// In which organization.
    pub organization_id: OrganizationId,
    /// Whose.
    pub partner_id: PartnerId,
    /// The grants, in the order in which they were given.
    pub grants: Vec<Grant>,
    /// Whether a request of the partner was ever approved here: until then the organization's people do not learn who its
    /// members are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub requested: bool,
    /// When, and which version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

/// More members than that have no grants of their own, of one partner in one organization.
pub const MOST_INDIVIDUALS: usize = 100;

/// More would have one.
pub const TOO_MANY_INDIVIDUALS: ErrorKind = ErrorKind::rule(
    "too-many-individuals",
    "at most 100 grants to single members of a partner last at a time in one organization",
);

/// As many that have ended are kept, so that people see what became of them; the history has all.
const ENDED_KEPT: usize = 20;

/// As many changes are told of at once: each is an event, and a transaction has 100 items at most (AWS, 2026).
const NOTIFIED_AT_ONCE: usize = 50;

impl Access {
    /// A partner's access in an organization before anything is given.
    pub fn new(organization_id: OrganizationId, partner_id: PartnerId, now: Timestamp) -> Self {
        Self {
            organization_id,
            partner_id,
            grants: Vec::new(),
            requested: false,
            metadata: Metadata::new(now),
        }
    }

    /// Gives more. Each replaces what is in force for the same people; answers those that are replaced, each with the
    /// one in its place.
    ///
    /// # Errors
    ///
    /// [`TOO_MANY_INDIVIDUALS`].
    pub fn give(&mut self, new: Vec<Grant>, now: Timestamp) -> Result<Vec<(GrantId, GrantId)>, ErrorKind> {
        let mut replaced = Vec::new();
        for grant in new {
            for old in
                self.grants.iter_mut().filter(|old| old.is_active(now) && old.is_for_same_people(&grant))
            {
                old.ended = Some(Ended { at: now, how: GrantEnd::Replaced });
                replaced.push((old.id, grant.id));
            }
            self.requested |= grant.origin.is_some();
            self.grants.push(grant);
        }
        let individuals = self.grants.iter().filter(|one| one.is_active(now) && one.individual.is_some());
        // What is over, and nobody told of yet, has its room in the item, too.
        let unended = self.grants.iter().filter(|one| one.ended.is_none()).count();
        if individuals.count() > MOST_INDIVIDUALS || unended > 2 * MOST_INDIVIDUALS {
            return Err(TOO_MANY_INDIVIDUALS);
        }
        self.drop_oldest_ended();
        Ok(replaced)
    }

    /// Ends a grant that is in force.
    ///
    /// # Errors
    ///
    /// The state of one that is not; none if there is no such grant.
    pub fn end(&mut self, id: GrantId, how: GrantEnd, now: Timestamp) -> Result<(), Option<GrantState>> {
        let grant = self.grants.iter_mut().find(|grant| grant.id == id).ok_or(None)?;
        match grant.state(now) {
            GrantState::Active => grant.ended = Some(Ended { at: now, how }),
            other => return Err(Some(other)),
        }
        self.drop_oldest_ended();
        Ok(())
    }

    /// Says what is to be told by now: of each grant its end, or else its latest reminder; of a member's who is none any more,
    /// as `is_member` says, no reminder. Of a grant to an e-mail there always is one: else it would tell whether that is a
    /// member's. What is told is told once; there may be more.
    pub fn notify(&mut self, now: Timestamp, is_member: impl Fn(&Grantee) -> bool) -> Vec<EventKind> {
        let mut events = Vec::new();
        for grant in self.grants.iter_mut().filter(|grant| grant.due().is_some_and(|due| due <= now)) {
            if events.len() == NOTIFIED_AT_ONCE {
                break;
            }
            if !grant.is_active(now) {
                grant.ended = Some(Ended { at: grant.expires_at, how: GrantEnd::Expired });
                events.push(AccessExpired { grant_id: grant.id }.into());
                continue;
            }
            let latest = grant.reminders().filter(|(_, moment)| *moment <= now).map(|(days, _)| days).min();
            if let Some(days) = latest {
                grant.reminded = Some(days);
                let is_gone =
                    |one: &Grantee| matches!(one.bound_to, Binding::Member { .. }) && !is_member(one);
                if grant.individual.as_ref().is_some_and(is_gone) {
                    continue;
                }
                events.push(AccessExpiring { grant_id: grant.id, days }.into());
            }
        }
        self.drop_oldest_ended();
        events
    }

    /// When something must be told next.
    pub fn due(&self) -> Option<Timestamp> {
        self.grants.iter().filter_map(Grant::due).min()
    }

    /// What happened to it: the partner's business, and the organization's.
    pub fn event(&self, kind: impl Into<EventKind>) -> NewEvent {
        NewEvent::of_both(kind, self.partner_id, self.organization_id)
    }

    /// The grant of this id.
    pub fn grant(&self, id: GrantId) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.id == id)
    }

    fn drop_oldest_ended(&mut self) {
        let mut ends: Vec<_> =
            self.grants.iter().filter_map(|grant| Some((grant.ended?.at, grant.id))).collect();
        ends.sort_unstable();
        ends.truncate(ends.len().saturating_sub(ENDED_KEPT));
        self.grants.retain(|grant| ends.iter().all(|(_, id)| *id != grant.id));
    }
}

#[cfg(test)]
mod tests;
