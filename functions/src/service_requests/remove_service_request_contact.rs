//! `remove-service-request-contact`

use api_runtime::table::ContactEntry;
use api_runtime::{Answer, Change, Empty, Failure, Method, Nothing, Operation, Reply, Request, Route, route};
use domain::event::ServiceRequestContactRemoved;
use domain::service_request::PRIMARY_CONTACT;
use domain::{AccessAction, Actor, ErrorKind, Role};

use super::people::read_namesakes;
use super::view::{ServiceRequestView, sees_contact, view, viewer_partner_of};
use super::{ContactPath, ServiceRequestLookup, event_partner};
use crate::authority::access_check::LEVEL_TOO_LOW;
use crate::authority::own_record::require_own_record;

/// Removes an additional contact from a service request.
pub struct RemoveServiceRequestContact;

impl Operation for RemoveServiceRequestContact {
    const NAME: &str = "remove-service-request-contact";
    const SUMMARY: &str = "Remove an additional contact from a service request";
    const DESCRIPTION: &str = "Agents, customers on record in the organization, and partner members whose \
        access level there is `update` or above may call it. The primary contact cannot be removed (409 \
        `primary-contact`), only replaced with `set-service-request-contact`. Idempotent: it changes \
        nothing if the person is not a contact, or is a contact whom the caller may not see. A removal is \
        recorded as `service-request.contact-removed`.";
    const ROUTES: &[Route] = &[route(
        Method::Delete,
        "/v1/organizations/{organizationId}/service-requests/{serviceRequestId}/contacts/{email}",
        &[Role::Agent, Role::Customer, Role::PartnerMember],
    )];
    const ERRORS: &[ErrorKind] = &[PRIMARY_CONTACT, LEVEL_TOO_LOW];

    type Caller = Actor;
    type Path = ContactPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = ServiceRequestView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<ServiceRequestView>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let ContactPath { organization_id, service_request_id, email } = path;
        let lookup = ServiceRequestLookup::of(actor, *organization_id, *service_request_id)?;
        let (before, member) = lookup.resolve(context).await?;
        let mut change = Change::new();
        match &member {
            Some(member) => member.require(&mut change, AccessAction::Update)?,
            None => require_own_record(&mut change, actor, None),
        }
        let (seen, mut request) = (before.metadata.version, before.clone());
        let namesakes = read_namesakes(context, &before, email).await?;
        let removed = request.remove_contact(&namesakes).unwrap_or_else(|reason| {
            change.reject(&reason, &[]);
            None
        });
        // A contact whom the caller may not see is treated as absent.
        let removed = removed.filter(|contact| sees_contact(viewer_partner_of(actor), &before, contact));
        let Some(contact) = removed else {
            change.confirm(&before, seen, context.if_match())?;
            let shown = view(context, actor, before).await?;
            return context.commit(change, Answer::ok(shown)).await;
        };
        request.metadata = before.metadata.next(context.now);
        change.replace(&request, seen, context.if_match())?;
        if let Some(entry) = ContactEntry::of(&request, &contact) {
            change.remove(&entry);
        }
        let removed = ServiceRequestContactRemoved {
            service_request_id: request.id,
            customer_id: contact.customer_id(),
            member_id: contact.member_id(),
        };
        change.record(request.event(removed, event_partner(&contact, member.as_ref())));
        let shown = view(context, actor, request).await?;
        context.commit(change, Answer::ok(shown)).await
    }
}
