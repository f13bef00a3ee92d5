//! Access requests.

use std::collections::BTreeSet;

use domain::{AccessRequest, AccessRequestId, Email, PartnerId, RequestState, Timestamp};
use serde::{Deserialize, Serialize};

use super::item::Entity;
use super::key::{ALONE, Key, segment};
use super::partner::partner_partition;
use super::pattern::{Index, patterns};
use super::write::{Expression, Update};

/// Prefix of the keys of access requests.
pub(super) const ACCESS_REQUESTS: &str = "ACCESS_REQUEST#";

impl Entity for AccessRequest {
    const NAME: &'static str = "access-request";

    fn key(&self) -> Key {
        access_request_key(self.id)
    }

    fn by_key(&self) -> Option<Key> {
        Some(request_to_key(&self.contact_manager_email, self.id))
    }

    fn by_facet(&self) -> Option<Key> {
        Some(request_of_partner_key(self.partner_id, self.id))
    }

    fn due(&self) -> Option<Timestamp> {
        (self.state == RequestState::Pending).then_some(self.lapses_at)
    }
}

/// Pending access requests of a partner, in one item that limits their number to [`MOST_PENDING`]. Requests that have
/// lapsed are among them until the scheduled job has run, or until they would exceed the limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRequests {
    /// Key of the item, which names the partner.
    #[serde(flatten)]
    pub at: Key,
    /// Ids of the pending requests. Absent in an item without any, because DynamoDB stores no empty set.
    #[serde(default)]
    pub requests: BTreeSet<AccessRequestId>,
}

impl Entity for PendingRequests {
    const NAME: &'static str = "pending-requests";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

patterns! {
    /// an access request
    lookup RequestById(request: AccessRequestId) -> AccessRequest {
        access_request_key(*request),
        "`ACCESS_REQUEST#<request>` · `-`"
    }
    /// the pending access requests of a partner
    lookup PendingOfPartner(partner: PartnerId) -> PendingRequests {
        pending_requests_key(*partner),
        "`PARTNER#<partner>` · `PENDING_REQUESTS`"
    }
    /// the access requests that are addressed to an e-mail
    list RequestsTo(email: Email) -> AccessRequest {
        Index::ByKey, requests_to(email), "",
        "in `by-key` `MANAGER#<e-mail>` · `<request>`"
    }
    /// the access requests of a partner
    list RequestsOfPartner(partner: PartnerId) -> AccessRequest {
        Index::ByFacet, partner_partition(*partner), ACCESS_REQUESTS,
        "in `by-facet` `PARTNER#<partner>` · `ACCESS_REQUEST#…`"
    }
}

/// Returns the key of an access request. Its partner and its addressee find it through the indexes.
pub(super) fn access_request_key(request: AccessRequestId) -> Key {
    Key::new(format!("{ACCESS_REQUESTS}{request}"), ALONE)
}

/// Returns the partition, in `by-key`, of the access requests that are addressed to an e-mail.
pub(super) fn requests_to(email: &Email) -> String {
    format!("MANAGER#{}", segment(email.folded()))
}

/// Returns the key of an access request among those addressed to an e-mail, in `by-key`.
pub(super) fn request_to_key(email: &Email, request: AccessRequestId) -> Key {
    Key::new(requests_to(email), request.to_string())
}

/// Returns the key of an access request among those of its partner, in `by-facet`.
pub(super) fn request_of_partner_key(partner: PartnerId, request: AccessRequestId) -> Key {
    Key::new(partner_partition(partner), format!("{ACCESS_REQUESTS}{request}"))
}

/// Returns the key of a partner's pending access requests.
pub(super) fn pending_requests_key(partner: PartnerId) -> Key {
    Key::new(partner_partition(partner), "PENDING_REQUESTS")
}

/// Maximum number of pending access requests of a partner.
pub const MOST_PENDING: u64 = 50;

/// Adds a pending access request, on the condition that the partner has fewer than [`MOST_PENDING`].
pub fn add_pending(request: AccessRequestId) -> Update {
    let update = Expression::new("ADD #requests :one SET #entity = :entity");
    let condition = Expression::new("attribute_not_exists(#requests) OR size(#requests) < :most");
    Update {
        update: update.set_of_one("one", request.to_string()).text("entity", PendingRequests::NAME),
        condition: condition.number("most", MOST_PENDING),
    }
}

/// Replaces the pending access requests, on the condition that they are as they were read. Both sets must not be empty.
pub fn replace_pending(seen: &BTreeSet<AccessRequestId>, pending: &BTreeSet<AccessRequestId>) -> Update {
    let texts =
        |requests: &BTreeSet<AccessRequestId>| requests.iter().map(ToString::to_string).collect::<Vec<_>>();
    Update {
        update: Expression::new("SET #requests = :pending").set("pending", texts(pending)),
        condition: Expression::new("#requests = :seen").set("seen", texts(seen)),
    }
}

/// Removes a pending access request.
pub fn remove_pending(request: AccessRequestId) -> Update {
    Update {
        update: Expression::new("DELETE #requests :one").set_of_one("one", request.to_string()),
        condition: Expression::new("attribute_exists(#pk)"),
    }
}
