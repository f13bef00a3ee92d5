//! Access requests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::grant::{Individual, LONGEST};
use crate::id::{AccessRequestId, OrganizationId, PartnerId};
use crate::level::Level;
use crate::party::Metadata;
use crate::problem::ErrorKind;
use crate::text::{Description, Email};
use crate::time::{Period, Timestamp};
use crate::words::words;

/// Access that is requested for one member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestedGrant {
    /// Member for whom access is requested.
    #[serde(flatten)]
    pub individual: Individual,
    /// Access level that is requested.
    pub level: Level,
}

words! {
    /// State of an access request.
    pub enum RequestState {
        /// The request waits for a decision.
        Pending = "pending",
        /// A contact manager approved the request.
        Approved = "approved",
        /// A contact manager declined the request.
        Declined = "declined",
        /// The partner cancelled the request, or was deactivated.
        Cancelled = "cancelled",
        /// The request was not decided within 90 days, nor before the requested access would have expired.
        Lapsed = "lapsed",
    }
}

/// Partner's request for access. It is addressed to an e-mail, and does not disclose to whom the e-mail belongs, or
/// whether it belongs to anyone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessRequest {
    /// Id of the request.
    pub id: AccessRequestId,
    /// Partner that requests access.
    pub partner_id: PartnerId,
    /// Member who submitted the request.
    pub requested_by: Individual,
    /// E-mail of the contact manager to whom the request is addressed; at most 254 bytes.
    pub contact_manager_email: Email,
    /// Access level that is requested for all members of the partner, including future ones. Absent if none is
    /// requested for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_level: Option<Level>,
    /// Access that is requested for single members; at most 20. Absent if none is requested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub individuals: Vec<RequestedGrant>,
    /// Time at which the requested access is to expire, exclusive; RFC 3339, UTC. At most 24 months after the
    /// submission of the request, by the calendar of UTC.
    pub expires_at: Timestamp,
    /// Reason for the request; 1 to 1,000 characters. Absent if none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Description>,
    /// State of the request.
    pub state: RequestState,
    /// Time until which the request can be decided, exclusive; RFC 3339, UTC. It is 90 days after the submission, or
    /// `expiresAt` if that is earlier.
    pub lapses_at: Timestamp,
    /// Time at which the request was approved, declined or cancelled, or lapsed; RFC 3339, UTC. Absent while it is
    /// pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// Organization in which access was granted. Absent if the request was not approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// Reason for which the request was declined; 1 to 1,000 characters. Absent if none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_reason: Option<Description>,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

impl AccessRequest {
    /// Time after which a request that was not decided lapses, unless its `expiresAt` is earlier.
    pub const LAPSES_AFTER: Period = Period::days(90);
    /// The request is no longer pending.
    pub const NOT_PENDING: ErrorKind =
        ErrorKind::state("request-not-pending", "the request is no longer pending; `detail` names its state");

    /// Returns the time at which a request that is submitted at `now` lapses: a request for access that would have
    /// expired cannot be decided.
    pub fn lapse_time(expires_at: Timestamp, now: Timestamp) -> Timestamp {
        now.after(Self::LAPSES_AFTER).min(expires_at)
    }

    /// Returns the request as of an instant. A pending request has lapsed from `lapsesAt` on, whether or not the
    /// scheduled job has run.
    pub fn at(self, now: Timestamp) -> Self {
        match self.state {
            RequestState::Pending if now >= self.lapses_at => {
                Self { state: RequestState::Lapsed, decided_at: Some(self.lapses_at), ..self }
            }
            _ => self,
        }
    }
}

/// The expiry of the access is not in the future.
pub const EXPIRY_PASSED: ErrorKind = ErrorKind::rule("expiry-passed", "the expiry must be in the future");

/// The expiry of the access is more than [`LONGEST`] in the future.
pub const EXPIRY_TOO_FAR: ErrorKind =
    ErrorKind::rule("expiry-too-far", "the expiry must be at most two years ahead");

/// Returns the error of an expiry that is not allowed; `None` if it is allowed.
pub fn check_expiry(expires_at: Timestamp, now: Timestamp) -> Option<ErrorKind> {
    if expires_at <= now {
        return Some(EXPIRY_PASSED);
    }
    (expires_at > now.after(LONGEST)).then_some(EXPIRY_TOO_FAR)
}
