//! Erasure of a person from access grants and access requests.

use std::collections::BTreeSet;

use super::{Access, AccessRequest, Ended, GrantEnd, Individual, RequestState};
use crate::id::{GrantId, MemberId};
use crate::text::{Description, Email};
use crate::time::Timestamp;

impl Access {
    /// Takes the e-mail of an erased person out of the grants to its member records, whenever they were given, and out of
    /// those that name the bare e-mail and were given by `until`. Ends those to the person that are active. Returns the ids of
    /// the ended grants; `None` if nothing changes.
    pub fn erase(
        &mut self,
        email: &Email,
        members: &BTreeSet<MemberId>,
        until: Timestamp,
        now: Timestamp,
    ) -> Option<Vec<GrantId>> {
        let (mut ended, mut changes) = (Vec::new(), false);
        for grant in &mut self.grants {
            let (is_active, is_before) = (grant.is_active(now), grant.created_at <= until);
            if let Some(one) = &mut grant.individual
                && (is_before && one.email == *email
                    || one.member_id().is_some_and(|id| members.contains(&id)))
            {
                if !one.email.is_erased() {
                    let member = one.member_id();
                    one.email = member.map_or_else(|| Email::of_erased(grant.id), Email::of_erased);
                    changes = true;
                }
                if is_active {
                    grant.ended = Some(Ended { at: now, how: GrantEnd::MemberRemoved });
                    ended.push(grant.id);
                }
            }
            if let Some(origin) = &mut grant.origin
                && origin.contact_manager_email == *email
                && origin.request_id.created_time() <= until
            {
                origin.contact_manager_email = Email::of_erased(origin.request_id);
                changes = true;
            }
        }
        (changes || !ended.is_empty()).then(|| {
            self.drop_oldest_ended();
            ended
        })
    }

    /// Returns whether a grant names this e-mail as that of its member or of who approved it.
    pub fn names(&self, email: &Email) -> bool {
        self.grants.iter().any(|grant| {
            grant.individual.as_ref().is_some_and(|one| one.email == *email)
                || grant.origin.as_ref().is_some_and(|origin| origin.contact_manager_email == *email)
        })
    }
}

impl AccessRequest {
    /// Returns whether the person with this e-mail, or one of these members, submitted the request.
    pub fn is_submitted_by(&self, email: &Email, members: &BTreeSet<MemberId>) -> bool {
        self.requested_by.email == *email || members.contains(&self.requested_by.member_id)
    }

    /// Returns whether the request names one of these members or, if it was submitted by `until`, the person with this
    /// e-mail.
    pub fn names(&self, email: &Email, members: &BTreeSet<MemberId>, until: Timestamp) -> bool {
        let is_before = self.metadata.created_at <= until;
        let is = |one: &Individual| is_before && one.email == *email || members.contains(&one.member_id);
        is_before && self.contact_manager_email == *email
            || is(&self.requested_by)
            || self.individuals.iter().any(|one| is(&one.individual))
    }

    /// Returns the request without the e-mail of an erased person; `None` if nothing changes. If it is pending, it is cancelled
    /// if the person submitted it, and lapses if it is addressed to the person. A bare e-mail is that of the person only if the
    /// request was submitted by `until`.
    pub fn erased(
        &self,
        (email, until): (&Email, Timestamp),
        members: &BTreeSet<MemberId>,
        redacts_texts: bool,
        now: Timestamp,
    ) -> Option<Self> {
        let is_before = self.metadata.created_at <= until;
        let is = |one: &Individual| is_before && one.email == *email || members.contains(&one.member_id);
        let (submitted, addressed) =
            (is(&self.requested_by), is_before && self.contact_manager_email == *email);
        let mut after = self.clone();
        let individuals = after.individuals.iter_mut().map(|one| &mut one.individual);
        for one in individuals.chain([&mut after.requested_by]) {
            if is(one) {
                one.email = Email::of_erased(one.member_id);
            }
        }
        if addressed {
            after.contact_manager_email = Email::of_erased(self.id);
        }
        if self.state == RequestState::Pending {
            let state = if submitted { RequestState::Cancelled } else { RequestState::Lapsed };
            match self.clone().at(now) {
                Self { state: RequestState::Pending, .. } if submitted || addressed => {
                    (after.state, after.decided_at) = (state, Some(now));
                }
                Self { state, decided_at, .. } => (after.state, after.decided_at) = (state, decided_at),
            }
        }
        if redacts_texts {
            let redacted = |text: &Option<Description>| text.as_ref().map(|_| Description::redacted());
            after.reason = if submitted { redacted(&after.reason) } else { after.reason };
            after.decline_reason =
                if addressed { redacted(&after.decline_reason) } else { after.decline_reason };
        }
        (after != *self).then(|| Self { metadata: self.metadata.next(now), ..after })
    }
}
