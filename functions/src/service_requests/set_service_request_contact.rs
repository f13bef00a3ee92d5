//! `set-service-request-contact`

use api_runtime::table::{BatchGet, ContactEntry};
use api_runtime::{
    Answer, Change, Context, Failure, Json, Method, Nothing, Operation, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::event::{ServiceRequestContactRemoved, ServiceRequestContactSet};
use domain::service_request::{MOST_ADDITIONAL, PRIMARY_CONTACT, Person, TOO_MANY_CONTACTS};
use domain::{AccessAction, Actor, ContactRole, ErrorKind, Faults, Role, ServiceRequest};
use schemars::JsonSchema;

use super::contact_by_email::{ContactFacts, ContactTarget, PRIMARY_NEEDS_UPDATE, UNKNOWN_CONTACT};
use super::former::take_removed;
use super::view::{ServiceRequestView, sees_contact, view, viewer_partner_of};
use super::{
    ContactPath, OTHER_PARTNERS, ServiceRequestLookup, contact_by_email, event_partner, people, record,
    require_own_partner,
};
use crate::authority::access_check::{AccessCheck, AuthorizedMember, LEVEL_TOO_LOW};
use crate::authority::own_record::require_own_record;

/// Adds a contact to a service request, or changes the role of one.
pub struct SetServiceRequestContact;

/// The role of the contact.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
pub struct SetServiceRequestContactBody {
    /// Role of the contact: `primary` (addressed first by the vendor) or `additional` (kept informed).
    role: ContactRole,
}

impl Operation for SetServiceRequestContact {
    const NAME: &str = "set-service-request-contact";
    const SUMMARY: &str = "Add or change a contact of a service request";
    const DESCRIPTION: &str = "Agents, customers on record in the organization, and partner members whose \
        access level there is `update` or above may call it. The contact is a customer of the organization \
        or a partner's member with access there; a member needs `update` or above to be the primary \
        contact. Partner members name only customers and members of their own partner, and do not change a \
        contact who is another partner's member. Customers name a member only if an access request of the \
        member's partner was approved, or if access was granted to the member's e-mail. The previous \
        primary contact becomes an additional one; a service request has at most 20 additional contacts, not \
        counting people who were removed, whom a new one replaces. \
        Idempotent; each contact that changes is recorded as `service-request.contact-set`.";
    const ROUTES: &[Route] = &[route(
        Method::Put,
        "/v1/organizations/{organizationId}/service-requests/{serviceRequestId}/contacts/{email}",
        &[Role::Agent, Role::Customer, Role::PartnerMember],
    )];
    const ERRORS: &[ErrorKind] = &[
        PRIMARY_CONTACT,
        LEVEL_TOO_LOW,
        UNKNOWN_CONTACT,
        PRIMARY_NEEDS_UPDATE,
        TOO_MANY_CONTACTS,
        OTHER_PARTNERS,
    ];

    type Caller = Actor;
    type Path = ContactPath;
    type Query = Nothing;
    type Body = Json<SetServiceRequestContactBody>;
    type Output = ServiceRequestView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<ServiceRequestView>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let ContactPath { organization_id: organization, service_request_id, email } = path;
        let (organization, role) = (*organization, body.0.role);
        let lookup = ServiceRequestLookup::of(actor, organization, *service_request_id)?;
        let partner = lookup.access_check.as_ref().map(AccessCheck::partner);
        let mut wanted = BatchGet::new();
        lookup.want(&mut wanted);
        let (found, others) = contact_by_email::read(context, wanted, (organization, partner), email).await?;
        let (before, member) = lookup.find(context, &found)?;
        let mut change = Change::new();
        if let Some(member) = &member {
            member.require(&mut change, AccessAction::Update)?;
        }

        let mut wanted = BatchGet::new();
        before.contacts().for_each(|(_, contact)| people::want(&mut wanted, contact));
        contact_by_email::want_members(&mut wanted, &others, email);
        let records = context.table.fetch(wanted, true).await?;
        let namesakes = people::namesakes(&records, &before, email)?;
        // The caller must not replace a contact whom it may not see.
        let viewer = viewer_partner_of(actor);
        let hidden = namesakes.iter().any(|contact| !sees_contact(viewer, &before, contact));
        if member.is_none() {
            let customer = record(&found, organization, email)?;
            require_own_record(&mut change, actor, customer.map(|_| email));
        }
        let target = ContactTarget { organization, email, role, present: &namesakes, input: "role" };
        let facts =
            ContactFacts { caller: member.as_ref(), others: &others, found: &found, members: &records };
        let contact = contact_by_email::choose(context, actor, &mut change, &target, &facts)?;
        let (seen, mut request) = (before.metadata.version, before.clone());
        let changed = match contact.filter(|_| !hidden) {
            Some(contact) => request.set_contact(contact, &namesakes, role),
            None => Err(UNKNOWN_CONTACT),
        };
        let changed = changed.unwrap_or_else(|reason| {
            change.reject(&reason, &[]);
            Vec::new()
        });
        if changed.is_empty() {
            change.confirm(&before, seen, context.if_match())?;
            let shown = view(context, actor, before).await?;
            return context.commit(change, Answer::ok(shown)).await;
        }
        request.metadata = before.metadata.next(context.now);
        drop_replaced(&mut change, &before, &request, member.as_ref());
        make_room(context, &mut change, &mut request).await?;
        change.replace(&request, seen, context.if_match())?;
        record_contacts(&mut change, &request, changed, member.as_ref())?;
        let shown = view(context, actor, request).await?;
        context.commit(change, Answer::ok(shown)).await
    }
}

/// Removes the entries of the contacts whom a person with the same e-mail replaced.
fn drop_replaced(
    change: &mut Change,
    before: &ServiceRequest,
    request: &ServiceRequest,
    caller: Option<&AuthorizedMember>,
) {
    for (_, replaced) in before.contacts() {
        if request.contacts().all(|(_, contact)| contact != replaced) {
            require_own_partner(change, replaced, caller);
            ContactEntry::of(request, replaced).iter().for_each(|entry| change.remove(entry));
        }
    }
}

/// If there are too many contacts, lets those who were removed as members or customers make room. Each is recorded as an
/// event.
async fn make_room(
    context: &Context<'_>,
    change: &mut Change,
    request: &mut ServiceRequest,
) -> Result<(), Failure> {
    if request.additional_contacts.len() <= MOST_ADDITIONAL {
        return Ok(());
    }
    for contact in take_removed(context, request).await? {
        ContactEntry::of(request, &contact).iter().for_each(|entry| change.remove(entry));
        let removed = ServiceRequestContactRemoved {
            service_request_id: request.id,
            customer_id: contact.customer_id(),
            member_id: contact.member_id(),
        };
        change.record(request.event(removed, event_partner(&contact, None)));
    }
    if request.additional_contacts.len() > MOST_ADDITIONAL {
        change.reject(&TOO_MANY_CONTACTS, &[]);
    }
    Ok(())
}

/// Writes the entry by which a new contact finds the service request, and records an event for each contact that changed.
/// The first of them is the one whom the caller named; a replaced primary contact has its entry already.
fn record_contacts(
    change: &mut Change,
    request: &ServiceRequest,
    changed: Vec<(ContactRole, Person)>,
    caller: Option<&AuthorizedMember>,
) -> Result<(), Failure> {
    let named = changed.first().and_then(|(_, contact)| ContactEntry::of(request, contact));
    named.iter().try_for_each(|entry| change.put(entry))?;
    for (role, contact) in changed {
        require_own_partner(change, &contact, caller);
        let set = ServiceRequestContactSet {
            service_request_id: request.id,
            role,
            customer_id: contact.customer_id(),
            member_id: contact.member_id(),
        };
        change.record(request.event(set, event_partner(&contact, caller)));
    }
    Ok(())
}
