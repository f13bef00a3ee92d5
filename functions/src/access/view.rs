//! Access as it is shown.

use api_runtime::Output;
use domain::access::Ended;
use domain::{
    Access, AccessRequestId, Email, Grant, GrantId, GrantState, Level, MemberId, Metadata, OrganizationId,
    PartnerId, Timestamp, Version,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::party::{Names, Party};

/// A grant as it is shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GrantView {
    /// Its id.
    id: GrantId,
    /// Whether it lasts now.
    state: GrantState,
    /// To whom; none if to all members of the partner.
    #[serde(skip_serializing_if = "Option::is_none")]
    individual: Option<GranteeView>,
    /// How far it goes.
    level: Level,
    /// When it was given.
    created_at: Timestamp,
    /// Until when, not included.
    expires_at: Timestamp,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// The request that was approved; none if nobody asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<AccessRequestId>,
}

/// A single member to whom a grant is given, as it is shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GranteeView {
    /// The member's e-mail.
    email: Email,
    /// The member, where the partner itself named it; a grant that nobody asked for is for the e-mail's first owner among the
    /// partner's members, present or to come.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_id: Option<MemberId>,
}

impl GrantView {
    pub(super) fn of(grant: &Grant, now: Timestamp) -> Self {
        let state = grant.state(now);
        Self {
            id: grant.id,
            state,
            individual: grant
                .individual
                .as_ref()
                .map(|one| GranteeView { email: one.email.clone(), member_id: one.member_id() }),
            level: grant.level,
            created_at: grant.created_at,
            expires_at: grant.expires_at,
            ended_at: match (grant.ended, state) {
                (Some(Ended { at, .. }), _) => Some(at),
                (None, GrantState::Expired) => Some(grant.expires_at),
                (None, _) => None,
            },
            request_id: grant.origin.as_ref().map(|origin| origin.request_id),
        }
    }
}

/// All access of a partner in an organization, as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessView {
    /// In which organization.
    organization: Party<OrganizationId>,
    /// Whose.
    partner: Party<PartnerId>,
    /// What is in force, and the last of what has ended, in the order in which it was given.
    grants: Vec<GrantView>,
    /// When, and which version.
    #[serde(flatten)]
    metadata: Metadata,
}

impl AccessView {
    pub(super) fn of(access: &Access, names: &Names, now: Timestamp) -> Self {
        Self {
            organization: names.organization(access.organization_id),
            partner: names.partner(access.partner_id),
            grants: access.grants.iter().map(|grant| GrantView::of(grant, now)).collect(),
            metadata: access.metadata,
        }
    }
}

impl Output for AccessView {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.metadata.version)
    }
}
