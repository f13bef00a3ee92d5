//! Service requests: support cases of an organization.

use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::author::AuthorKind;
use crate::event::{EventKind, NewEvent};
use crate::fault::ParseError;
use crate::id::{OrganizationId, PartnerId, ServiceRequestId};
use crate::level::{AccessAction, Level};
use crate::party::{Metadata, Version};
use crate::problem::ErrorKind;
use crate::service_request_kind::{ContactRole, ServiceRequestKind, ServiceRequestStatus};
pub use crate::service_request_person::{Person, SeekingMember};
use crate::text::{Name, REDACTED, is_not, written_as_text};
use crate::time::{TimeZone, Timestamp};
use crate::unicode::is_invisible;

/// Text of a service request or an update: 1 to 32,768 bytes of UTF-8; it may have several lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateText(String);

impl UpdateText {
    const MOST: usize = 32 * 1024;

    /// Returns the text that takes the place of a redacted one.
    pub fn redacted() -> Self {
        Self(REDACTED.to_owned())
    }

    /// Returns the length in bytes of UTF-8.
    pub fn bytes(&self) -> usize {
        self.0.len()
    }
}

impl Display for UpdateText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for UpdateText {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if text.chars().all(|c| c.is_whitespace() || is_invisible(c)) || text.len() > Self::MOST {
            let detail =
                format!("has {} bytes; 1 to {}, and not only white space, are taken", text.len(), Self::MOST);
            return Err(ParseError::new("invalid-length", detail));
        }
        if text.chars().any(|c| c.is_control() && !['\n', '\r', '\t'].contains(&c)) {
            return Err(ParseError::new(
                "control-character",
                "must not contain control characters other than line ends and tabs",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

written_as_text!(UpdateText, minLength = 1, maxLength = UpdateText::MOST);

/// Calendar month in UTC, such as `2026-01`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(String);

impl Month {
    /// Returns the month of an instant.
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
        let detail = || is_not(text, "a month such as `2026-01`");
        good.then(|| Self(text.to_owned())).ok_or_else(|| ParseError::new("invalid-month", detail()))
    }
}

written_as_text!(Month, pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$");

/// Support case of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRequest {
    /// Id of the service request.
    pub id: ServiceRequestId,
    /// Organization that the service request belongs to.
    pub organization_id: OrganizationId,
    /// Subject in one line; 1 to 200 characters.
    pub subject: Name,
    /// Description; 1 to 32,768 bytes of UTF-8.
    pub description: UpdateText,
    /// Kind of the service request.
    pub kind: ServiceRequestKind,
    /// Status of the service request.
    pub status: ServiceRequestStatus,
    /// Person who submitted the service request.
    pub submitted_by: Person,
    /// Person whom the vendor contacts. Default: the person who submitted the service request.
    pub primary_contact: Person,
    /// Other people who are kept informed; at most 20. Every answer marks those who lost access as `former`.
    #[serde(default)]
    pub additional_contacts: Vec<Person>,
    /// Time zone that a partner's member stated as primary contact; if absent, the organization's applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
    /// Time of the first text by the vendor's staff; RFC 3339, UTC. Absent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// Time since which the service request is solved or closed; RFC 3339, UTC. Absent if it is neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solved_at: Option<Timestamp>,
    /// Number of updates.
    #[serde(default)]
    pub updates: u64,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

/// Author of an update, as stored. Views hide the members of other partners from a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateAuthor {
    /// Kind of caller.
    #[serde(rename = "type")]
    pub kind: AuthorKind,
    /// Author who is a customer or a partner's member; `None` for the vendor's staff.
    #[serde(flatten)]
    pub person: Option<Person>,
    /// Subject (`sub`) of the token of the vendor's staff. Absent for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// Update of a service request: a text, a status, a time zone, or several of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceRequestUpdate {
    /// Service request that was updated.
    pub service_request_id: ServiceRequestId,
    /// Organization that the service request belongs to. Absent in updates from before this field existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// Number of the update, from 1 on. Updates took effect in the order of their numbers.
    pub number: u64,
    /// Author of the update.
    pub by: UpdateAuthor,
    /// Text of the update; 1 to 32,768 bytes of UTF-8. Absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<UpdateText>,
    /// Status that the update set. Absent if it set none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ServiceRequestStatus>,
    /// Time zone that the update set. Absent if it set none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
    /// Version of the service request that resulted from the update.
    pub version: Version,
    /// Time of the update; RFC 3339, UTC.
    pub created_at: Timestamp,
}

/// Person's preference about mail on an organization's service requests. A partner member's preference belongs to the
/// member record, and takes effect while the member's access level is at least `look`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationPreference {
    /// Organization whose service requests the preference is about.
    pub organization_id: OrganizationId,
    /// Person whose preference it is.
    #[serde(flatten)]
    pub person: Person,
    /// Whether the person wants mail about each service request that is submitted.
    pub on_submitted: bool,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

/// Largest number of additional contacts of a service request, not counting people who were removed.
pub const MOST_ADDITIONAL: usize = 20;

/// There would be more than [`MOST_ADDITIONAL`] additional contacts.
pub const TOO_MANY_CONTACTS: ErrorKind = ErrorKind::state(
    "too-many-contacts",
    "a subscription has at most 20 contacts, and a service request at most 20 additional ones, its previous primary contact included: remove one first",
);

/// The person is the primary contact, which can be replaced but not removed.
pub const PRIMARY_CONTACT: ErrorKind = ErrorKind::state(
    "primary-contact",
    "the primary contact cannot be removed: make someone else the primary contact first",
);

/// Filter for service requests. An absent criterion selects all.
#[derive(Debug, Clone, Default)]
pub struct ServiceRequestFilter {
    /// Selects those of this kind.
    pub kind: Option<ServiceRequestKind>,
    /// Selects those with this status.
    pub status: Option<ServiceRequestStatus>,
    /// Selects those that were submitted at this instant or later.
    pub from: Option<Timestamp>,
    /// Selects those that were submitted before this instant.
    pub to: Option<Timestamp>,
}

impl ServiceRequestFilter {
    /// Returns whether the filter selects a service request.
    pub fn wants(&self, request: &ServiceRequest) -> bool {
        self.kind.is_none_or(|kind| request.kind == kind)
            && self.status.is_none_or(|status| request.status == status)
            && self.from.is_none_or(|from| request.metadata.created_at >= from)
            && self.to.is_none_or(|to| request.metadata.created_at < to)
    }
}

impl ServiceRequest {
    /// Returns an event about the service request. It concerns the organization, and the partner that acts for it.
    pub fn event(&self, kind: impl Into<EventKind>, partner: Option<PartnerId>) -> NewEvent {
        NewEvent::of_parties(kind, partner, Some(self.organization_id)).about(self.metadata)
    }

    /// Returns the service request after an update. `answers` is whether it has a text by the vendor's staff.
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

    /// Returns whether a partner's member with this level sees the service request: from `look` on always, below it
    /// if the member submitted it or is a contact, also as a customer of the organization.
    pub fn is_open_to(&self, level: Level, member: &SeekingMember<'_>) -> bool {
        // A partner's member who is the primary contact has `update` and sees all; with less it is a former contact.
        let primary = Some(&self.primary_contact).filter(|primary| primary.member_id().is_none());
        let mut added = std::iter::once(&self.submitted_by).chain(primary).chain(&self.additional_contacts);
        level.allows(AccessAction::SeeAll)
            || level.allows(AccessAction::SeeSingle) && added.any(|contact| member.is(contact))
    }

    /// Returns all contacts, the primary one first.
    pub fn contacts(&self) -> impl Iterator<Item = (ContactRole, &Person)> {
        let primary = std::iter::once((ContactRole::Primary, &self.primary_contact));
        primary.chain(self.additional_contacts.iter().map(|contact| (ContactRole::Additional, contact)))
    }

    /// Makes a person a contact. `namesakes` are the contacts who have the same e-mail; the person replaces one of them.
    /// Any other replaced primary contact becomes an additional one. Returns the contacts that changed, each with its
    /// role. There may be more than [`MOST_ADDITIONAL`] afterwards, until former ones make room.
    ///
    /// # Errors
    ///
    /// [`PRIMARY_CONTACT`] if the primary contact is to be an additional one.
    pub fn set_contact(
        &mut self,
        contact: Person,
        namesakes: &[Person],
        role: ContactRole,
    ) -> Result<Vec<(ContactRole, Person)>, ErrorKind> {
        let same = |other: &Person| *other == contact || namesakes.contains(other);
        let mut changed = vec![(role, contact.clone())];
        match role {
            ContactRole::Additional if same(&self.primary_contact) => return Err(PRIMARY_CONTACT),
            ContactRole::Additional if self.additional_contacts.contains(&contact) => return Ok(Vec::new()),
            ContactRole::Additional => match self.additional_contacts.iter_mut().find(|one| same(one)) {
                Some(known) => *known = contact,
                None => self.additional_contacts.push(contact),
            },
            ContactRole::Primary if self.primary_contact == contact => return Ok(Vec::new()),
            ContactRole::Primary => {
                self.additional_contacts.retain(|one| !same(one));
                let replaces = same(&self.primary_contact);
                let before = std::mem::replace(&mut self.primary_contact, contact);
                // The time zone was that of the previous primary contact.
                self.time_zone = None;
                if !replaces {
                    self.additional_contacts.push(before.clone());
                    changed.push((ContactRole::Additional, before));
                }
            }
        }
        Ok(changed)
    }

    /// Removes the additional contact who is one of these people. Returns it, or `None` if none of them is a contact.
    ///
    /// # Errors
    ///
    /// [`PRIMARY_CONTACT`] if only the primary contact is one of them.
    pub fn remove_contact(&mut self, one_of: &[Person]) -> Result<Option<Person>, ErrorKind> {
        match self.additional_contacts.iter().position(|contact| one_of.contains(contact)) {
            Some(place) => Ok(Some(self.additional_contacts.remove(place))),
            None if one_of.contains(&self.primary_contact) => Err(PRIMARY_CONTACT),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multi_line_message_of_up_to_32_kb_is_accepted() {
        assert!("a\r\n\tb".parse::<UpdateText>().is_ok());
        assert!("あ".repeat(10_922).parse::<UpdateText>().is_ok());
        for bad in ["", " \n", "a\u{0}", &"あ".repeat(10_923)] {
            assert!(bad.parse::<UpdateText>().is_err());
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
