//! Access in API responses.

use api_runtime::Output;
use domain::access::Ended;
use domain::{
    Access, AccessRequestId, Email, Grant, GrantId, GrantState, Level, MemberId, Metadata, Name,
    OrganizationId, PartnerId, PersonRef, Timestamp, Version,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::party::{Names, Party};
use crate::person_names::{NamedPerson, People};

/// An access grant.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GrantView {
    /// Id of the grant.
    id: GrantId,
    /// State of the grant at the time of the response.
    state: GrantState,
    /// Member that the grant is for. Absent if the grant is for all members of the partner.
    #[serde(skip_serializing_if = "Option::is_none")]
    individual: Option<GranteeView>,
    /// Access level. Each level includes the ones before it: `cc`, `look`, `update`, `create`, `service-admin`,
    /// `full-admin`.
    level: Level,
    /// Time at which the grant was given; RFC 3339, UTC.
    created_at: Timestamp,
    /// Time from which the grant is no longer active; RFC 3339, UTC.
    expires_at: Timestamp,
    /// Whether the grant is extended by its own length 30 days before it expires; if it was given for less than 60
    /// days, at half its length before. The new expiry is at most 24 months ahead.
    auto_extend: bool,
    /// Time at which the grant expired, was revoked, relinquished or replaced, or ended because its member had been
    /// removed; RFC 3339, UTC. Absent while the grant is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// Id of the approved access request. Absent if the grant was given without a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<AccessRequestId>,
}

/// The member that an individual grant is for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GranteeView {
    /// E-mail of the member; at most 254 bytes. Absent if the person was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    /// The value `true` if the person was erased, and therefore has neither name nor e-mail. Absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    erased: bool,
    /// Id of the member, if the partner named the member in an access request. Absent if the grant was given without a
    /// request: then it is bound to the member that had the e-mail at that time or, if there was none, to the first one
    /// added.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_id: Option<MemberId>,
    /// Current name of the member; 1 to 200 characters. Present only in lists, and only together with `memberId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
}

impl GrantView {
    pub(super) fn of(grant: &Grant, now: Timestamp) -> Self {
        let state = grant.state(now);
        Self {
            id: grant.id,
            state,
            individual: grant.individual.as_ref().map(|one| {
                let NamedPerson { email, is_erased, .. } = NamedPerson::of_email(one.email.clone());
                GranteeView { email, erased: is_erased, member_id: one.member_id(), name: None }
            }),
            level: grant.level,
            created_at: grant.created_at,
            expires_at: grant.expires_at,
            auto_extend: grant.auto_extend,
            ended_at: match (grant.ended, state) {
                (Some(Ended { at, .. }), _) => Some(at),
                (None, GrantState::Expired) => Some(grant.expires_at),
                (None, _) => None,
            },
            request_id: grant.origin.as_ref().map(|origin| origin.request_id),
        }
    }
}

/// All access of a partner in an organization.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessView {
    /// Organization that the access is for.
    organization: Party<OrganizationId>,
    /// Partner that has the access.
    partner: Party<PartnerId>,
    /// Active grants and the last 20 that ended, in the order in which they were given. The history has all earlier
    /// ones.
    grants: Vec<GrantView>,
    /// Times of creation and of the last change, and the version.
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

    /// Adds the names of the members whom the partner named in a request. From the approval, the organization knows
    /// who they are.
    pub(super) fn named_by(mut self, members: &People) -> Self {
        for individual in self.grants.iter_mut().filter_map(|grant| grant.individual.as_mut()) {
            let member = individual.member_id.filter(|_| !individual.erased);
            individual.name = member.and_then(|member| members.member(member));
        }
        self
    }
}

/// Returns the members whom the partner named in requests that led to grants.
pub(super) fn grantees_of(access: &Access) -> impl Iterator<Item = PersonRef> + '_ {
    let individuals = access.grants.iter().filter_map(|grant| grant.individual.as_ref());
    individuals.filter_map(|one| one.member_id()).map(PersonRef::Member)
}

impl Output for AccessView {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.metadata.version)
    }
}
