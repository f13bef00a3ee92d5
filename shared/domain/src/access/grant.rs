//! Grants: access that was given.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{AccessRequestId, GrantId, MemberId};
use crate::level::Level;
use crate::text::Email;
use crate::time::{Period, Timestamp};
use crate::words::words;

/// A member to whom something is given alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Individual {
    /// Who, on the partner's record: who is added there again is another.
    pub member_id: MemberId,
    /// The member's e-mail.
    pub email: Email,
}

/// A member's record, as access is decided by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberRecord {
    /// The member.
    pub id: MemberId,
    /// How many members with this e-mail the partner had removed before this one was added.
    pub removals: u64,
}

/// A single member to whom a grant is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grantee {
    /// The member's e-mail.
    pub email: Email,
    /// The record to which the grant is bound.
    #[serde(flatten)]
    pub bound_to: Binding,
}

/// The member's record to which a grant is bound: who is removed and added again has another, and nothing of this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Binding {
    /// A member whom the partner itself named.
    Member {
        /// The member.
        member_id: MemberId,
    },
    /// The member with the e-mail, or the first one to come: the record that is added after so many removals. Who gives it
    /// does not learn whether there is one.
    First {
        /// How many members with this e-mail the partner had removed.
        removals: u64,
    },
}

impl Grantee {
    /// Whether the grant is bound to this record of its e-mail.
    pub fn matches(&self, record: MemberRecord) -> bool {
        match self.bound_to {
            Binding::Member { member_id } => member_id == record.id,
            Binding::First { removals } => removals == record.removals,
        }
    }

    /// The member, if the grant names one.
    pub fn member_id(&self) -> Option<MemberId> {
        match self.bound_to {
            Binding::Member { member_id } => Some(member_id),
            Binding::First { .. } => None,
        }
    }
}

impl From<Individual> for Grantee {
    fn from(Individual { member_id, email }: Individual) -> Self {
        Self { email, bound_to: Binding::Member { member_id } }
    }
}

/// How a grant ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GrantEnd {
    /// Its time was over.
    Expired,
    /// The organization took it back.
    Revoked,
    /// The partner gave it back.
    Relinquished,
    /// Another was given in its place.
    Replaced,
}

/// The mark of a grant that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// How.
    pub how: GrantEnd,
}

words! {
    /// Whether a grant lasts.
    pub enum GrantState {
        /// It does, and opens what its level says to whom it is for, while they are on the partner's record.
        Active = "active",
        /// Its time is over.
        Expired = "expired",
        /// The organization took it back.
        Revoked = "revoked",
        /// The partner gave it back.
        Relinquished = "relinquished",
        /// Another was given in its place.
        Replaced = "replaced",
    }
}

impl From<GrantEnd> for GrantState {
    fn from(end: GrantEnd) -> Self {
        match end {
            GrantEnd::Expired => Self::Expired,
            GrantEnd::Revoked => Self::Revoked,
            GrantEnd::Relinquished => Self::Relinquished,
            GrantEnd::Replaced => Self::Replaced,
        }
    }
}

/// Access that was given: to one member, or to all members of the partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// To whom; none if to all members of the partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub individual: Option<Grantee>,
    /// How far it goes.
    pub level: Level,
    /// When it was given.
    pub created_at: Timestamp,
    /// Until when, not included.
    pub expires_at: Timestamp,
    /// The request that was approved, and to which e-mail it was addressed; none if nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<GrantOrigin>,
    /// How many days before the end the last reminder was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded: Option<u16>,
    /// Since when, and why, it opens nothing any more. Its time may be over without this mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

/// Where a grant comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantOrigin {
    /// The request.
    pub request_id: AccessRequestId,
    /// The e-mail it was addressed to.
    pub contact_manager_email: Email,
}

/// How many days before a grant ends somebody is reminded.
pub const REMINDERS: [u16; 3] = [30, 7, 1];

impl Grant {
    /// Its state at an instant: its time is over from the very instant of `expiresAt` on, whoever noticed.
    pub fn state(&self, now: Timestamp) -> GrantState {
        match self.ended {
            Some(Ended { how, .. }) => how.into(),
            None if now >= self.expires_at => GrantState::Expired,
            None => GrantState::Active,
        }
    }

    /// Whether it lasts.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.state(now) == GrantState::Active
    }

    /// Whether both are for the same people. A member who was added anew is the same person here.
    pub(super) fn is_for_same_people(&self, other: &Self) -> bool {
        let email = |grant: &Self| grant.individual.as_ref().map(|individual| individual.email.clone());
        email(self) == email(other)
    }

    /// The reminders that are still to come, and when; none for what is given for less.
    pub(super) fn reminders(&self) -> impl Iterator<Item = (u16, Timestamp)> {
        let left = REMINDERS.into_iter().filter(|days| self.reminded.is_none_or(|last| *days < last));
        let moments = left.map(|days| (days, self.expires_at.before(Period::days(days))));
        moments.filter(|(_, moment)| *moment > self.created_at)
    }

    /// When something must be told of it next.
    pub(super) fn due(&self) -> Option<Timestamp> {
        let next = self.reminders().map(|(_, moment)| moment).min();
        self.ended.is_none().then(|| next.unwrap_or(self.expires_at))
    }
}
