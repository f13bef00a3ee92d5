//! `list-service-requests`

use std::collections::BTreeMap;

use aws::context::List;
use aws::http::body::Empty;
use aws::operation::{Method, Nothing, route};
use aws::table::Wanted;
use aws::table::pattern::{ConcernsOf, ContactOf, ServiceRequestOf, ServiceRequestsIn, ServiceRequestsOf};
use aws::{Answer, Context, Failure, Input, Operation, Route};
use deserr::Deserr;
use domain::access::Act;
use domain::actor::Standing;
use domain::fault::{Check, Checked};
use domain::service_request::Month;
use domain::{
    Actor, At, Email, Fault, Faults, Invalid, OrganizationId, PartnerId, Problem, Role, ServiceRequest,
};
use schemars::JsonSchema;

use crate::access::claim::{Claim, Held};

/// Lists service requests.
pub struct ListServiceRequests;

/// Which.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Filter {
    /// Those of this organization. Without, a partner's person sees those that it submitted or was added to, a customer
    /// those of its own organization, and the vendor's people those of a month.
    #[deserr(default)]
    organization_id: Option<OrganizationId>,
    /// Those that were submitted in this month (UTC); without, in the present one. For the vendor's people, and without
    /// `organizationId`.
    #[deserr(default)]
    month: Option<Month>,
}

impl Check for Filter {
    fn check(sent: &serde_json::Value) -> Vec<(String, Invalid)> {
        let both = sent.get("month").is_some() && sent.get("organizationId").is_some();
        let invalid = Invalid::new("unknown-field", "is known without `organizationId` only");
        both.then(|| ("/month".to_owned(), invalid)).into_iter().collect()
    }
}

impl Operation for ListServiceRequests {
    const NAME: &str = "list-service-requests";
    const ABOUT: &str = "Lists service requests, the last one first: those of an organization, the caller's own, or all of a month.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/service-requests",
        &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = Nothing;
    type Query = Checked<Filter>;
    type Body = Empty;
    type Output = List<ServiceRequest>;

    async fn execute(
        context: &Context<'_>,
        actor: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<List<ServiceRequest>>, Failure> {
        let Checked(Filter { organization_id, month }) = &input.query;
        if month.is_some() && !actor.is_staff() {
            let fault =
                Fault::new(At::parameter("month"), "unknown-field", "is the vendor's people's to ask");
            return Err(Problem::shape(Faults(vec![fault])).into());
        }
        let page = match (organization_id, actor.standing) {
            (Some(organization), _) => of_organization(context, actor, *organization).await?,
            (None, Standing::Operator | Standing::Agent) => {
                let month = month.clone().unwrap_or_else(|| Month::of(context.now));
                context.page(&ServiceRequestsIn(month), false).await?
            }
            (None, Standing::Customer { organization: Some(own), .. }) => {
                context.page_as_is(&ServiceRequestsOf(own), false).await?
            }
            (None, Standing::Customer { organization: None, .. }) => {
                List { items: Vec::new(), next_page_token: None }
            }
            (None, Standing::Partner { partner, .. }) => {
                let email = actor.email.clone().ok_or_else(Problem::not_found)?;
                of_person(context, actor, partner, email, None).await?
            }
        };
        Ok(Answer::ok(page))
    }
}

/// Those of an organization that are open to the caller.
async fn of_organization(
    context: &Context<'_>,
    actor: &Actor,
    organization: OrganizationId,
) -> Result<List<ServiceRequest>, Failure> {
    let all = ServiceRequestsOf(organization);
    let Some(claim) = Claim::of(actor, organization)? else {
        return context.page_as_is(&all, false).await;
    };
    let (held, page) = tokio::try_join!(claim.settle(context), context.page_as_is(&all, false))?;
    if held.level().opens(Act::SeeAll) {
        return Ok(page);
    }
    let email = actor.email.clone().ok_or_else(Problem::not_found)?;
    of_person(context, actor, held.partner, email, Some(organization)).await
}

/// Those that a partner's person submitted or was added to, and that are open to it today. The page may be short.
async fn of_person(
    context: &Context<'_>,
    actor: &Actor,
    partner: PartnerId,
    email: Email,
    only: Option<OrganizationId>,
) -> Result<List<ServiceRequest>, Failure> {
    let concerns = context.page(&ConcernsOf(partner, email.clone()), false).await?;
    let (mut wanted, mut ids, mut organizations) = (Wanted::new(), Vec::new(), BTreeMap::new());
    for concern in concerns.items {
        let (id, organization) = (concern.service_request()?, concern.organization_id);
        if only.is_some_and(|only| only != organization) {
            continue;
        }
        ids.push((id, organization, concern.was_added()));
        wanted.add(&ServiceRequestOf(organization, id));
        wanted.add(&ContactOf(id, email.clone()));
        organizations.insert(organization, None::<Held>);
    }
    // What the late index found is read again, with what opens it.
    for organization in organizations.keys() {
        Claim::of(actor, *organization)?.iter().for_each(|claim| claim.want(&mut wanted));
    }
    let found = context.table.fetch(wanted, true).await?;
    for (organization, held) in &mut organizations {
        if let Some(claim) = Claim::of(actor, *organization)? {
            *held = match claim.prove(context, &found) {
                Ok(proved) => Some(proved),
                Err(Failure::Problem(_)) => None,
                Err(failure) => return Err(failure),
            };
        }
    }
    let mut items = Vec::new();
    for (id, organization, added) in ids {
        let Some(Some(held)) = organizations.get(&organization) else { continue };
        let contact = found.get(&ContactOf(id, email.clone()))?;
        let Some(request) = found.get(&ServiceRequestOf(organization, id))? else { continue };
        // Who submitted it and was added to it comes upon it twice, perhaps on two pages.
        let submitted = request.submitted_by.membership.is_some_and(|of| of.partner_id == partner)
            && request.submitted_by.email == email;
        if request.is_open_to(held.level(), held.member, contact.as_ref()) && (submitted != added) {
            items.push(request);
        }
    }
    Ok(List { items, next_page_token: concerns.next_page_token })
}
