//! Markers of the service requests that are not solved, by which the vendor's staff finds them across all months.

use domain::{OrganizationId, ServiceRequest, ServiceRequestId, ServiceRequestStatus, Timestamp};
use serde::{Deserialize, Serialize};

use super::item::Entity;
use super::key::Key;
use super::pattern::{AccessPattern, Described, Index, ListPattern, given, patterns};

/// Partition of the markers.
const UNSOLVED: &str = "UNSOLVED_SERVICE_REQUESTS";

/// Marker of a service request that is open or waiting. It is written and removed in the transactions that change the
/// status, so that the service requests are counted by status without being read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnsolvedRequest {
    /// Id of the service request.
    pub service_request_id: ServiceRequestId,
    /// Organization that the service request belongs to.
    pub organization_id: OrganizationId,
    /// Status: open or waiting. A marker from before it had the status counts as open.
    #[serde(default = "open")]
    pub status: ServiceRequestStatus,
}

/// Returns the status of a marker that has none.
fn open() -> ServiceRequestStatus {
    ServiceRequestStatus::Open
}

impl UnsolvedRequest {
    /// Returns the marker of a service request.
    pub fn of(request: &ServiceRequest) -> Self {
        Self {
            service_request_id: request.id,
            organization_id: request.organization_id,
            status: request.status,
        }
    }
}

impl Entity for UnsolvedRequest {
    const NAME: &'static str = "unsolved-service-request";

    fn key(&self) -> Key {
        unsolved_request_key(self.service_request_id)
    }
}

/// Finds the service requests that are not solved, by time of submission.
#[derive(Debug, Clone)]
pub struct UnsolvedRequests {
    /// If set, only those submitted at or after this time.
    pub from: Option<Timestamp>,
    /// If set, only those submitted before this time.
    pub to: Option<Timestamp>,
}

impl AccessPattern for UnsolvedRequests {
    type Entity = UnsolvedRequest;
    const DESCRIBED: Described = Described {
        name: "UnsolvedRequests",
        about: "the service requests of all organizations that are not solved, by time of submission",
        place: "`UNSOLVED_SERVICE_REQUESTS` · `<service request>`",
    };
}

impl ListPattern for UnsolvedRequests {
    fn index(&self) -> Index {
        Index::Table
    }

    fn partition(&self) -> String {
        UNSOLVED.to_owned()
    }

    fn range(&self) -> (String, String) {
        given::<ServiceRequestId>("", self.from, self.to)
    }
}

patterns! {
    custom UnsolvedRequests {}
}

/// Returns the key of the marker of a service request.
pub(super) fn unsolved_request_key(request: ServiceRequestId) -> Key {
    Key::new(UNSOLVED, request.to_string())
}
