//! `update-service-request`

use api_runtime::table::BatchGet;
use api_runtime::{
    Answer, Change, Context, Failure, Json, Method, Nothing, Operation, OrNotFound, Reply, Request, Route,
    route,
};
use deserr::Deserr;
use domain::actor::ActorKind;
use domain::deactivation::ORGANIZATION_DEACTIVATED;
use domain::event::ServiceRequestUpdated;
use domain::fault::{Check, Validated};
use domain::service_request::{Person, ServiceRequestUpdate, UpdateAuthor, UpdateText};
use domain::{
    AccessAction, Actor, ErrorKind, Faults, ParseError, Role, ServiceRequest, ServiceRequestStatus, TimeZone,
};
use schemars::JsonSchema;

use super::view::{UpdateView, view_updates};
use super::{
    MISPLACED_TIME_ZONE, ServiceRequestLookup, ServiceRequestPath, customer_lookup,
    is_for_another_organization, record, track,
};
use crate::authority::access_check::{AuthorizedMember, LEVEL_TOO_LOW};
use crate::party::require_active_organization;

/// Adds an update to a service request.
pub struct UpdateServiceRequest;

const CLOSED: ErrorKind =
    ErrorKind::state("service-request-closed", "the service request is closed: ask an agent to reopen it");

/// An update: a text, a new status, a new time zone, or several of them.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateServiceRequestBody {
    /// Text of the update, 1 to 32,768 bytes of UTF-8; may have several lines. Required if `status` and `timeZone` are absent.
    #[deserr(default)]
    text: Option<UpdateText>,
    /// New status; if absent, the status stays as it is. Only an agent changes the status of a closed service request.
    #[deserr(default)]
    status: Option<ServiceRequestStatus>,
    /// New IANA time zone, such as `Asia/Tokyo`; accepted only from a partner member who submitted the service request and
    /// is its primary contact. If absent, the time zone stays as it is.
    #[deserr(default)]
    time_zone: Option<TimeZone>,
}

impl Check for UpdateServiceRequestBody {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        let says = |name: &str| sent.get(name).is_some_and(|value| !value.is_null());
        let nothing = sent.is_object() && !["text", "status", "timeZone"].into_iter().any(says);
        let invalid = ParseError::new("empty-update", "must have a `text`, a `status` or a `timeZone`");
        nothing.then(|| (String::new(), invalid)).into_iter().collect()
    }
}

impl Operation for UpdateServiceRequest {
    const NAME: &str = "update-service-request";
    const SUMMARY: &str = "Add a text or new status to a service request";
    const DESCRIPTION: &str = "Operators, agents, customers of the organization, and partner members whose \
        access level there is `update` or above may call it. Updates take effect in the order of their \
        `number` and cannot be changed or removed. Only an agent changes the status of a closed service \
        request (409 `service-request-closed`). A solved or closed service request of a deactivated organization is \
        not reopened (409 `organization-deactivated`). The first text of an operator or agent sets `answeredAt`. \
        `If-Match` refers to the version of the service request. The event `service-request.updated` is \
        recorded. A partner member who submitted the service request and is its primary contact may also \
        change its time zone.";
    const ROUTES: &[Route] = &[route(
        Method::Post,
        "/v1/organizations/{organizationId}/service-requests/{serviceRequestId}/updates",
        &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
    )];
    const CREATES: bool = true;
    const BY_TOKEN: &[(Role, &str)] = &[(
        Role::Customer,
        "a customer needs no record to answer about a service request, and an agent reopens what it closes",
    )];
    const TAKES_VERSION: bool = true;
    const ERRORS: &[ErrorKind] = &[CLOSED, MISPLACED_TIME_ZONE, LEVEL_TOO_LOW, ORGANIZATION_DEACTIVATED];

    type Caller = Actor;
    type Path = ServiceRequestPath;
    type Query = Nothing;
    type Body = Json<Validated<UpdateServiceRequestBody>>;
    type Output = UpdateView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<UpdateView>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let Json(Validated(new)) = body;
        let ServiceRequestPath { organization_id, service_request_id } = *path;
        let lookup = ServiceRequestLookup::of(actor, organization_id, service_request_id)?;
        let (before, member, person) = read_with_author(context, actor, lookup).await?;
        let mut change = Change::new();
        if let Some(member) = &member {
            member.require(&mut change, AccessAction::Update)?;
        }
        let agent = matches!(actor.kind, ActorKind::Agent);
        if new.status.is_some_and(|status| !before.status.can_become(status, agent)) {
            change.reject(&CLOSED, &[&"status"]);
        }
        if new.time_zone.is_some() && !may_set_time_zone(&before, person.as_ref()) {
            change.reject(&MISPLACED_TIME_ZONE, &[&"timeZone"]);
        }
        let (seen, partner_id) = (before.metadata.version, member.as_ref().map(|member| member.partner));
        let answers = actor.is_staff() && new.text.is_some();
        // A deactivated organization has no unsolved service request, so none is reopened.
        let reopens = before.status.is_solved() && new.status.is_some_and(|status| !status.is_solved());
        if reopens {
            require_active_organization(&mut change, organization_id);
        }
        let mut request = before.updated(new.status.unwrap_or(before.status), answers, context.now);
        request.time_zone = new.time_zone.or(request.time_zone);
        change.replace(&request, seen, context.if_match())?;
        track(&mut change, &request, Some(&before))?;
        let update = ServiceRequestUpdate {
            service_request_id: request.id,
            organization_id: Some(request.organization_id),
            number: request.updates,
            by: UpdateAuthor {
                kind: actor.author().kind,
                subject: person.is_none().then(|| actor.subject.clone()),
                person,
            },
            text: new.text.clone(),
            status: new.status,
            time_zone: new.time_zone,
            version: request.metadata.version,
            // `updated_at` never decreases, so updates are ordered by time even if clocks differ.
            created_at: request.metadata.updated_at,
        };
        // No condition is needed: the number is unused as long as the service request has the version that was read.
        change.put(&update)?;
        let number = update.number;
        let (service_request_id, time_zone) = (request.id, new.time_zone);
        let updated = ServiceRequestUpdated { service_request_id, number, status: new.status, time_zone };
        change.record(request.event(updated, partner_id));

        let location =
            format!("/v1/organizations/{}/service-requests/{}/updates", request.organization_id, request.id);
        let view = view_updates(context, actor, &request, vec![update]).await?.pop();
        context.commit(change, Answer::created(location, view.or_not_found()?)).await
    }
}

/// Returns whether a person may set the time zone: if it submitted the service request for another organization than its
/// own, and is its primary contact.
fn may_set_time_zone(request: &ServiceRequest, person: Option<&Person>) -> bool {
    person == Some(&request.submitted_by)
        && is_for_another_organization(&request.submitted_by, &request.primary_contact)
}

/// Reads the service request and, for a partner's member, its access; returns also the caller as the author of an update,
/// `None` for the vendor's staff.
async fn read_with_author(
    context: &Context<'_>,
    actor: &Actor,
    lookup: ServiceRequestLookup,
) -> Result<(ServiceRequest, Option<AuthorizedMember>, Option<Person>), Failure> {
    let organization = lookup.request.0;
    let customer = actor.email.as_ref().filter(|_| actor.has_one_of(&[Role::Customer]));
    let mut wanted = BatchGet::new();
    lookup.want(&mut wanted);
    customer.iter().for_each(|email| wanted.add(&customer_lookup(organization, email)));
    let found = context.table.fetch(wanted, true).await?;
    let (request, member) = lookup.find(context, &found)?;
    let person = match (&member, customer) {
        (Some(member), _) => Some(member.person()),
        (None, Some(email)) => Some(Person::of_customer(email.clone(), record(&found, organization, email)?)),
        (None, None) => None,
    };
    Ok((request, member, person))
}
