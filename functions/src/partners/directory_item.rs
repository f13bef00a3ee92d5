//! Items of the list of organizations that a partner serves.

use domain::{AccessRequestId, Level, Name, OrganizationId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

/// An organization that a partner serves.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryItem {
    /// Id of the organization.
    pub(super) organization_id: OrganizationId,
    /// Display name of the organization: 1 to 200 characters.
    pub(super) name: Name,
    /// Whether the organization is in the partner's directory. If not, only a grant gives access to it.
    pub(super) in_directory: bool,
    /// Access level that the caller has there now. Absent if the caller has no access, and for operators and agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) level: Option<Level>,
    /// Time from which the grant behind `level` is no longer active; RFC 3339, UTC. Absent if `level` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires_at: Option<Timestamp>,
    /// Pending requests of the partner that are addressed to a contact manager who approved an earlier request there.
    /// Absent for operators and agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pending_requests: Option<Vec<PendingRequestItem>>,
    /// Whether the caller gets mail about each service request that is submitted there. Absent if the caller's access
    /// level is below `look`, and for operators and agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) on_submitted: Option<bool>,
}

/// A pending access request.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingRequestItem {
    /// Id of the access request.
    pub(super) id: AccessRequestId,
    /// Access level that is requested for the caller: its own or, without one, that for all members of the partner.
    /// Absent if the request is for other members only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) level: Option<Level>,
    /// Time at which the requested access is to expire, exclusive; RFC 3339, UTC.
    pub(super) expires_at: Timestamp,
    /// Time until which the request can be decided, exclusive; RFC 3339, UTC.
    pub(super) lapses_at: Timestamp,
}
