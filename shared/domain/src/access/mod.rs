//! Access: the actions that a partner's members may take for an organization, at which level and until when.

pub mod decision;
mod erasure;
pub mod grant;
pub mod request;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::event::{AccessExpired, AccessExpiring, AccessExtended, AccessUpdated, EventKind, NewEvent};
use crate::id::{GrantId, OrganizationId, PartnerId};
use crate::party::Metadata;
use crate::problem::ErrorKind;
use crate::time::Timestamp;

pub use decision::{AccessDecision, IneffectiveReason, decide, decide_undisclosed};
pub use grant::{
    Binding, Ended, Grant, GrantEnd, GrantOrigin, GrantState, Grantee, Individual, LONGEST, MemberRecord,
    REMINDERS,
};
pub use request::{AccessRequest, EXPIRY_PASSED, EXPIRY_TOO_FAR, RequestState, RequestedGrant, check_expiry};

/// All access of one partner in one organization: the grants in force, and those that ended last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// Organization in which the partner has access.
    pub organization_id: OrganizationId,
    /// Partner that has access.
    pub partner_id: PartnerId,
    /// Grants in the order in which they were given.
    pub grants: Vec<Grant>,
    /// Whether a request of the partner was ever approved in the organization. Until then, the organization's people
    /// must not learn who the partner's members are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub requested: bool,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

/// Largest number of active grants to single members, of one partner in one organization.
pub const MOST_INDIVIDUALS: usize = 100;

/// There would be more than [`MOST_INDIVIDUALS`] grants to single members.
pub const TOO_MANY_INDIVIDUALS: ErrorKind = ErrorKind::rule(
    "too-many-individuals",
    "a partner's members hold at most 100 active individual grants in one organization: revoke some first, or grant the organization level",
);

/// Number of ended grants that are kept, so that people see how they ended. The history has all of them.
const ENDED_KEPT: usize = 20;

/// Largest number of grants whose events are recorded at once: each event is an item, and a transaction has at most
/// 100 items (AWS, 2026).
const NOTIFIED_AT_ONCE: usize = 50;

impl Access {
    /// Returns the access of a partner in an organization before the first grant.
    pub fn new(organization_id: OrganizationId, partner_id: PartnerId, now: Timestamp) -> Self {
        Self {
            organization_id,
            partner_id,
            grants: Vec::new(),
            requested: false,
            metadata: Metadata::new(now),
        }
    }

    /// Adds grants. Each replaces the active grant to the same people. Returns the ids of the replaced grants, each
    /// with the id of its replacement.
    ///
    /// # Errors
    ///
    /// [`TOO_MANY_INDIVIDUALS`].
    pub fn add_grants(
        &mut self,
        new: Vec<Grant>,
        now: Timestamp,
    ) -> Result<Vec<(GrantId, GrantId)>, ErrorKind> {
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
        // Grants that have expired, but whose event is not recorded yet, also take up room in the item.
        let unended = self.grants.iter().filter(|one| one.ended.is_none()).count();
        if individuals.count() > MOST_INDIVIDUALS || unended > 2 * MOST_INDIVIDUALS {
            return Err(TOO_MANY_INDIVIDUALS);
        }
        self.drop_oldest_ended();
        Ok(replaced)
    }

    /// Returns the active individual grants that the new grants would not replace.
    pub fn lasting_individuals<'a>(
        &'a self,
        new: &'a [Grant],
        now: Timestamp,
    ) -> impl Iterator<Item = &'a Grant> {
        let individuals = self.grants.iter().filter(|one| one.individual.is_some());
        let lasting =
            move |one: &&Grant| one.is_active(now) && !new.iter().any(|new| new.is_for_same_people(one));
        individuals.filter(lasting)
    }

    /// Returns the number of active individual grants by which the new grants would exceed [`MOST_INDIVIDUALS`].
    pub fn excess(&self, new: &[Grant], now: Timestamp) -> usize {
        let added = new.iter().filter(|one| one.individual.is_some()).count();
        (self.lasting_individuals(new, now).count() + added).saturating_sub(MOST_INDIVIDUALS)
    }

    /// Ends as many grants of removed members as the new grants need room, the oldest first. Returns the ids of the
    /// ended grants.
    pub fn end_removed(
        &mut self,
        removed: &BTreeSet<GrantId>,
        new: &[Grant],
        now: Timestamp,
    ) -> Vec<GrantId> {
        let of_removed = self.lasting_individuals(new, now).filter(|one| removed.contains(&one.id));
        let ended: Vec<GrantId> = of_removed.map(|one| one.id).take(self.excess(new, now)).collect();
        for grant in self.grants.iter_mut().filter(|one| ended.contains(&one.id)) {
            grant.ended = Some(Ended { at: now, how: GrantEnd::MemberRemoved });
        }
        ended
    }

    /// Switches on or off that a grant is extended before it expires.
    pub fn set_auto_extend(&mut self, id: GrantId, auto_extend: bool) {
        for grant in self.grants.iter_mut().filter(|grant| grant.id == id) {
            grant.auto_extend = auto_extend;
        }
    }

    /// Ends a grant if it is active. Returns the state that it had before; `None` if there is no such grant.
    pub fn end_grant(&mut self, id: GrantId, how: GrantEnd, now: Timestamp) -> Option<GrantState> {
        let grant = self.grants.iter_mut().find(|grant| grant.id == id)?;
        let before = grant.state(now);
        if before == GrantState::Active {
            grant.ended = Some(Ended { at: now, how });
            self.drop_oldest_ended();
        }
        Some(before)
    }

    /// Ends all active grants because the partner or the organization is deactivated, at most 50 per call. Returns the ids
    /// of the ended grants.
    pub fn deactivate(&mut self, now: Timestamp) -> Vec<GrantId> {
        let active = self.grants.iter_mut().filter(|grant| grant.is_active(now)).take(NOTIFIED_AT_ONCE);
        let mut ended = Vec::new();
        for grant in active {
            grant.ended = Some(Ended { at: now, how: GrantEnd::Deactivated });
            ended.push(grant.id);
        }
        self.drop_oldest_ended();
        ended
    }

    /// Returns the events due by `now`, and marks them as recorded: of each grant its expiry, its extension, or its
    /// latest reminder. At most 50 are returned; more may be due.
    ///
    /// A grant to a member is neither extended nor gets reminders if the person is no longer that member, according to
    /// `is_member`. A grant to an e-mail always is and does: otherwise this would disclose that the e-mail does not
    /// belong to a member.
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
            let is_gone = |one: &Grantee| matches!(one.bound_to, Binding::Member { .. }) && !is_member(one);
            let is_gone = grant.individual.as_ref().is_some_and(is_gone);
            if grant.extends_at().is_some() {
                events.push(extend(grant, is_gone, now));
            } else if let Some(days) = grant.passed_reminder(now) {
                grant.reminded = Some(days);
                if !is_gone {
                    events.push(AccessExpiring { grant_id: grant.id, days }.into());
                }
            }
        }
        self.drop_oldest_ended();
        events
    }

    /// Returns the time at which the next event is due; `None` if no further event will be.
    pub fn due(&self) -> Option<Timestamp> {
        self.grants.iter().filter_map(Grant::due).min()
    }

    /// Returns an event about the access, which concerns both the partner and the organization.
    pub fn event(&self, kind: impl Into<EventKind>) -> NewEvent {
        NewEvent::of_both(kind, self.partner_id, self.organization_id).about(self.metadata)
    }

    /// Returns the grant with this id.
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

/// Extends a grant, or stops its extension if the member to whom it was given has been removed. Returns the event.
fn extend(grant: &mut Grant, is_gone: bool, now: Timestamp) -> EventKind {
    let grant_id = grant.id;
    if is_gone {
        grant.auto_extend = false;
        return AccessUpdated { grant_id, auto_extend: false }.into();
    }
    let previous_expires_at = grant.extend(now);
    AccessExtended { grant_id, expires_at: grant.expires_at, previous_expires_at }.into()
}

#[cfg(test)]
mod tests;
