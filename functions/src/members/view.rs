//! Members in API responses.

use api_runtime::Output;
use domain::{Email, Language, Member, MemberId, Metadata, Name, PartnerId, TimeZone, Timestamp, Version};
use schemars::JsonSchema;
use serde::Serialize;

/// A member of a partner.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Member")]
pub struct MemberView {
    /// Id of the member. A person who is removed and added again gets a new id, and none of the grants that the
    /// earlier member had.
    id: MemberId,
    /// Partner that the member works for.
    partner_id: PartnerId,
    /// E-mail of the member; at most 254 bytes, unique within the partner. Absent if the person was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    /// Name of the member; 1 to 200 characters. Absent if the person was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    /// The value `true` if the person was erased, and therefore has neither name nor e-mail. Absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    erased: bool,
    /// Whether the member may manage the partner's members and request access for others.
    admin: bool,
    /// Number of members with this e-mail that the partner had removed before it added this one. A grant to an e-mail is
    /// bound to it.
    removals: u64,
    /// Time at which the member was removed; RFC 3339, UTC. Absent while the person is a member.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed_at: Option<Timestamp>,
    /// Time at which the member was disabled; RFC 3339, UTC. Absent while the member is enabled. A disabled member has
    /// no rights, but keeps its e-mail and everything that applies again when it is enabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<Timestamp>,
    /// Whether the deactivation of the partner disabled the member. Its restoration then enables the member again. Absent if
    /// not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    disabled_by_deactivation: bool,
    /// Language in which the person is addressed; a BCP 47 tag such as `ja`. Absent if none was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Language>,
    /// IANA time zone in which the person is shown times, such as `Asia/Tokyo`. Absent if none was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<TimeZone>,
    /// Time at which the person was erased; RFC 3339, UTC. Absent if the person was not erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    erased_at: Option<Timestamp>,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    metadata: Metadata,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        let erased = member.erased_at.is_some();
        Self {
            id: member.id,
            partner_id: member.partner_id,
            email: Some(member.email).filter(|_| !erased),
            name: Some(member.name).filter(|_| !erased),
            erased,
            admin: member.admin,
            removals: member.removals,
            removed_at: member.removed_at,
            disabled_at: member.disabled_at,
            disabled_by_deactivation: member.disabled_by_deactivation,
            language: member.language,
            time_zone: member.time_zone,
            erased_at: member.erased_at,
            metadata: member.metadata,
        }
    }
}

impl Output for MemberView {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.metadata.version)
    }
}
