//! Former contacts of service requests: people who were removed, who are disabled, or whose access no longer suffices for their role.

use api_runtime::table::{AccessIn, BatchGet, BatchResult, ContactHistoryOf, EmailInPartner};
use api_runtime::{Context, Failure};
use domain::access::decide;
use domain::service_request::{Contact, Membership};
use domain::{Email, PartnerId, ServiceRequest};

use super::{customer_lookup, record};
use crate::authority::viewer::sees_person;

/// Adds to a batch read the records that decide whether a contact was removed.
fn want_record(wanted: &mut BatchGet, request: &ServiceRequest, contact: &Contact) {
    let (organization, email) = (request.organization_id, &contact.person.email);
    match (contact.person.membership, contact.customer_id) {
        (Some(Membership { partner_id, .. }), _) => wanted.add(&EmailInPartner(partner_id, email.clone())),
        (None, Some(_)) => wanted.add(&customer_lookup(organization, email)),
        (None, None) => wanted.add(&ContactHistoryOf(organization, email.clone())),
    }
}

/// Returns whether the contact was removed as a member or customer; a disabled one was not. A person who became a contact by submitting needs no
/// record, but must not have been removed since. A removed person never comes back as the same one.
fn is_removed(found: &BatchResult, request: &ServiceRequest, contact: &Contact) -> Result<bool, Failure> {
    let (organization, email) = (request.organization_id, &contact.person.email);
    match (contact.person.membership, contact.customer_id) {
        (Some(Membership { partner_id, member_id }), _) => {
            let member = found.get(&EmailInPartner(partner_id, email.clone()))?;
            Ok(member.map(|record| record.holder()).transpose()? != Some(member_id))
        }
        (None, Some(customer)) => {
            let record = found.get(&customer_lookup(organization, email))?;
            Ok(record.map(|record| record.holder()).transpose()? != Some(customer))
        }
        (None, None) => {
            let history = found.get(&ContactHistoryOf(organization, email.clone()))?;
            let removed_at = history.and_then(|history| history.removed_at);
            Ok(removed_at.is_some_and(|removed| removed >= request.metadata.created_at))
        }
    }
}

/// Returns whether the contact is a disabled customer. Of a partner's member, the access decides.
fn is_disabled(found: &BatchResult, request: &ServiceRequest, contact: &Contact) -> Result<bool, Failure> {
    let (organization, email) = (request.organization_id, &contact.person.email);
    Ok(match (contact.person.membership, contact.customer_id) {
        (Some(_), _) => false,
        (None, Some(_)) => record(found, organization, email)?.is_none(),
        (None, None) => {
            let history = found.get(&ContactHistoryOf(organization, email.clone()))?;
            history.is_some_and(|history| history.disabled)
        }
    })
}

/// Adds to a batch read the items that decide which contacts are former ones, as far as the caller sees who they are.
pub(super) fn want(wanted: &mut BatchGet, viewer_partner: Option<PartnerId>, request: &ServiceRequest) {
    for (_, contact) in request.contacts() {
        if sees_person(viewer_partner, &contact.person, *contact == request.primary_contact) {
            want_record(wanted, request, contact);
            if let Some(Membership { partner_id, .. }) = contact.person.membership {
                wanted.add(&AccessIn(request.organization_id, partner_id));
            }
        }
    }
}

/// Returns the e-mails of the contacts who may no longer see the service request in their role, as far as the caller sees
/// who they are.
pub(super) fn former_contacts(
    context: &Context<'_>,
    found: &BatchResult,
    viewer_partner: Option<PartnerId>,
    request: &ServiceRequest,
) -> Result<Vec<Email>, Failure> {
    let mut former = Vec::new();
    for (role, contact) in request.contacts() {
        let email = &contact.person.email;
        if !sees_person(viewer_partner, &contact.person, *contact == request.primary_contact) {
            continue;
        }
        let mut is_former = is_removed(found, request, contact)? || is_disabled(found, request, contact)?;
        if let Some(Membership { partner_id, .. }) = contact.person.membership {
            let member = found.get(&EmailInPartner(partner_id, email.clone()))?;
            let member = member.map(|record| record.member_record()).transpose()?.flatten();
            let access = found.get(&AccessIn(request.organization_id, partner_id))?;
            let grants = access.as_ref().map(|access| access.grants.as_slice()).unwrap_or_default();
            let by = decide(grants, email, member, context.now).by;
            is_former |= by.is_none_or(|grant| !grant.level.allows(role.action()));
        }
        if is_former {
            former.push(email.clone());
        }
    }
    Ok(former)
}

/// Takes the additional contacts who were removed out of a service request, and returns them.
pub(super) async fn take_removed(
    context: &Context<'_>,
    request: &mut ServiceRequest,
) -> Result<Vec<Contact>, Failure> {
    let mut wanted = BatchGet::new();
    request.additional_contacts.iter().for_each(|contact| want_record(&mut wanted, request, contact));
    let found = context.table.fetch(wanted, true).await?;
    let (mut removed, mut others) = (Vec::new(), Vec::new());
    for contact in &request.additional_contacts {
        let list = if is_removed(&found, request, contact)? { &mut removed } else { &mut others };
        list.push(contact.clone());
    }
    request.additional_contacts = others;
    Ok(removed)
}
