//! Records of the vendor's staff.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::author::{Author, AuthorKind};
use crate::language::Language;
use crate::party::Metadata;
use crate::text::{Email, Name};
use crate::time::{TimeZone, Timestamp};

/// Record of an operator, agent or machine of the vendor. The vendor's issuer, not Vouchsafe, decides who they are:
/// the record only keeps what the last token said, and what the person set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StaffRecord {
    /// Subject (`sub`) of the token: 1 to 255 characters.
    pub subject: String,
    /// Kind of the person.
    pub kind: AuthorKind,
    /// Verified e-mail; `None` for a machine without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Name that the person set; `None` if none was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// Language in which the person is addressed; a BCP 47 tag such as `ja`. Absent if none was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// IANA time zone in which the person is shown times, such as `Asia/Tokyo`. Absent if none was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
    /// Time at which the person was erased; `None` if it was not. The record then has neither e-mail nor name, whatever a
    /// later token of the subject states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Timestamp>,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

impl StaffRecord {
    /// Returns the record without the person.
    pub fn erased(&self, now: Timestamp) -> Self {
        let metadata = self.metadata.next(now);
        let erased_at = Some(now);
        let (email, name, language, time_zone) = (None, None, None, None);
        Self { email, name, language, time_zone, erased_at, metadata, ..self.clone() }
    }

    /// Returns the record after a call by the actor, given the record before; `None` if it is as it should be, or if the
    /// actor is not of the vendor's staff.
    pub fn after_call(before: Option<Self>, actor: &Actor, now: Timestamp) -> Option<Self> {
        if !actor.is_staff() {
            return None;
        }
        let (Author { kind, id: subject }, email) = (actor.author(), actor.email.clone());
        match before {
            None => Some(Self {
                subject,
                kind,
                email,
                name: None,
                language: None,
                time_zone: None,
                erased_at: None,
                metadata: Metadata::new(now),
            }),
            Some(before) if before.erased_at.is_some() => None,
            Some(before) if before.kind == kind && before.email == email => None,
            Some(before) => Some(Self { kind, email, metadata: before.metadata.next(now), ..before }),
        }
    }
}
