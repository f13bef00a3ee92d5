//! `open-service-request`

use aws::http::body::Json;
use aws::operation::{Method, Nothing, OfOrganization, route};
use aws::table::pattern::OrganizationById;
use aws::table::{Change, Refusal};
use aws::{Answer, Context, Failure, Input, Operation, Route};
use deserr::Deserr;
use domain::service_request::{Message, Person, ServiceRequestKind, ServiceRequestStatus};
use domain::{Actor, EventKind, Faults, Name, Problem, Reason, Role, ServiceRequest, Stamp};
use schemars::JsonSchema;

use crate::access::claim::{Claim, LEVEL_TOO_LOW};

/// Submits a service request.
pub struct OpenServiceRequest;

/// A service request to be.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
pub struct NewServiceRequest {
    /// What it is about, in a line.
    subject: Name,
    /// What it is about: up to 32 KB of text.
    description: Message,
    /// What kind of thing is needed. A partner needs `create` for the first three, `service-admin` for the others.
    kind: ServiceRequestKind,
}

impl Operation for OpenServiceRequest {
    const NAME: &str = "open-service-request";
    const ABOUT: &str = "Submits a service request: a customer for its organization, a partner's member for one that gave it access to do so.";
    const ROUTES: &[Route] = &[route(
        Method::Post,
        "/v1/organizations/{organizationId}/service-requests",
        &[Role::Customer, Role::PartnerMember],
    )];
    const CREATES: bool = true;
    const REASONS: &[Reason] = &[LEVEL_TOO_LOW];

    type Caller = Actor;
    type Path = OfOrganization;
    type Query = Nothing;
    type Body = Json<NewServiceRequest>;
    type Output = ServiceRequest;

    async fn execute(
        context: &Context<'_>,
        actor: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<ServiceRequest>, Failure> {
        let (OfOrganization { organization_id }, Json(new)) = (&input.path, &input.body);
        let claim = Claim::of(actor, *organization_id)?;
        let email = actor.email.clone().ok_or_else(Problem::not_found)?;
        let mut change = Change::new();
        let held = match claim {
            Some(claim) => Some(claim.settle(context).await?),
            None => {
                change.require(&OrganizationById(*organization_id), || Refusal::NotFound);
                None
            }
        };
        if let Some(held) = &held {
            held.require(&mut change, new.kind.submitting())?;
        }
        let partner = held.as_ref().map(|held| held.partner);
        let request = ServiceRequest {
            id: context.id(),
            organization_id: *organization_id,
            subject: new.subject.clone(),
            description: new.description.clone(),
            kind: new.kind,
            status: ServiceRequestStatus::Open,
            submitted_by: Person { email, membership: held.map(|held| held.membership()) },
            updates: 0,
            stamp: Stamp::new(context.now),
        };
        change.create(&request)?;
        let opened = EventKind::ServiceRequestOpened { service_request_id: request.id, kind: request.kind };
        change.record(request.happening(opened, partner));

        let location = format!("/v1/organizations/{organization_id}/service-requests/{}", request.id);
        context.commit(change, Answer::created(location, request)).await
    }
}
