//! Pending access requests of a partner. The partner's set of them may still name requests that have lapsed.

use std::collections::BTreeSet;

use api_runtime::Failure;
use api_runtime::table::{BatchGet, BatchResult, RequestById};
use domain::{Access, AccessRequest, AccessRequestId, RequestState, Timestamp};

/// Adds requests to a batch read.
pub fn want_requests(wanted: &mut BatchGet, requests: &BTreeSet<AccessRequestId>) {
    requests.iter().for_each(|request| wanted.add(&RequestById(*request)));
}

/// Takes from the result of a read those of the requests that are pending.
///
/// # Errors
///
/// Never for items that Vouchsafe wrote.
pub fn pending_among(
    found: &BatchResult,
    requests: &BTreeSet<AccessRequestId>,
    now: Timestamp,
) -> Result<Vec<AccessRequest>, Failure> {
    let mut pending = Vec::new();
    for request in requests {
        let request = found.get(&RequestById(*request))?.map(|request| request.at(now));
        pending.extend(request.filter(|request| request.state == RequestState::Pending));
    }
    Ok(pending)
}

/// Returns the requests addressed to an e-mail whose owner approved a grant of this access. The partner already knows
/// from the approval that the e-mail belongs to the organization, so this reveals nothing new.
pub fn pending_for<'a>(
    access: &'a Access,
    requests: &'a [AccessRequest],
) -> impl Iterator<Item = &'a AccessRequest> {
    let known = move |request: &&AccessRequest| {
        let mut origin = access.grants.iter().filter_map(|grant| grant.origin.as_ref());
        origin.any(|origin| origin.contact_manager_email == request.contact_manager_email)
    };
    requests.iter().filter(known)
}
