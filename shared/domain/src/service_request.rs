//! Service requests: what customers need, and what access levels protect.

use std::fmt::Display;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::author::AuthorKind;
use crate::event::{EventKind, NewEvent};
use crate::fault::{ParseError, quoted};
use crate::id::{CustomerId, MemberId, OrganizationId, PartnerId, ServiceRequestId};
use crate::level::{AccessAction, Level};
use crate::party::{Metadata, Version};
use crate::problem::ErrorKind;
use crate::service_request_kind::{ContactRole, ServiceRequestKind, ServiceRequestStatus};
use crate::text::{Email, Name, written_as_text};
use crate::time::{TimeZone, Timestamp};
use crate::unicode::is_unseen;

/// What somebody has to say: 1 to 32,768 bytes of UTF-8, in lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message(String);

impl Message {
    const MOST: usize = 32 * 1024;

    /// How long it is in UTF-8.
    pub fn bytes(&self) -> usize {
        self.0.len()
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Message {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if text.chars().all(|c| c.is_whitespace() || is_unseen(c)) || text.len() > Self::MOST {
            let detail =
                format!("has {} bytes; 1 to {}, and not only white space, are taken", text.len(), Self::MOST);
            return Err(ParseError::new("invalid-length", detail));
        }
        if text.chars().any(|c| c.is_control() && !['\n', '\r', '\t'].contains(&c)) {
            return Err(ParseError::new(
                "control-character",
                "must not contain control characters but line ends and tabs",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

written_as_text!(Message, minLength = 1, maxLength = Message::MOST);

/// A calendar month in UTC: `2026-01`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(String);

impl Month {
    /// The month of an instant.
    pub fn of(time: Timestamp) -> Self {
        Self(time.to_string().chars().take(7).collect())
    }
}

impl Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Month {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let good = format!("{text}-01T00:00:00Z").parse::<Timestamp>().is_ok() && text.len() == 7;
        let detail = || format!("{} is not a month such as `2026-01`", quoted(text));
        good.then(|| Self(text.to_owned())).ok_or_else(|| ParseError::new("invalid-month", detail()))
    }
}

written_as_text!(Month, pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$");

/// Who somebody is for a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    /// The partner.
    pub partner_id: PartnerId,
    /// Who of it.
    pub member_id: MemberId,
}

/// A person of an organization, or of a partner that acts for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The person's e-mail.
    pub email: Email,
    /// Who it is for a partner; none if it is a customer of the organization.
    #[serde(flatten)]
    pub membership: Option<Membership>,
}

/// A support case of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRequest {
    /// Its id.
    pub id: ServiceRequestId,
    /// Whose.
    pub organization_id: OrganizationId,
    /// What it is about, in a line.
    pub subject: Name,
    /// What it is about.
    pub description: Message,
    /// What kind of thing is needed.
    pub kind: ServiceRequestKind,
    /// How far it is.
    pub status: ServiceRequestStatus,
    /// Who submitted it.
    pub submitted_by: Person,
    /// Whom the vendor turns to about it: who submitted it, unless it says otherwise.
    pub primary_contact: Contact,
    /// Who else is kept informed, at most 20. `get-service-request` tells which contacts are former ones.
    #[serde(default)]
    pub additional_contacts: Vec<Contact>,
    /// The primary contact's time zone, where a partner's member is it and said so; else its organization's holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
    /// When the vendor's people first said something about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// Since when it is solved or closed, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solved_at: Option<Timestamp>,
    /// How many updates it has.
    #[serde(default)]
    pub updates: u64,
    /// When, and which version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

/// Who says something about a service request, as far as everybody may know who sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateAuthor {
    /// What kind of caller.
    #[serde(rename = "type")]
    pub kind: AuthorKind,
    /// The person's e-mail; machines may have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Who it is for a partner, if it is one of its members.
    #[serde(flatten)]
    pub membership: Option<Membership>,
}

/// What somebody said about a service request, and what became of it by that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRequestUpdate {
    /// About which.
    pub service_request_id: ServiceRequestId,
    /// The how many-th it is, from 1 on: they took effect in this order.
    pub number: u64,
    /// Who said it.
    pub by: UpdateAuthor,
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Message>,
    /// How far the service request is from then on, as who said it wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ServiceRequestStatus>,
    /// Which version of the service request it made.
    pub version: Version,
    /// When.
    pub created_at: Timestamp,
}

/// What a person wants to be told by mail of an organization's service requests. Of a partner's member it holds while it is
/// this member, and its access there goes as far as `look`: below it is silent, and speaks again when the level is back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationPreference {
    /// Of which organization.
    pub organization_id: OrganizationId,
    /// Who wants it.
    #[serde(flatten)]
    pub person: Person,
    /// Whether of each that is submitted.
    pub on_submitted: bool,
    /// When, and which version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

/// Somebody whom a service request concerns: known to all who see it, as all are who submit it and speak about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// Who.
    #[serde(flatten)]
    pub person: Person,
    /// The customer of the organization that the person was on record as when it was made a contact; none if it is a
    /// partner's member, or is a contact because it submitted the service request, for which nobody needs a record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
}

impl Contact {
    /// Whether this is a person whose customer record there, if it has one, is `record`. A member who is on record anew is
    /// another, and so is a customer who was made a contact by its record.
    fn is(&self, other: &Person, record: Option<CustomerId>) -> bool {
        match self.person.membership {
            Some(membership) => other.membership == Some(membership),
            None => {
                self.person.email == other.email
                    && record.is_some_and(|record| self.customer_id.is_none_or(|id| id == record))
            }
        }
    }
}

/// As many additional contacts a service request has at most.
pub const MOST_ADDITIONAL: usize = 20;

/// More would have it.
pub const TOO_MANY_CONTACTS: ErrorKind = ErrorKind::rule(
    "too-many-contacts",
    "a service request has at most 20 additional contacts; who was its primary contact is one, too",
);

/// The primary contact is replaced, not taken away.
pub const PRIMARY_CONTACT: ErrorKind = ErrorKind::state(
    "primary-contact",
    "this is the primary contact, which every service request has: make somebody else that first",
);

/// Which service requests are wanted.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only those of this kind.
    pub kind: Option<ServiceRequestKind>,
    /// Only those that are so far.
    pub status: Option<ServiceRequestStatus>,
    /// Only those that the person of this e-mail submitted.
    pub submitted_by: Option<Email>,
    /// Only those that were submitted from this instant on.
    pub from: Option<Timestamp>,
    /// Only those that were submitted before this instant.
    pub to: Option<Timestamp>,
}

impl Selection {
    /// Whether this one is.
    pub fn wants(&self, request: &ServiceRequest) -> bool {
        self.kind.is_none_or(|kind| request.kind == kind)
            && self.status.is_none_or(|status| request.status == status)
            && self.submitted_by.as_ref().is_none_or(|email| request.submitted_by.email == *email)
            && self.from.is_none_or(|from| request.metadata.created_at >= from)
            && self.to.is_none_or(|to| request.metadata.created_at < to)
    }
}

impl ServiceRequest {
    /// What happened to it: its organization's business, and that of the partner that acts for it.
    pub fn event(&self, kind: impl Into<EventKind>, partner: Option<PartnerId>) -> NewEvent {
        match partner {
            Some(partner) => NewEvent::of_both(kind, partner, self.organization_id),
            None => NewEvent::of_organization(kind, self.organization_id),
        }
    }

    /// It after an update that makes it so far; `answers` says whether the vendor's people have said something by it.
    pub fn updated(&self, status: ServiceRequestStatus, answers: bool, now: Timestamp) -> Self {
        let metadata = self.metadata.next(now);
        let at = metadata.updated_at;
        Self {
            status,
            answered_at: self.answered_at.or(answers.then_some(at)),
            solved_at: self.solved_at.or(Some(at)).filter(|_| status.is_solved()),
            updates: self.updates + 1,
            metadata,
            ..self.clone()
        }
    }

    /// Whether a partner's member of this level sees it: all from `look` on, below that who submitted it or was added to
    /// it, also as the customer whose `record` there was made for the same person.
    pub fn is_open_to(&self, level: Level, member: &Person, record: Option<CustomerId>) -> bool {
        let submitter = Contact { person: self.submitted_by.clone(), customer_id: None };
        // A partner's member is primary with `update` and above only: that sees all.
        let primary = Some(&self.primary_contact).filter(|primary| primary.person.membership.is_none());
        let mut added = std::iter::once(&submitter).chain(primary).chain(&self.additional_contacts);
        level.allows(AccessAction::SeeAll)
            || level.allows(AccessAction::SeeWhereAdded) && added.any(|contact| contact.is(member, record))
    }

    /// All its contacts, the primary one first.
    pub fn contacts(&self) -> impl Iterator<Item = (ContactRole, &Contact)> {
        let primary = std::iter::once((ContactRole::Primary, &self.primary_contact));
        primary.chain(self.additional_contacts.iter().map(|contact| (ContactRole::Additional, contact)))
    }

    /// Makes somebody a contact; who was the primary one before is an additional one then. Answers what each is now that
    /// changed.
    ///
    /// # Errors
    ///
    /// [`PRIMARY_CONTACT`] for one that is to be no more than additional; [`TOO_MANY_CONTACTS`].
    pub fn set_contact(
        &mut self,
        contact: Contact,
        role: ContactRole,
    ) -> Result<Vec<(ContactRole, Contact)>, ErrorKind> {
        let email = contact.person.email.clone();
        let same = |other: &Contact| other.person.email == email;
        let mut changed = vec![(role, contact.clone())];
        match role {
            ContactRole::Additional if same(&self.primary_contact) => return Err(PRIMARY_CONTACT),
            ContactRole::Additional => match self.additional_contacts.iter_mut().find(|one| same(one)) {
                Some(known) if *known == contact => return Ok(Vec::new()),
                Some(known) => *known = contact,
                None => self.additional_contacts.push(contact),
            },
            ContactRole::Primary if self.primary_contact == contact => return Ok(Vec::new()),
            ContactRole::Primary => {
                self.additional_contacts.retain(|one| !same(one));
                let before = std::mem::replace(&mut self.primary_contact, contact);
                // The time zone was of who was it before.
                if self.primary_contact.person != before.person {
                    self.time_zone = None;
                }
                if self.primary_contact.person.email != before.person.email {
                    self.additional_contacts.push(before.clone());
                    changed.push((ContactRole::Additional, before));
                }
            }
        }
        match self.additional_contacts.len() > MOST_ADDITIONAL {
            true => Err(TOO_MANY_CONTACTS),
            false => Ok(changed),
        }
    }

    /// Takes away an additional contact, if it is one.
    ///
    /// # Errors
    ///
    /// [`PRIMARY_CONTACT`].
    pub fn remove_contact(&mut self, email: &Email) -> Result<Option<Contact>, ErrorKind> {
        if self.primary_contact.person.email == *email {
            return Err(PRIMARY_CONTACT);
        }
        let place = self.additional_contacts.iter().position(|contact| contact.person.email == *email);
        Ok(place.map(|place| self.additional_contacts.remove(place)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multi_line_message_of_up_to_32_kb_is_accepted() {
        assert!("a\r\n\tb".parse::<Message>().is_ok());
        assert!("あ".repeat(10_922).parse::<Message>().is_ok());
        for bad in ["", " \n", "a\u{0}", &"あ".repeat(10_923)] {
            assert!(bad.parse::<Message>().is_err());
        }
    }

    #[test]
    fn only_an_agent_may_reopen_a_closed_request() {
        use crate::service_request_kind::ServiceRequestStatus::{Closed, Open, Solved, Waiting};
        for from in [Open, Waiting, Solved, Closed] {
            for to in [Open, Waiting, Solved, Closed] {
                assert!(from.can_become(to, true));
                assert_eq!(from.can_become(to, false), from != Closed || to == Closed, "{from:?} {to:?}");
            }
        }
    }

    #[test]
    fn only_four_digit_year_and_two_digit_month_parse_as_a_month() {
        let time: Timestamp = "2026-11-30T23:59:59.999Z".parse().unwrap();
        assert_eq!("2026-11".parse::<Month>().unwrap(), Month::of(time));
        for bad in ["", "2026", "2026-13", "2026-1", "2026-011", "26-11", "2026-11-01", "+026-11"] {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
    }
}
