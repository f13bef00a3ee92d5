//! Events of service requests.

use super::data::event_data;
use crate::id::{CustomerId, MemberId, ServiceRequestId};
use crate::service_request_kind::{ContactRole, ServiceRequestKind, ServiceRequestStatus};
use crate::time::TimeZone;

event_data! {
    /// Recorded when a service request is submitted: in the organization's log and, if a partner's member submitted it,
    /// in the partner's log.
    ServiceRequestOpened {
        /// Id of the service request.
        service_request_id: ServiceRequestId,
        /// Kind of the service request.
        kind: ServiceRequestKind,
    }

    /// Recorded when a service request gets an update, with a text, a status or both: in the organization's log and, if
    /// a partner's member made it, in the partner's log.
    ServiceRequestUpdated {
        /// Id of the service request.
        service_request_id: ServiceRequestId,
        /// Number of the update among those of the service request, from 1.
        number: u64,
        /// Status of the service request after the update; absent if the update set none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<ServiceRequestStatus>,
        /// Time zone of the service request after the update; absent if the update set none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time_zone: Option<TimeZone>,
    }

    /// Recorded when a person becomes a contact of a service request, or a contact gets another role: in the
    /// organization's log, and in the log of the partner whose member made the change or, otherwise, whose member the
    /// contact is.
    ServiceRequestContactSet {
        /// Id of the service request.
        service_request_id: ServiceRequestId,
        /// Role of the contact.
        role: ContactRole,
        /// Customer record of the contact; absent if the contact has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer_id: Option<CustomerId>,
        /// Partner's member who is the contact; absent if the contact is no partner's member.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member_id: Option<MemberId>,
    }

    /// Recorded when a person changes the preference for mail about an organization's service requests: in the
    /// organization's log and, if the person is a partner's member, in the partner's log.
    NotificationPreferenceSet {
        /// Whether the person is to be notified of each service request that is submitted.
        on_submitted: bool,
        /// Partner's member whose preference it is; absent for a customer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member_id: Option<MemberId>,
    }

    /// Recorded when a contact of a service request is removed: in the organization's log, and in the log of the
    /// partner whose member made the change or, otherwise, whose member the contact was.
    ServiceRequestContactRemoved {
        /// Id of the service request.
        service_request_id: ServiceRequestId,
        /// Customer record of the contact; absent if the contact had none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer_id: Option<CustomerId>,
        /// Partner's member who was the contact; absent if the contact was no partner's member.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member_id: Option<MemberId>,
    }
}
