//! `open-service-request`

use api_runtime::table::{BatchGet, ContactEntry, count_service_request};
use api_runtime::{
    Answer, Change, Failure, Json, Method, Nothing, Operation, OrganizationPath, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::deactivation::ORGANIZATION_DEACTIVATED;
use domain::event::ServiceRequestOpened;
use domain::service_request::{Contact, Person, UpdateText};
use domain::{
    Actor, Email, ErrorKind, Faults, Metadata, Name, Role, ServiceRequest, ServiceRequestKind,
    ServiceRequestStatus, TimeZone,
};
use schemars::JsonSchema;

use super::view::{ServiceRequestView, view_new};
use super::{customer_lookup, record, require_record};
use crate::authority::access_check::{AccessCheck, LEVEL_TOO_LOW};
use crate::party::require_active_organization;

/// Submits a service request.
pub struct OpenServiceRequest;

const UNKNOWN_CUSTOMER: ErrorKind = ErrorKind::rule(
    "unknown-customer",
    "the organization has no customer with this e-mail; add other people with `set-service-request-contact`",
);
const MISPLACED_TIME_ZONE: ErrorKind = ErrorKind::rule(
    "misplaced-time-zone",
    "is only allowed when a partner's member is the primary contact; otherwise the organization's time zone applies",
);

/// A new service request.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenServiceRequestBody {
    /// Subject in one line, 1 to 200 characters.
    subject: Name,
    /// Description, 1 to 32,768 bytes of UTF-8; may have several lines.
    description: UpdateText,
    /// Kind of the service request. A partner member needs access level `create` for `incident`, `question` and
    /// `change`, and `service-admin` for `configuration`, `site-deletion` and `access`.
    kind: ServiceRequestKind,
    /// E-mail of the primary contact, who must be a customer on record in the organization. Default: the caller.
    #[deserr(default)]
    primary_contact: Option<Email>,
    /// IANA time zone of the caller, such as `Asia/Tokyo`; accepted only from a partner member who is the primary
    /// contact. Default: the organization's time zone applies.
    #[deserr(default)]
    time_zone: Option<TimeZone>,
}

impl Operation for OpenServiceRequest {
    const NAME: &str = "open-service-request";
    const SUMMARY: &str = "Submit a service request for an organization";
    const DESCRIPTION: &str = "Customers submit service requests for their own organization. Partner \
        members need access level `create` in the organization, or `service-admin` for the kinds \
        `configuration`, `site-deletion` and `access`. A new service request is `open` and has no \
        additional contacts; it cannot be deleted, but `update-service-request` closes it. The event \
        `service-request.opened` is recorded, and the request counts in the organization's statistics of \
        the current month (UTC).";
    const ROUTES: &[Route] = &[route(
        Method::Post,
        "/v1/organizations/{organizationId}/service-requests",
        &[Role::Customer, Role::PartnerMember],
    )];
    const CREATES: bool = true;
    const BY_TOKEN: &[(Role, &str)] = &[(
        Role::Customer,
        "a customer needs no record to ask for support, and nothing changes until the vendor's people act",
    )];
    const ERRORS: &[ErrorKind] =
        &[LEVEL_TOO_LOW, ORGANIZATION_DEACTIVATED, UNKNOWN_CUSTOMER, MISPLACED_TIME_ZONE];

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = Nothing;
    type Body = Json<OpenServiceRequestBody>;
    type Output = ServiceRequestView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<ServiceRequestView>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let (OrganizationPath { organization_id }, Json(new)) = (path, body);
        let access_check = AccessCheck::of(actor, *organization_id)?;
        let email = actor.require_email()?;
        let named = new.primary_contact.as_ref().filter(|named| **named != email);
        let mut wanted = BatchGet::new();
        access_check.iter().for_each(|access_check| access_check.want(&mut wanted));
        named.iter().for_each(|named| wanted.add(&customer_lookup(*organization_id, named)));
        let found = context.table.fetch(wanted, true).await?;

        let mut change = Change::new();
        let member = access_check.map(|access_check| access_check.prove(context, &found)).transpose()?;
        if let Some(member) = &member {
            member.require(&mut change, new.kind.submitting())?;
        }
        require_active_organization(&mut change, *organization_id);
        let partner = member.as_ref().map(|member| member.partner);
        let person = member.map_or(Person { email, membership: None }, |member| member.person());
        let mut primary_contact = Contact { person: person.clone(), customer_id: None };
        if let Some(named) = named {
            let customer_id = record(&found, *organization_id, named)?;
            match customer_id {
                Some(customer) => require_record(&mut change, *organization_id, named, customer),
                None => change.reject(&UNKNOWN_CUSTOMER, &[&"primaryContact"]),
            }
            let person = Person { email: named.clone(), membership: None };
            primary_contact = Contact { person, customer_id };
        }
        if new.time_zone.is_some() && primary_contact.person.membership.is_none() {
            change.reject(&MISPLACED_TIME_ZONE, &[&"timeZone"]);
        }
        let request = ServiceRequest {
            id: context.id(),
            organization_id: *organization_id,
            subject: new.subject.clone(),
            description: new.description.clone(),
            kind: new.kind,
            status: ServiceRequestStatus::Open,
            submitted_by: person,
            primary_contact,
            additional_contacts: Vec::new(),
            time_zone: new.time_zone,
            answered_at: None,
            solved_at: None,
            updates: 0,
            metadata: Metadata::new(context.now),
        };
        if let Some(entry) = named.and_then(|named| ContactEntry::of(&request, named)) {
            change.put(&entry)?;
        }
        change.create(&request)?;
        count_service_request(&request, None).into_iter().for_each(|count| change.add(count));
        let opened = ServiceRequestOpened { service_request_id: request.id, kind: request.kind };
        change.record(request.event(opened, partner));

        let location = format!("/v1/organizations/{organization_id}/service-requests/{}", request.id);
        let shown = view_new(actor, request);
        context.commit(change, Answer::created(location, shown)).await
    }
}
