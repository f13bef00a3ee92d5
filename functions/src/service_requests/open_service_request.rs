//! `open-service-request`

use api_runtime::table::{BatchGet, BatchResult, ContactEntry};
use api_runtime::{
    Answer, Change, Context, Failure, Json, Method, Nothing, Operation, OrganizationPath, Reply, Request,
    Route, route,
};
use deserr::Deserr;
use domain::deactivation::ORGANIZATION_DEACTIVATED;
use domain::event::ServiceRequestOpened;
use domain::service_request::{Person, UpdateText};
use domain::{
    Access, Actor, ContactRole, Email, ErrorKind, Faults, Metadata, Name, OrganizationId, PartnerId, Role,
    ServiceRequest, ServiceRequestKind, ServiceRequestStatus, TimeZone,
};
use schemars::JsonSchema;

use super::contact_by_email::{ContactFacts, ContactTarget, PRIMARY_NEEDS_UPDATE, UNKNOWN_CONTACT};
use super::view::{ServiceRequestView, view};
use super::{
    MISPLACED_TIME_ZONE, contact_by_email, customer_lookup, is_for_another_organization, record, track,
};
use crate::authority::access_check::{AccessCheck, AuthorizedMember, LEVEL_TOO_LOW};
use crate::party::require_active_organization;

/// Submits a service request.
pub struct OpenServiceRequest;

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
    /// E-mail of the primary contact, at most 254 bytes: a customer on record in the organization, or a partner's member
    /// whose access level there is `update` or above; a partner's member may name only members of its own partner.
    /// Default: the caller.
    #[deserr(default)]
    primary_contact: Option<Email>,
    /// IANA time zone of the caller, such as `Asia/Tokyo`; accepted only from a partner member who is the primary
    /// contact itself. Default: the organization's time zone applies.
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
    const ERRORS: &[ErrorKind] = &[
        LEVEL_TOO_LOW,
        ORGANIZATION_DEACTIVATED,
        UNKNOWN_CONTACT,
        PRIMARY_NEEDS_UPDATE,
        MISPLACED_TIME_ZONE,
    ];

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = Nothing;
    type Body = Json<OpenServiceRequestBody>;
    type Output = ServiceRequestView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<ServiceRequestView>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let (OrganizationPath { organization_id }, Json(new)) = (path, body);
        let mut change = Change::new();
        let submission = submission(context, actor, &mut change, *organization_id, new).await?;
        require_active_organization(&mut change, *organization_id);
        let Submission { partner, person, primary_contact } = submission;
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
        if request.primary_contact != request.submitted_by {
            let entry = ContactEntry::of(&request, &request.primary_contact);
            entry.iter().try_for_each(|entry| change.put(entry))?;
        }
        change.create(&request)?;
        track(&mut change, &request, None)?;
        let opened = ServiceRequestOpened { service_request_id: request.id, kind: request.kind };
        change.record(request.event(opened, partner));

        let location = format!("/v1/organizations/{organization_id}/service-requests/{}", request.id);
        let shown = view(context, actor, request).await?;
        context.commit(change, Answer::created(location, shown)).await
    }
}

/// The people of a new service request.
struct Submission {
    /// Partner whose member submits it.
    partner: Option<PartnerId>,
    person: Person,
    primary_contact: Person,
}

/// Reads who submits the service request and who its primary contact is. Their records become conditions of the change.
async fn submission(
    context: &Context<'_>,
    actor: &Actor,
    change: &mut Change,
    organization: OrganizationId,
    new: &OpenServiceRequestBody,
) -> Result<Submission, Failure> {
    let access_check = AccessCheck::of(actor, organization)?;
    let email = actor.require_email()?;
    let named = new.primary_contact.as_ref().filter(|named| **named != email);
    let mut wanted = BatchGet::new();
    match &access_check {
        Some(access_check) => access_check.want(&mut wanted),
        None => wanted.add(&customer_lookup(organization, &email)),
    }
    let partner = access_check.as_ref().map(AccessCheck::partner);
    let (found, others) = match named {
        Some(named) => contact_by_email::read(context, wanted, (organization, partner), named).await?,
        None => (context.table.fetch(wanted, true).await?, Vec::new()),
    };
    let member = access_check.map(|access_check| access_check.prove(context, &found)).transpose()?;
    let person = match &member {
        Some(member) => {
            member.require(change, new.kind.submitting())?;
            member.person()
        }
        None => {
            let own = record(&found, organization, &email)?;
            Person::of_customer(email, own)
        }
    };
    let mut primary_contact = Some(person.clone());
    if let Some(named) = named {
        let named = named_contact(context, actor, change, (organization, named), (member, &others, &found));
        primary_contact = named.await?;
    }
    let has_zone = primary_contact.as_ref().is_some_and(|one| is_for_another_organization(&person, one));
    if new.time_zone.is_some() && !has_zone {
        change.reject(&MISPLACED_TIME_ZONE, &[&"timeZone"]);
    }
    let primary_contact = primary_contact.unwrap_or_else(|| person.clone());
    Ok(Submission { partner, person, primary_contact })
}

/// Returns the primary contact whom an e-mail names; rejects the change if the caller may not name one by it.
async fn named_contact(
    context: &Context<'_>,
    actor: &Actor,
    change: &mut Change,
    (organization, email): (OrganizationId, &Email),
    (caller, others, found): (Option<AuthorizedMember>, &[Access], &BatchResult),
) -> Result<Option<Person>, Failure> {
    let mut wanted = BatchGet::new();
    contact_by_email::want_members(&mut wanted, others, email);
    let members = context.table.fetch(wanted, true).await?;
    let (role, input) = (ContactRole::Primary, "primaryContact");
    let target = ContactTarget { organization, email, role, present: &[], input };
    let facts = ContactFacts { caller: caller.as_ref(), others, found, members: &members };
    let contact = contact_by_email::choose(context, actor, change, &target, &facts)?;
    if contact.is_none() {
        change.reject(&UNKNOWN_CONTACT, &[&input]);
    }
    Ok(contact)
}
