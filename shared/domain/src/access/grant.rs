//! Access grants.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{AccessRequestId, GrantId, MemberId};
use crate::level::Level;
use crate::text::Email;
use crate::time::{Period, Timestamp};
use crate::words::words;

/// Single member to whom access is granted, or for whom it is requested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Individual {
    /// Id of the member. A person who is removed and added again has a new id.
    pub member_id: MemberId,
    /// E-mail of the member; at most 254 bytes.
    pub email: Email,
}

/// Record of a member, as far as decisions about access need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberRecord {
    /// Id of the member.
    pub id: MemberId,
    /// Number of members with this e-mail that the partner had removed before it added this one.
    pub removals: u64,
}

/// Single member to whom a grant is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grantee {
    /// E-mail of the member.
    pub email: Email,
    /// Member record to which the grant is bound.
    #[serde(flatten)]
    pub bound_to: Binding,
}

/// Member record to which a grant is bound. A person who is removed and added again has a new record, to which the
/// grant does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Binding {
    /// Record of a member whom the partner itself named.
    Member {
        /// Id of the member.
        member_id: MemberId,
    },
    /// Record of the present member with the e-mail or, without one, of the first that is added: the record that
    /// follows `removals` removals. So the grantor does not learn whether there is such a member.
    First {
        /// Number of members with this e-mail that the partner had removed when the grant was given.
        removals: u64,
    },
}

impl Grantee {
    /// Returns whether the grant is bound to this record of the grantee's e-mail.
    pub fn matches(&self, record: MemberRecord) -> bool {
        match self.bound_to {
            Binding::Member { member_id } => member_id == record.id,
            Binding::First { removals } => removals == record.removals,
        }
    }

    /// Returns the id of the member, if the grant names one.
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

/// Reason for which a grant ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GrantEnd {
    /// The grant expired.
    Expired,
    /// The organization, or the vendor for it, revoked the grant.
    Revoked,
    /// The partner relinquished the grant.
    Relinquished,
    /// A later grant to the same people replaced the grant.
    Replaced,
    /// The member to whom the grant was given had been removed, and another grant needed the room.
    MemberRemoved,
    /// The partner or the organization was deactivated.
    Deactivated,
}

/// End of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Time at which the grant ended.
    pub at: Timestamp,
    /// Reason for which the grant ended.
    pub how: GrantEnd,
}

words! {
    /// State of a grant.
    pub enum GrantState {
        /// The grant is in force, for those of its grantees who are members of the partner.
        Active = "active",
        /// The grant has expired.
        Expired = "expired",
        /// The organization, or the vendor for it, revoked the grant.
        Revoked = "revoked",
        /// The partner relinquished the grant.
        Relinquished = "relinquished",
        /// A later grant to the same people replaced the grant.
        Replaced = "replaced",
        /// The member to whom the grant was given had been removed, and another grant needed the room.
        MemberRemoved = "member-removed",
        /// The partner or the organization was deactivated.
        Deactivated = "deactivated",
    }
}

impl From<GrantEnd> for GrantState {
    fn from(end: GrantEnd) -> Self {
        match end {
            GrantEnd::Expired => Self::Expired,
            GrantEnd::Revoked => Self::Revoked,
            GrantEnd::Relinquished => Self::Relinquished,
            GrantEnd::Replaced => Self::Replaced,
            GrantEnd::MemberRemoved => Self::MemberRemoved,
            GrantEnd::Deactivated => Self::Deactivated,
        }
    }
}

/// Access that was granted to one member, or to all members of the partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// Id of the grant.
    pub id: GrantId,
    /// Member to whom the grant is given; `None` if it applies to all members of the partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub individual: Option<Grantee>,
    /// Access level that the grant gives.
    pub level: Level,
    /// Time at which the grant was given.
    pub created_at: Timestamp,
    /// Time at which the grant expires, exclusive.
    pub expires_at: Timestamp,
    /// Approved request that led to the grant; `None` if it was given without a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<GrantOrigin>,
    /// Days before the expiry for which the last reminder was recorded; `None` before the first reminder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded: Option<u16>,
    /// Whether the scheduled job extends the grant by its own length before it expires.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub auto_extend: bool,
    /// Time at which the grant was to expire when it was given; `None` if it was never extended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_expires_at: Option<Timestamp>,
    /// Time and reason of the end; `None` while the grant has not ended. An expired grant may not have it yet, until
    /// the scheduled job has run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

/// Request that led to a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantOrigin {
    /// Id of the request.
    pub request_id: AccessRequestId,
    /// E-mail to which the request was addressed.
    pub contact_manager_email: Email,
}

/// Longest time for which access can be granted, extended or requested.
pub const LONGEST: Period = Period::months(24);

/// Days before the expiry of a grant for which reminders are recorded.
pub const REMINDERS: [u16; 3] = [30, 7, 1];

/// Milliseconds before its expiry at which a grant is extended: 30 days. A grant shorter than 60 days is extended at
/// half its length.
const EXTENDED_BEFORE: u64 = 30 * 86_400_000;

impl Grant {
    /// Returns the state at an instant. A grant is expired from `expiresAt` on, whether or not the scheduled job has
    /// run.
    pub fn state(&self, now: Timestamp) -> GrantState {
        match self.ended {
            Some(Ended { how, .. }) => how.into(),
            None if now >= self.expires_at => GrantState::Expired,
            None => GrantState::Active,
        }
    }

    /// Returns whether the grant is in force at an instant.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.state(now) == GrantState::Active
    }

    /// Returns whether both grants are for the same people. A member who was removed and added again counts as the
    /// same person here.
    pub(super) fn is_for_same_people(&self, other: &Self) -> bool {
        let email = |grant: &Self| grant.individual.as_ref().map(|individual| individual.email.clone());
        email(self) == email(other)
    }

    /// Returns the remaining reminders in days before the expiry, each with its time. A grant has no reminders for
    /// times before it was given.
    pub(super) fn reminders(&self) -> impl Iterator<Item = (u16, Timestamp)> {
        let left = REMINDERS.into_iter().filter(|days| self.reminded.is_none_or(|last| *days < last));
        let moments = left.map(|days| (days, self.expires_at.before(Period::days(days))));
        moments.filter(|(_, moment)| *moment > self.created_at)
    }

    /// Returns the latest reminder whose time has come, in days before the expiry.
    pub(super) fn passed_reminder(&self, now: Timestamp) -> Option<u16> {
        self.reminders().filter(|(_, moment)| *moment <= now).map(|(days, _)| days).min()
    }

    /// Returns the length of the grant when it was given, in milliseconds.
    fn length(&self) -> u64 {
        let first = self.first_expires_at.unwrap_or(self.expires_at);
        first.unix_millis().saturating_sub(self.created_at.unix_millis())
    }

    /// Returns the expiry that an extension at an instant gives: later by the grant's own length, but at most
    /// [`LONGEST`] ahead.
    fn extended_expiry(&self, now: Timestamp) -> Timestamp {
        let later = self.expires_at.unix_millis().saturating_add(self.length());
        Timestamp::from_unix_millis(later).min(now.after(LONGEST))
    }

    /// Returns the time from which the scheduled job extends the grant; `None` if it does not. A grant that has expired
    /// is not extended.
    pub(super) fn extends_at(&self) -> Option<Timestamp> {
        let before = EXTENDED_BEFORE.min(self.length() / 2);
        let at = Timestamp::from_unix_millis(self.expires_at.unix_millis().saturating_sub(before));
        (self.auto_extend && self.extended_expiry(at) > self.expires_at).then_some(at)
    }

    /// Extends the grant by its own length. Returns the expiry before.
    pub(super) fn extend(&mut self, now: Timestamp) -> Timestamp {
        let before = self.expires_at;
        self.expires_at = self.extended_expiry(now);
        self.first_expires_at.get_or_insert(before);
        // The new expiry has reminders of its own, except for times that had passed when it was set.
        self.reminded = None;
        self.reminded = self.passed_reminder(now);
        before
    }

    /// Returns the time at which the next event about the grant is due; `None` if it has ended. A grant that is to be
    /// extended has no reminders.
    pub(super) fn due(&self) -> Option<Timestamp> {
        let next = self.extends_at().or_else(|| self.reminders().map(|(_, moment)| moment).min());
        self.ended.is_none().then(|| next.unwrap_or(self.expires_at))
    }
}
