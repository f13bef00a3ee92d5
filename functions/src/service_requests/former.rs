//! Former contacts of service requests: people who were removed or are disabled, or whose access no longer suffices for
//! their role.

use api_runtime::table::{AccessIn, BatchGet, BatchResult};
use api_runtime::{Context, Failure};
use domain::access::decide;
use domain::service_request::Person;
use domain::{ContactRole, PartnerId, ServiceRequest};

use super::people::{is_disabled, is_removed, member_record, want_removal};
use crate::authority::viewer::sees_person;

/// Adds to a batch read the items that decide which contacts are former ones, as far as the caller sees who they are.
pub(super) fn want(wanted: &mut BatchGet, viewer_partner: Option<PartnerId>, request: &ServiceRequest) {
    for (role, contact) in request.contacts() {
        if sees_person(viewer_partner, contact, role == ContactRole::Primary) {
            want_removal(wanted, request, contact);
            if let Some(partner_id) = contact.partner_id() {
                wanted.add(&AccessIn(request.organization_id, partner_id));
            }
        }
    }
}

/// Returns the contacts who may no longer see the service request in their role, as far as the caller sees who they are.
pub(super) fn former_contacts(
    context: &Context<'_>,
    found: &BatchResult,
    viewer_partner: Option<PartnerId>,
    request: &ServiceRequest,
) -> Result<Vec<Person>, Failure> {
    let mut former = Vec::new();
    for (role, contact) in request.contacts() {
        if !sees_person(viewer_partner, contact, role == ContactRole::Primary) {
            continue;
        }
        let mut is_former = is_removed(found, request, contact)? || is_disabled(found, request, contact)?;
        if let (Some(partner_id), Some((email, member))) =
            (contact.partner_id(), member_record(found, contact)?)
        {
            let access = found.get(&AccessIn(request.organization_id, partner_id))?;
            let grants = access.as_ref().map(|access| access.grants.as_slice()).unwrap_or_default();
            let by = decide(grants, &email, Some(member), context.now).by;
            is_former |= by.is_none_or(|grant| !grant.level.allows(role.action()));
        }
        if is_former {
            former.push(contact.clone());
        }
    }
    Ok(former)
}

/// Takes the additional contacts who were removed out of a service request, and returns them.
pub(super) async fn take_removed(
    context: &Context<'_>,
    request: &mut ServiceRequest,
) -> Result<Vec<Person>, Failure> {
    let mut wanted = BatchGet::new();
    request.additional_contacts.iter().for_each(|contact| want_removal(&mut wanted, request, contact));
    let found = context.table.fetch(wanted, true).await?;
    let (mut removed, mut others) = (Vec::new(), Vec::new());
    for contact in &request.additional_contacts {
        let list = if is_removed(&found, request, contact)? { &mut removed } else { &mut others };
        list.push(contact.clone());
    }
    request.additional_contacts = others;
    Ok(removed)
}
