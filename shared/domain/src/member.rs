//! Members: records of a partner's people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::grant::MemberRecord;
use crate::event::{EventKind, NewEvent};
use crate::id::{MemberId, PartnerId};
use crate::language::Language;
use crate::party::Metadata;
use crate::text::{Email, Name};
use crate::time::{TimeZone, Timestamp};

/// Person who works for a partner. Without this record nobody can use the partner's access, whatever a token states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Id of the member. A person who is removed and added again gets a new id, and none of the grants that the
    /// earlier member had.
    pub id: MemberId,
    /// Partner that the member works for.
    pub partner_id: PartnerId,
    /// E-mail of the member; at most 254 bytes, unique within the partner.
    pub email: Email,
    /// Name of the member; 1 to 200 characters.
    pub name: Name,
    /// Whether the member may manage the partner's members and request access for others.
    pub admin: bool,
    /// Number of members with this e-mail that the partner had removed before it added this one. A grant to an e-mail is
    /// bound to it.
    #[serde(default)]
    pub removals: u64,
    /// Time at which the member was removed; RFC 3339, UTC. Absent while the person is a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
    /// Time at which the member was disabled; RFC 3339, UTC. Absent while the member is enabled. A disabled member has
    /// no rights, but keeps its e-mail and everything that applies again when it is enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// Whether the deactivation of the partner disabled the member. Its restoration then enables the member again. Absent if
    /// not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled_by_deactivation: bool,
    /// Language in which the person is addressed; a BCP 47 tag such as `ja`. Absent if none was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// IANA time zone in which the person is shown times, such as `Asia/Tokyo`. Absent if none was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
    /// Time at which the person was erased; RFC 3339, UTC. The record then has neither the person's name nor its e-mail. Absent if
    /// the person was not erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Timestamp>,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

impl Member {
    /// Returns the record as far as decisions about access need it.
    pub fn record(&self) -> MemberRecord {
        MemberRecord { id: self.id, removals: self.removals }
    }

    /// Returns whether the member has the rights of its record: it is neither removed nor disabled.
    pub fn is_active(&self) -> bool {
        self.removed_at.is_none() && self.disabled_at.is_none()
    }

    /// Returns the record without the person: removed, with another name and e-mail, and without language and time zone.
    pub fn erased(&self, now: Timestamp) -> Self {
        Self {
            email: Email::of_erased(self.id),
            name: Name::of_erased(),
            language: None,
            time_zone: None,
            removed_at: self.removed_at.or(Some(now)),
            erased_at: Some(now),
            metadata: self.metadata.next(now),
            ..self.clone()
        }
    }

    /// Returns an event about the member, which concerns its partner.
    pub fn event(&self, kind: impl Into<EventKind>) -> NewEvent {
        NewEvent::of_partner(kind, self.partner_id).about(self.metadata)
    }
}
