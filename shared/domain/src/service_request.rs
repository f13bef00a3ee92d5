//! Service requests: what customers need, and what access levels protect.

use std::fmt::Display;
use std::str::FromStr;

use deserr::Deserr;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::{Act, Individual, Level};
use crate::event::{AuthorKind, EventKind, Happening};
use crate::fault::{Faults, Invalid, quoted};
use crate::id::{MemberId, OrganizationId, PartnerId, ServiceRequestId};
use crate::party::Stamp;
use crate::text::{Email, Name, written_as_text};
use crate::time::Timestamp;

/// What a service request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Deserr)]
#[serde(rename_all = "kebab-case")]
#[deserr(error = Faults)]
pub enum ServiceRequestKind {
    /// Something does not work.
    #[deserr(rename = "incident")]
    Incident,
    /// Somebody wants to know something.
    #[deserr(rename = "question")]
    Question,
    /// Something is to be another than it is.
    #[deserr(rename = "change")]
    Change,
    /// A site is to be set up otherwise.
    #[deserr(rename = "configuration")]
    Configuration,
    /// A site is to be deleted.
    #[deserr(rename = "site-deletion")]
    SiteDeletion,
    /// Somebody is to get access to a site.
    #[deserr(rename = "access")]
    Access,
}

impl ServiceRequestKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Incident, Self::Question, Self::Change, Self::Configuration, Self::SiteDeletion, Self::Access];

    /// What somebody does who submits one for an organization that is not its own.
    pub fn submitting(self) -> Act {
        match self {
            Self::Incident | Self::Question | Self::Change => Act::Submit,
            Self::Configuration | Self::SiteDeletion | Self::Access => Act::SubmitKept,
        }
    }
}

/// How far a service request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Deserr)]
#[serde(rename_all = "kebab-case")]
#[deserr(error = Faults, rename_all = lowercase)]
pub enum ServiceRequestStatus {
    /// The vendor has to do something.
    Open,
    /// Who submitted it has to do something.
    Waiting,
    /// It is done, as far as the vendor knows.
    Solved,
    /// It is over.
    Closed,
}

impl ServiceRequestStatus {
    /// Whether it can become this by somebody's word: whatever is closed is so until an agent reopens it.
    pub fn can_become(self, other: Self, agent: bool) -> bool {
        self != Self::Closed || other == Self::Closed || agent
    }
}

/// What somebody has to say: 1 to 32,768 bytes of UTF-8, in lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message(String);

impl Message {
    const MOST: usize = 32 * 1024;
}

impl Display for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Message {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.trim().is_empty() || text.len() > Self::MOST {
            let detail =
                format!("has {} bytes; 1 to {}, and not only white space, are taken", text.len(), Self::MOST);
            return Err(Invalid::new("invalid-length", detail));
        }
        if text.chars().any(|c| c.is_control() && !['\n', '\r', '\t'].contains(&c)) {
            return Err(Invalid::new(
                "control-character",
                "must not contain control characters but line ends and tabs",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

written_as_text!(Message, minLength = 1, maxLength = Message::MOST);

/// A calendar month in UTC: `2026-01`.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let good = format!("{text}-01T00:00:00Z").parse::<Timestamp>().is_ok() && text.len() == 7;
        let detail = || format!("{} is not a month such as `2026-01`", quoted(text));
        good.then(|| Self(text.to_owned())).ok_or_else(|| Invalid::new("invalid-month", detail()))
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
    /// How many updates it has.
    #[serde(default)]
    pub updates: u64,
    /// When, and which version.
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// Who says something about a service request, as far as everybody may know who sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Speaker {
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
    pub by: Speaker,
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Message>,
    /// How far the service request was from then on, if that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<ServiceRequestStatus>,
    /// When.
    pub created_at: Timestamp,
}

/// A partner's member who was added to a service request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// The service request.
    pub service_request_id: ServiceRequestId,
    /// Whose that is.
    pub organization_id: OrganizationId,
    /// Of which partner.
    pub partner_id: PartnerId,
    /// Who.
    #[serde(flatten)]
    pub individual: Individual,
}

impl ServiceRequest {
    /// What happened to it: its organization's business, and that of the partner that acts for it.
    pub fn happening(&self, kind: EventKind, partner: Option<PartnerId>) -> Happening {
        match partner {
            Some(partner) => Happening::of_both(kind, partner, self.organization_id),
            None => Happening::of_organization(kind, self.organization_id),
        }
    }

    /// Whether a partner's member of this level sees it: who submitted it was added to it.
    pub fn is_open_to(&self, level: Level, member: MemberId, contact: Option<&Contact>) -> bool {
        let added = self.submitted_by.membership.is_some_and(|of| of.member_id == member)
            || contact.is_some_and(|contact| contact.individual.member_id == member);
        level.opens(Act::SeeAll) || added && level.opens(Act::SeeWhereAdded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_lines_and_32_kb() {
        assert!("a\r\n\tb".parse::<Message>().is_ok());
        assert!("あ".repeat(10_922).parse::<Message>().is_ok());
        for bad in ["", " \n", "a\u{0}", &"あ".repeat(10_923)] {
            assert!(bad.parse::<Message>().is_err());
        }
    }

    #[test]
    fn only_an_agent_brings_back_what_is_closed() {
        use ServiceRequestStatus::{Closed, Open, Solved, Waiting};
        for from in [Open, Waiting, Solved, Closed] {
            for to in [Open, Waiting, Solved, Closed] {
                assert!(from.can_become(to, true));
                assert_eq!(from.can_become(to, false), from != Closed || to == Closed, "{from:?} {to:?}");
            }
        }
    }

    #[test]
    fn a_month_is_a_month() {
        let time: Timestamp = "2026-11-30T23:59:59.999Z".parse().unwrap();
        assert_eq!("2026-11".parse::<Month>().unwrap(), Month::of(time));
        for bad in ["", "2026", "2026-13", "2026-1", "2026-011", "26-11", "2026-11-01", "+026-11"] {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
    }
}
