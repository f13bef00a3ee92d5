//! Requests for access.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::grant::Individual;
use crate::id::{AccessRequestId, OrganizationId, PartnerId};
use crate::level::Level;
use crate::party::Metadata;
use crate::problem::ErrorKind;
use crate::text::{Description, Email};
use crate::time::{Period, Timestamp};
use crate::words::words;

/// A member for whom access is asked, and how far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestedGrant {
    /// Who.
    #[serde(flatten)]
    pub individual: Individual,
    /// How far.
    pub level: Level,
}

words! {
    /// What became of a request.
    pub enum RequestState {
        /// Nobody has decided yet.
        Pending = "pending",
        /// A contact manager has approved it.
        Approved = "approved",
        /// A contact manager has declined it.
        Declined = "declined",
        /// The partner has taken it back.
        Cancelled = "cancelled",
        /// Nobody has decided in time.
        Lapsed = "lapsed",
    }
}

/// A partner's request for access, addressed to an e-mail: whose that is, and whether it is anybody's, it does not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessRequest {
    /// Its id.
    pub id: AccessRequestId,
    /// Who asks.
    pub partner_id: PartnerId,
    /// The member who asks for it.
    pub requested_by: Individual,
    /// Who is asked.
    pub contact_manager_email: Email,
    /// What is asked for all members of the partner, also those who come later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_level: Option<Level>,
    /// What is asked for single members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub individuals: Vec<RequestedGrant>,
    /// Until when, not included.
    pub expires_at: Timestamp,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Description>,
    /// What became of it.
    pub state: RequestState,
    /// Until when somebody can decide, not included.
    pub lapses_at: Timestamp,
    /// When somebody did, or nobody could any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// Where access was given, if it was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// Why it was declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_reason: Option<Description>,
    /// When, and which version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

impl AccessRequest {
    /// How long somebody can decide.
    pub const LAPSES_AFTER: Period = Period::days(90);
    /// It is not pending any more.
    pub const NOT_PENDING: ErrorKind = ErrorKind::state(
        "request-not-pending",
        "the request is not pending any more: the detail tells its state",
    );

    /// It as it is at an instant: its time to be decided is over whether or not anybody noticed.
    pub fn at(self, now: Timestamp) -> Self {
        match self.state {
            RequestState::Pending if now >= self.lapses_at => {
                Self { state: RequestState::Lapsed, decided_at: Some(self.lapses_at), ..self }
            }
            _ => self,
        }
    }
}

/// How long access lasts at most.
pub const LONGEST: Period = Period::months(24);

/// The end of access that is asked for, or given, is not to come.
pub const EXPIRY_PASSED: ErrorKind = ErrorKind::rule("expiry-passed", "the expiry is not in the future");

/// It is too far away.
pub const EXPIRY_TOO_FAR: ErrorKind = ErrorKind::rule("expiry-too-far", "access lasts two years at most");

/// What is wrong with an end of access, if anything is.
pub fn check_expiry(expires_at: Timestamp, now: Timestamp) -> Option<ErrorKind> {
    if expires_at <= now {
        return Some(EXPIRY_PASSED);
    }
    (expires_at > now.after(LONGEST)).then_some(EXPIRY_TOO_FAR)
}
