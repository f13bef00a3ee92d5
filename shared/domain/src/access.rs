//! Access: what a partner's people may do for an organization, how far, and until when.

use crate::event::{AccessExpired, AccessExpiring};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::{EventKind, NewEvent};
use crate::id::{AccessRequestId, GrantId, MemberId, OrganizationId, PartnerId};
use crate::level::Level;
use crate::party::Stamp;
use crate::problem::Reason;
use crate::text::{Description, Email};
use crate::time::{Period, Timestamp};

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
    pub fn is(&self, record: MemberRecord) -> bool {
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
pub enum End {
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
    pub how: End,
}

/// Whether a grant lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GrantState {
    /// It does, and opens what its level says to whom it is for, while they are on the partner's record.
    Active,
    /// Its time is over.
    Expired,
    /// The organization took it back.
    Revoked,
    /// The partner gave it back.
    Relinquished,
    /// Another was given in its place.
    Replaced,
}

impl GrantState {
    /// The state in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Relinquished => "relinquished",
            Self::Replaced => "replaced",
        }
    }
}

impl From<End> for GrantState {
    fn from(end: End) -> Self {
        match end {
            End::Expired => Self::Expired,
            End::Revoked => Self::Revoked,
            End::Relinquished => Self::Relinquished,
            End::Replaced => Self::Replaced,
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
    pub asked: Option<Asked>,
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
pub struct Asked {
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
    fn is_for_whom(&self, other: &Self) -> bool {
        let email = |grant: &Self| grant.individual.as_ref().map(|individual| individual.email.clone());
        email(self) == email(other)
    }

    /// The reminders that are still to come, and when; none for what is given for less.
    fn reminders(&self) -> impl Iterator<Item = (u16, Timestamp)> {
        let left = REMINDERS.into_iter().filter(|days| self.reminded.is_none_or(|last| *days < last));
        let moments = left.map(|days| (days, self.expires_at.before(Period::days(days))));
        moments.filter(|(_, moment)| *moment > self.created_at)
    }

    /// When something must be told of it next.
    fn due(&self) -> Option<Timestamp> {
        let next = self.reminders().map(|(_, moment)| moment).min();
        self.ended.is_none().then(|| next.unwrap_or(self.expires_at))
    }
}

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
    pub stamp: Stamp,
}

/// More members than that have no grants of their own, of one partner in one organization.
pub const MOST_INDIVIDUALS: usize = 100;

/// More would have one.
pub const TOO_MANY_INDIVIDUALS: Reason = Reason::rule(
    "too-many-individuals",
    "at most 100 grants to single members of a partner last at a time in one organization",
);

/// As many that have ended are kept, so that people see what became of them; the history has all.
const ENDED_KEPT: usize = 20;

/// As many changes are told of at once: each is an event, and a transaction has 100 items at most (AWS, 2026).
const TOLD_AT_ONCE: usize = 50;

impl Access {
    /// A partner's access in an organization before anything is given.
    pub fn new(organization_id: OrganizationId, partner_id: PartnerId, now: Timestamp) -> Self {
        Self { organization_id, partner_id, grants: Vec::new(), requested: false, stamp: Stamp::new(now) }
    }

    /// Gives more. Each replaces what is in force for the same people; answers those that are replaced, each with the
    /// one in its place.
    ///
    /// # Errors
    ///
    /// [`TOO_MANY_INDIVIDUALS`].
    pub fn give(&mut self, new: Vec<Grant>, now: Timestamp) -> Result<Vec<(GrantId, GrantId)>, Reason> {
        let mut replaced = Vec::new();
        for grant in new {
            for old in self.grants.iter_mut().filter(|old| old.is_active(now) && old.is_for_whom(&grant)) {
                old.ended = Some(Ended { at: now, how: End::Replaced });
                replaced.push((old.id, grant.id));
            }
            self.requested |= grant.asked.is_some();
            self.grants.push(grant);
        }
        let individuals = self.grants.iter().filter(|one| one.is_active(now) && one.individual.is_some());
        // What is over, and nobody told of yet, has its room in the item, too.
        let kept = self.grants.iter().filter(|one| one.ended.is_none()).count();
        if individuals.count() > MOST_INDIVIDUALS || kept > 2 * MOST_INDIVIDUALS {
            return Err(TOO_MANY_INDIVIDUALS);
        }
        self.forget();
        Ok(replaced)
    }

    /// Ends a grant that is in force.
    ///
    /// # Errors
    ///
    /// The state of one that is not; none if there is no such grant.
    pub fn end(&mut self, id: GrantId, how: End, now: Timestamp) -> Result<(), Option<GrantState>> {
        let grant = self.grants.iter_mut().find(|grant| grant.id == id).ok_or(None)?;
        match grant.state(now) {
            GrantState::Active => grant.ended = Some(Ended { at: now, how }),
            other => return Err(Some(other)),
        }
        self.forget();
        Ok(())
    }

    /// Says what is to be told by now: of each grant its end, or else its latest reminder; of a member's who is none any more,
    /// as `is_member` says, no reminder. Of a grant to an e-mail there always is one: else it would tell whether that is a
    /// member's. What is told is told once; there may be more.
    pub fn tell(&mut self, now: Timestamp, is_member: impl Fn(&Grantee) -> bool) -> Vec<EventKind> {
        let mut told = Vec::new();
        for grant in self.grants.iter_mut().filter(|grant| grant.due().is_some_and(|due| due <= now)) {
            if told.len() == TOLD_AT_ONCE {
                break;
            }
            if !grant.is_active(now) {
                grant.ended = Some(Ended { at: grant.expires_at, how: End::Expired });
                told.push(AccessExpired { grant_id: grant.id }.into());
                continue;
            }
            let latest = grant.reminders().filter(|(_, moment)| *moment <= now).map(|(days, _)| days).min();
            if let Some(days) = latest {
                grant.reminded = Some(days);
                let gone = |one: &Grantee| matches!(one.bound_to, Binding::Member { .. }) && !is_member(one);
                if grant.individual.as_ref().is_some_and(gone) {
                    continue;
                }
                told.push(AccessExpiring { grant_id: grant.id, days }.into());
            }
        }
        self.forget();
        told
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

    fn forget(&mut self) {
        let mut ends: Vec<_> =
            self.grants.iter().filter_map(|grant| Some((grant.ended?.at, grant.id))).collect();
        ends.sort_unstable();
        ends.truncate(ends.len().saturating_sub(ENDED_KEPT));
        self.grants.retain(|grant| ends.iter().all(|(_, id)| *id != grant.id));
    }
}

/// Why a grant does not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Lost {
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
pub struct Decision<'a> {
    /// The grant in force.
    pub by: Option<&'a Grant>,
    /// The others that were given to the person, or to all, and why they do not count.
    pub lost: Vec<(&'a Grant, Lost)>,
}

/// Decides what access a person has: `member` is the record that has the e-mail at the partner now.
pub fn decide<'a>(
    grants: &'a [Grant],
    email: &Email,
    member: Option<MemberRecord>,
    now: Timestamp,
) -> Decision<'a> {
    decide_by(grants, email, now, |grant| match (&grant.individual, member) {
        (_, None) => Some(Lost::NotAMember),
        (Some(one), Some(member)) if !one.is(member) => Some(Lost::AnotherMember),
        _ => None,
    })
}

/// Decides what access the grants give to an e-mail, whoever it is, and whether or not it is a member's.
pub fn decide_undisclosed<'a>(grants: &'a [Grant], email: &Email, now: Timestamp) -> Decision<'a> {
    decide_by(grants, email, now, |_| None)
}

/// Decides by the grants that last, but for those that are lost to the record.
fn decide_by<'a>(
    grants: &'a [Grant],
    email: &Email,
    now: Timestamp,
    lost_to: impl Fn(&Grant) -> Option<Lost>,
) -> Decision<'a> {
    let concern = |grant: &&Grant| grant.individual.as_ref().is_none_or(|one| one.email == *email);
    let (mut active, mut lost) = (Vec::new(), Vec::new());
    for grant in grants.iter().filter(concern) {
        let why = match grant.state(now) {
            GrantState::Expired => Some(Lost::Expired),
            GrantState::Revoked => Some(Lost::Revoked),
            GrantState::Relinquished => Some(Lost::Relinquished),
            GrantState::Replaced => Some(Lost::Replaced),
            GrantState::Active => lost_to(grant),
        };
        match why {
            Some(why) => lost.push((grant, why)),
            None => active.push(grant),
        }
    }
    // Of either kind there is one, for another replaces it. Were there two, the later would count.
    let own = active.iter().rev().copied().find(|grant| grant.individual.is_some());
    let by = own.or(active.last().copied());
    let others = active.into_iter().filter(|grant| by.is_some_and(|by| by.id != grant.id));
    lost.extend(others.map(|grant| match grant.individual {
        None if own.is_some() => (grant, Lost::IndividualWins),
        _ => (grant, Lost::Replaced),
    }));
    Decision { by, lost }
}

/// A member for whom access is asked, and how far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// Who.
    #[serde(flatten)]
    pub individual: Individual,
    /// How far.
    pub level: Level,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RequestState {
    /// Nobody has decided yet.
    Pending,
    /// A contact manager has approved it.
    Approved,
    /// A contact manager has declined it.
    Declined,
    /// The partner has taken it back.
    Cancelled,
    /// Nobody has decided in time.
    Lapsed,
}

impl RequestState {
    /// The state in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::Lapsed => "lapsed",
        }
    }
}

/// A partner's request for access, addressed to an e-mail: whose that is, and whether it is anybody's, it does not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessRequest {
    /// Its id.
    pub id: AccessRequestId,
    /// Who asks.
    pub partner_id: PartnerId,
    /// The member who asks for it.
    pub asked_by: Individual,
    /// Who is asked.
    pub contact_manager_email: Email,
    /// What is asked for all members of the partner, also those who come later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_level: Option<Level>,
    /// What is asked for single members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub individuals: Vec<Share>,
    /// Until when, not included.
    pub expires_at: Timestamp,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Description>,
    /// What became of it.
    pub state: RequestState,
    /// Until when somebody can decide, not included.
    pub lapses_at: Timestamp,
    /// When somebody did, or nobody could any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// Where access was given, if it was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// Why it was declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_reason: Option<Description>,
    /// When, and which version.
    #[serde(flatten)]
    pub stamp: Stamp,
}

impl AccessRequest {
    /// How long somebody can decide.
    pub const LAPSES_AFTER: Period = Period::days(90);
    /// It is not pending any more.
    pub const NOT_PENDING: Reason = Reason::state(
        "request-not-pending",
        "the request is not pending any more: the detail tells its state",
    );

    /// It as it is at an instant: its time to be decided is over whether or not anybody noticed.
    pub fn at(self, now: Timestamp) -> Self {
        match self.state {
            RequestState::Pending if now >= self.lapses_at => {
                Self { state: RequestState::Lapsed, decided_at: Some(self.lapses_at), ..self }
            }
            _ => self,
        }
    }
}

/// How long access lasts at most.
pub const LONGEST: Period = Period::months(24);

/// The end of access that is asked for, or given, is not to come.
pub const EXPIRY_PASSED: Reason = Reason::rule("expiry-passed", "the expiry is not in the future");
/// It is too far away.
pub const EXPIRY_TOO_FAR: Reason = Reason::rule("expiry-too-far", "access lasts two years at most");

/// What is wrong with an end of access, if anything is.
pub fn judge_expiry(expires_at: Timestamp, now: Timestamp) -> Option<Reason> {
    if expires_at <= now {
        return Some(EXPIRY_PASSED);
    }
    (expires_at > now.after(LONGEST)).then_some(EXPIRY_TOO_FAR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Ids;

    const NOW: u64 = 1_800_000_000_000;
    const DAY: u64 = 86_400_000;
    const LEVELS: [Level; 6] =
        [Level::Cc, Level::Look, Level::Update, Level::Create, Level::ServiceAdmin, Level::FullAdmin];

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_unix_millis(millis)
    }

    fn email(name: u64) -> Email {
        format!("m{name}@x.example").parse().unwrap()
    }

    /// A grant from now on, for so many milliseconds.
    fn grant(ids: &Ids, individual: Option<(MemberId, u64)>, level: Level, lasts: u64) -> Grant {
        Grant {
            id: ids.next(at(NOW)),
            individual: individual
                .map(|(member_id, name)| Individual { member_id, email: email(name) }.into()),
            level,
            created_at: at(NOW),
            expires_at: at(NOW + lasts),
            asked: None,
            reminded: None,
            ended: None,
        }
    }

    /// The first record of an e-mail.
    fn first(id: MemberId) -> Option<MemberRecord> {
        Some(MemberRecord { id, removals: 0 })
    }

    fn access(grants: Vec<Grant>) -> Access {
        let (o, p) = ("org_019b8c3e-5c00-7000-8000-000000000002", "prt_019b8c3e-5c00-7000-8000-000000000001");
        Access { grants, ..Access::new(o.parse().unwrap(), p.parse().unwrap(), at(NOW)) }
    }

    #[test]
    fn access_is_over_from_the_very_instant_of_its_expiry() {
        let ids = Ids::counted_from(1);
        let (member, end) = (ids.next(at(NOW)), NOW + 1000);
        for individual in [None, Some((member, 1))] {
            let grants = [grant(&ids, individual, Level::Look, 1000)];
            for (now, open) in [(end - 1, true), (end, false), (end + 1, false), (end + 7 * DAY, false)] {
                let decision = decide(&grants, &email(1), first(member), at(now));
                assert_eq!(decision.by.is_some(), open, "{}", now as i64 - end as i64);
                assert_eq!(decision.lost.first().map(|(_, why)| *why), (!open).then_some(Lost::Expired));
            }
        }
    }

    #[test]
    fn an_own_grant_wins_while_it_lasts_also_when_it_is_lower() {
        let ids = Ids::counted_from(1);
        let member = ids.next(at(NOW));
        let own = grant(&ids, Some((member, 1)), Level::Cc, 1000);
        let grants = [own.clone(), grant(&ids, None, Level::FullAdmin, 2000)];
        let level = |member, name, now| {
            decide(&grants, &email(name), first(member), at(now)).by.map(|grant| grant.level)
        };
        assert_eq!(level(member, 1, NOW + 999), Some(Level::Cc));
        assert_eq!(level(member, 1, NOW + 1000), Some(Level::FullAdmin), "then that of all counts again");
        assert_eq!(level(ids.next(at(NOW)), 2, NOW), Some(Level::FullAdmin));
        // Whoever is on record anew has nothing of the one before, and what all have.
        let anew = ids.next(at(NOW));
        let decision = decide(&grants, &email(1), first(anew), at(NOW));
        assert_eq!(decision.by.map(|grant| grant.level), Some(Level::FullAdmin));
        assert_eq!(decision.lost, [(&own, Lost::AnotherMember)]);
        let nobody = decide(&grants, &email(1), None, at(NOW));
        assert_eq!((nobody.by, nobody.lost.len()), (None, 2));
        assert!(nobody.lost.iter().all(|(_, why)| *why == Lost::NotAMember));
    }

    #[test]
    fn grant_to_an_e_mail_is_bound_to_the_first_record_there_or_to_come() {
        let ids = Ids::counted_from(1);
        let whom = |removals| Grantee { email: email(1), bound_to: Binding::First { removals } };
        let grants = [Grant { individual: Some(whom(2)), ..grant(&ids, None, Level::Look, DAY) }];
        for (removals, is) in [(1, false), (2, true), (3, false)] {
            let record = MemberRecord { id: ids.next(at(NOW)), removals };
            let decision = decide(&grants, &email(1), Some(record), at(NOW));
            assert_eq!(decision.by.is_some(), is, "{removals} removals before");
            assert_eq!(decision.lost.first().map(|(_, why)| *why), (!is).then_some(Lost::AnotherMember));
        }
        // Written and read back, either binding is what it was.
        for individual in [whom(2), Individual { member_id: ids.next(at(NOW)), email: email(1) }.into()] {
            let written = serde_json::to_value(&individual).unwrap();
            assert_eq!(serde_json::from_value::<Grantee>(written).unwrap(), individual);
        }
    }

    /// The rule once more, as one would tell it.
    fn told(
        grants: &[Grant],
        email: &Email,
        member: Option<MemberRecord>,
        now: Timestamp,
    ) -> Option<GrantId> {
        let member = member?;
        let mut found = (None, None);
        for grant in grants {
            if grant.ended.is_some() || grant.expires_at.unix_millis() <= now.unix_millis() {
                continue;
            }
            match &grant.individual {
                Some(one) if one.email == *email && one.is(member) => found.0 = Some(grant.id),
                Some(_) => {}
                None => found.1 = Some(grant.id),
            }
        }
        found.0.or(found.1)
    }

    #[test]
    fn of_very_many_cases_each_is_decided_as_the_rule_is_told() {
        const ENDS: [End; 4] = [End::Expired, End::Revoked, End::Relinquished, End::Replaced];
        let seed = std::env::var("SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_121);
        let mut random = fastrand::Rng::with_seed(seed);
        let ids = Ids::counted_from(1);
        let members: Vec<MemberId> = (0..3).map(|_| ids.next(at(NOW))).collect();
        let emails: Vec<Email> = (0..3).map(email).collect();
        // A million decisions, at night 50 million: each set of grants is asked for many people and instants.
        let sets = if std::env::var("NIGHTLY").is_ok_and(|value| value == "1") { 2_500_000 } else { 50_000 };
        for _ in 0..sets {
            let made = (0..random.usize(0..6)).map(|_| {
                let individual = random.bool().then(|| (members[random.usize(..3)], random.u64(..2)));
                let mut made = grant(&ids, individual, LEVELS[random.usize(..6)], 10 + random.u64(..4));
                if let Some(one) = made.individual.as_mut().filter(|_| random.bool()) {
                    one.bound_to = Binding::First { removals: random.u64(..3) };
                }
                if random.u8(..4) == 0 {
                    made.ended = Some(Ended { at: at(NOW + random.u64(..12)), how: ENDS[random.usize(..4)] });
                }
                made
            });
            let grants: Vec<Grant> = made.collect();
            for _ in 0..20 {
                let member = (random.u8(..8) > 0)
                    .then(|| MemberRecord { id: members[random.usize(..3)], removals: random.u64(..3) });
                let (email, now) = (&emails[random.usize(..3)], at(NOW + 8 + random.u64(..8)));
                let decision = decide(&grants, email, member, now);
                let expected = told(&grants, email, member, now);
                assert_eq!(
                    decision.by.map(|by| by.id),
                    expected,
                    "seed {seed}: {grants:?} {email} {member:?} {now}"
                );
                // Each grant that concerns the person decides or is explained, once.
                let concern =
                    |grant: &&Grant| grant.individual.as_ref().is_none_or(|one| one.email == *email);
                let explained = decision.lost.len() + usize::from(expected.is_some());
                assert_eq!(explained, grants.iter().filter(concern).count());
            }
        }
    }

    #[test]
    fn what_is_given_replaces_what_is_in_force_for_the_same_people() {
        let ids = Ids::counted_from(1);
        let (one, other) = (ids.next(at(NOW)), ids.next(at(NOW)));
        let mut access = access(Vec::new());
        let first = [None, Some((one, 1))].map(|whom| grant(&ids, whom, Level::Look, DAY));
        assert_eq!(access.give(first.to_vec(), at(NOW)), Ok(Vec::new()));
        let next = [Some((one, 1)), Some((other, 2))].map(|whom| grant(&ids, whom, Level::Cc, DAY));
        assert_eq!(access.give(next.to_vec(), at(NOW)), Ok(vec![(first[1].id, next[0].id)]));
        let state = |access: &Access, id| access.grant(id).map(|grant| grant.state(at(NOW)));
        assert_eq!(state(&access, first[0].id), Some(GrantState::Active));
        assert_eq!(state(&access, first[1].id), Some(GrantState::Replaced));
        assert_eq!(access.end(first[1].id, End::Revoked, at(NOW)), Err(Some(GrantState::Replaced)));
        assert_eq!(access.end(next[0].id, End::Revoked, at(NOW)), Ok(()));
        assert_eq!(access.end(ids.next(at(NOW)), End::Revoked, at(NOW)), Err(None));
        // What has expired unnoticed is not replaced: its end is still to be told.
        let late = at(NOW + DAY);
        assert_eq!(access.give(vec![grant(&ids, None, Level::Cc, 3 * DAY)], late), Ok(Vec::new()));
        let told = access.tell(late, |_| true);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(access.tell(late, |_| true).is_empty());
    }

    #[test]
    fn a_hundred_have_their_own_and_twenty_that_ended_are_kept() {
        let ids = Ids::counted_from(1);
        let mut access = access(Vec::new());
        let many = |from: u64, to: u64| -> Vec<Grant> {
            (from..to).map(|name| grant(&ids, Some((ids.next(at(NOW)), name)), Level::Cc, DAY)).collect()
        };
        assert!(access.give(many(0, 100), at(NOW)).is_ok());
        assert_eq!(access.clone().give(many(100, 101), at(NOW)).unwrap_err().code, "too-many-individuals");
        assert_eq!(access.give(many(0, 100), at(NOW)).unwrap().len(), 100, "in place of the same");
        assert_eq!(access.grants.len(), 120);
        // One after another is told, fifty at once.
        let end = at(NOW + DAY);
        let told: Vec<usize> = (0..3).map(|_| access.tell(end, |_| true).len()).collect();
        assert_eq!((told, access.due(), access.grants.len()), (vec![50, 50, 0], None, 20));
    }

    #[test]
    fn reminders_come_once_each_and_none_for_what_was_given_for_less() {
        let ids = Ids::counted_from(1);
        let days = |access: &mut Access, day: u64| -> Vec<u16> {
            let told = access.tell(at(NOW + day * DAY), |_| true).into_iter();
            told.filter_map(|kind| match kind {
                EventKind::AccessExpiring(AccessExpiring { days, .. }) => Some(days),
                EventKind::AccessExpired(AccessExpired { .. }) => Some(0),
                _ => None,
            })
            .collect()
        };
        let lasting = |lasts: u64| access(vec![grant(&ids, None, Level::Look, lasts * DAY)]);
        let mut long = lasting(40);
        assert_eq!(long.due(), Some(at(NOW + 10 * DAY)));
        let told: Vec<_> = (0..45).filter_map(|day| days(&mut long, day).pop().map(|of| (day, of))).collect();
        assert_eq!(told, [(10, 30), (33, 7), (39, 1), (40, 0)]);
        let mut week = lasting(7);
        let told: Vec<_> = (0..9).filter_map(|day| days(&mut week, day).pop().map(|of| (day, of))).collect();
        assert_eq!(told, [(6, 1), (7, 0)], "given for a week, nobody is reminded that a week is left");
        // Who comes late tells the latest, and nothing twice.
        let mut late = lasting(40);
        assert_eq!(
            (days(&mut late, 35), days(&mut late, 35), late.due()),
            (vec![7], vec![], Some(at(NOW + 39 * DAY)))
        );
        let mut later = lasting(40);
        assert_eq!((days(&mut later, 50), days(&mut later, 51), later.due()), (vec![0], vec![], None));
        // What nobody has any more is not told of until its end.
        let mut gone = access(vec![grant(&ids, Some((ids.next(at(NOW)), 1)), Level::Look, 2 * DAY)]);
        assert!(gone.tell(at(NOW + DAY), |_| false).is_empty());
        assert_eq!((gone.due(), days(&mut gone, 2)), (Some(at(NOW + 2 * DAY)), vec![0]));
    }

    #[test]
    fn access_lasts_two_years_at_most() {
        let now: Timestamp = "2026-02-28T12:00:00Z".parse().unwrap();
        let judged = |text: &str| judge_expiry(text.parse().unwrap(), now).map(|reason| reason.code);
        assert_eq!(judged("2026-02-28T12:00:00Z"), Some("expiry-passed"));
        assert_eq!(judged("2026-02-28T12:00:00.001Z"), None);
        assert_eq!(judged("2028-02-28T12:00:00Z"), None);
        assert_eq!(judged("2028-02-28T12:00:00.001Z"), Some("expiry-too-far"));
    }
}
