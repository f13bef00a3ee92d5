//! Events of access requests and access grants.

use super::data::event_data;
use crate::id::{AccessRequestId, GrantId, MemberId};
use crate::level::Level;
use crate::text::Description;
use crate::time::Timestamp;

event_data! {
    /// Recorded in the partner's log when a member requests access.
    AccessRequested {
        /// Id of the access request.
        request_id: AccessRequestId,
    }

    /// Recorded in the logs of the partner and the organization when a contact manager approves an access request. From
    /// then on the organization is in the partner's directory.
    AccessApproved {
        /// Id of the access request.
        request_id: AccessRequestId,
        /// Ids of the grants that the approval gives; each has an event `access.granted`.
        #[serde(default)]
        grant_ids: Vec<GrantId>,
    }

    /// Recorded in the partner's log when a contact manager declines an access request.
    AccessDeclined {
        /// Id of the access request.
        request_id: AccessRequestId,
    }

    /// Recorded in the partner's log when the partner cancels an access request, and for each pending request of a
    /// partner that is deactivated.
    AccessCancelled {
        /// Id of the access request.
        request_id: AccessRequestId,
    }

    /// Recorded in the partner's log when an access request lapses, because it was not decided within 90 days or
    /// before the requested access would have expired.
    AccessLapsed {
        /// Id of the access request.
        request_id: AccessRequestId,
    }

    /// Recorded in the logs of the partner and the organization for each grant that is given, by approval of a request
    /// or without one. From then on the organization is in the partner's directory.
    AccessGranted {
        /// Id of the grant.
        grant_id: GrantId,
        /// Level of the grant.
        level: Level,
        /// End of the grant, exclusive; RFC 3339, UTC.
        expires_at: Timestamp,
        /// Member who gets access, if an approved request named the member. Absent if all members of the partner get access,
        /// and if a contact manager granted access to one person without a request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member_id: Option<MemberId>,
        /// Reason for a grant without a request; 1 to 1,000 characters. Absent if none was given, and if a request was
        /// approved.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Description>,
        /// Id of the approved access request. Absent if the grant was given without a request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_id: Option<AccessRequestId>,
        /// Whether the grant is extended by its own length before it expires.
        #[serde(default)]
        auto_extend: bool,
        /// Whether one person gets access, whom the lists of access name, and not all members of the partner.
        #[serde(default)]
        individual: bool,
    }

    /// Recorded in the logs of the partner and the organization 30 days, 7 days and 1 day before a grant expires. Not
    /// recorded for a grant of a member who was removed, for a grant that is extended automatically, nor for a time
    /// before the grant was given or extended.
    AccessExpiring {
        /// Id of the grant.
        grant_id: GrantId,
        /// Days before the expiry for which the reminder is: 30, 7 or 1. Less time is left if the scheduled job was
        /// late.
        days: u16,
    }

    /// Recorded in the logs of the partner and the organization when the scheduled job finds that a grant has expired.
    /// A grant is ignored from its expiry time on, whether or not the job has run.
    AccessExpired {
        /// Id of the grant.
        grant_id: GrantId,
    }

    /// Recorded in the logs of the partner and the organization when a contact manager or an operator revokes a grant.
    AccessRevoked {
        /// Id of the grant.
        grant_id: GrantId,
    }

    /// Recorded in the logs of the partner and the organization when the partner relinquishes a grant.
    AccessRelinquished {
        /// Id of the grant.
        grant_id: GrantId,
    }

    /// Recorded in the logs of the partner and the organization for each active grant that a new one for the same
    /// people replaces.
    AccessReplaced {
        /// Id of the replaced grant.
        grant_id: GrantId,
        /// Id of the new grant.
        replaced_by: GrantId,
    }

    /// Recorded in the logs of the partner and the organization when the scheduled job extends a grant by its own
    /// length: 30 days before its expiry or, if it was given for less than 60 days, at half its length before.
    AccessExtended {
        /// Id of the grant.
        grant_id: GrantId,
        /// New end of the grant, exclusive, at most 24 months ahead; RFC 3339, UTC.
        expires_at: Timestamp,
        /// End of the grant before the extension, exclusive; RFC 3339, UTC.
        previous_expires_at: Timestamp,
    }

    /// Recorded in the logs of the partner and the organization when the automatic extension of a grant is switched on
    /// or off. The scheduled job switches it off when a grant to be extended is of a member who was removed.
    AccessUpdated {
        /// Id of the grant.
        grant_id: GrantId,
        /// Whether the grant is extended by its own length before it expires.
        auto_extend: bool,
    }

    /// Recorded in the logs of the partner and the organization for each grant of a removed member that ends to make
    /// room for a new grant, because a partner has at most 100 active individual grants in an organization.
    AccessMemberRemoved {
        /// Id of the grant.
        grant_id: GrantId,
    }

    /// Recorded in the logs of the partner and the organization for each active grant that ends because the partner or
    /// the organization is deactivated. Its restoration gives no grant back.
    AccessDeactivated {
        /// Id of the grant.
        grant_id: GrantId,
    }
}
