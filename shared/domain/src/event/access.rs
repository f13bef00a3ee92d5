//! What happens to requests for access, and to access.

use super::data::event_data;
use crate::id::{AccessRequestId, GrantId, MemberId};
use crate::level::Level;
use crate::text::{Description, Email};
use crate::time::Timestamp;

event_data! {
    /// A partner asked somebody for access.
    AccessRequested {
        /// By which request.
        request_id: AccessRequestId,
    }

    /// A request for access was approved. The organization is in the partner's directory from then on.
    AccessApproved {
        /// Which request.
        request_id: AccessRequestId,
    }

    /// A request for access was declined.
    AccessDeclined {
        /// Which request.
        request_id: AccessRequestId,
    }

    /// The partner took a request for access back.
    AccessCancelled {
        /// Which request.
        request_id: AccessRequestId,
    }

    /// Nobody decided about a request for access in time.
    AccessLapsed {
        /// Which request.
        request_id: AccessRequestId,
    }

    /// Access was given. The organization is in the partner's directory from then on.
    AccessGranted {
        /// By which grant.
        grant_id: GrantId,
        /// How far it goes.
        level: Level,
        /// Until when, not included.
        expires_at: Timestamp,
        /// The member to whom, as the partner named it; neither this nor `email` if to all members of the partner.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member_id: Option<MemberId>,
        /// The e-mail to whose owner among the partner's members, as the organization named it unasked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<Email>,
        /// What for, where who gave it without being asked said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Description>,
    }

    /// Access ends soon.
    AccessExpiring {
        /// Which grant.
        grant_id: GrantId,
        /// In so many days, or fewer.
        days: u16,
    }

    /// The time of access is over.
    AccessExpired {
        /// Which grant.
        grant_id: GrantId,
    }

    /// The organization, or the vendor for it, took access back.
    AccessRevoked {
        /// Which grant.
        grant_id: GrantId,
    }

    /// The partner gave access back.
    AccessRelinquished {
        /// Which grant.
        grant_id: GrantId,
    }

    /// Access was given in place of what was in force.
    AccessReplaced {
        /// Which grant was.
        grant_id: GrantId,
        /// By which.
        replaced_by: GrantId,
    }
}
