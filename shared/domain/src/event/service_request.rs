//! What happens to service requests.

use super::data::event_data;
use crate::id::{CustomerId, MemberId, ServiceRequestId};
use crate::service_request_kind::{ContactRole, ServiceRequestKind, ServiceRequestStatus};

event_data! {
    /// A service request was submitted.
    ServiceRequestOpened {
        /// Which.
        service_request_id: ServiceRequestId,
        /// Of what kind.
        kind: ServiceRequestKind,
    }

    /// Somebody said something about a service request, or changed how far it is.
    ServiceRequestUpdated {
        /// Which.
        service_request_id: ServiceRequestId,
        /// By which of its updates.
        number: u64,
        /// How far it is now, if that was said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<ServiceRequestStatus>,
    }

    /// Somebody is a contact of a service request, or another one than before.
    ServiceRequestContactSet {
        /// Of which.
        service_request_id: ServiceRequestId,
        /// What it is to it.
        role: ContactRole,
        /// Who, if it is a customer on record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer_id: Option<CustomerId>,
        /// Who, if it is a partner's member.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member_id: Option<MemberId>,
    }

    /// Somebody wants to be told of an organization's service requests, or no longer.
    NotificationPreferenceSet {
        /// Whether of each that is submitted.
        on_submitted: bool,
        /// Who, if it is a partner's member.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member_id: Option<MemberId>,
    }

    /// Somebody is no contact of a service request any more.
    ServiceRequestContactRemoved {
        /// Of which.
        service_request_id: ServiceRequestId,
        /// Who, if it is a customer on record.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer_id: Option<CustomerId>,
        /// Who, if it is a partner's member.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        member_id: Option<MemberId>,
    }
}
