//! Who asked for access, and has it.

use std::collections::BTreeSet;

use domain::{Access, AccessRequest, AccessRequestId, RequestState, Timestamp};
use serde::{Deserialize, Serialize};

use super::Entity;
use crate::table::key::{self, Key};

impl Entity for AccessRequest {
    const NAME: &'static str = "access-request";

    fn key(&self) -> Key {
        key::access_request(self.id)
    }

    fn by_key(&self) -> Option<Key> {
        Some(key::request_to(&self.contact_manager_email, self.id))
    }

    fn by_facet(&self) -> Option<Key> {
        Some(key::request_of_partner(self.partner_id, self.id))
    }

    fn due(&self) -> Option<Timestamp> {
        (self.state == RequestState::Pending).then_some(self.lapses_at)
    }
}

impl Entity for Access {
    const NAME: &'static str = "access";

    fn key(&self) -> Key {
        key::access(self.organization_id, self.partner_id)
    }

    fn by_key(&self) -> Option<Key> {
        Some(key::access_of_partner(self.partner_id, self.organization_id))
    }

    fn due(&self) -> Option<Timestamp> {
        Access::due(self)
    }
}

/// A partner's requests that are pending: it has not too many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRequests {
    /// Whose.
    #[serde(flatten)]
    pub at: Key,
    /// Which. DynamoDB keeps no empty set.
    #[serde(default)]
    pub requests: BTreeSet<AccessRequestId>,
}

impl Entity for PendingRequests {
    const NAME: &'static str = "pending-requests";

    fn key(&self) -> Key {
        self.at.clone()
    }
}
