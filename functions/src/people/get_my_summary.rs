//! `get-my-summary`

use api_runtime::{Empty, Failure, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route};
use domain::actor::ActorKind;
use domain::{Actor, Role};

use super::summary::MySummary;
use super::{summary_of_customer, summary_of_manager, summary_of_member, summary_of_staff};

/// Summarizes the caller's pending work.
pub struct GetMySummary;

impl Operation for GetMySummary {
    const NAME: &str = "get-my-summary";
    const SUMMARY: &str = "Summarize the caller's pending work";
    const DESCRIPTION: &str = "Returns counts, and up to five items of each, for the caller's role. Partner \
        members on record get the partner's pending access requests, their own access that ends within 30 \
        days, the subscriptions of the partner that end within 30 days, low license pools, and the open \
        service requests of the organizations in which their access level is `look` or above (at most 100). \
        Contact managers get the pending requests that are addressed to them, the grants in their \
        organization that end within 30 days, its subscriptions that end within 30 days, and its open service \
        requests. Other customers get the subscriptions that they are contacts of and that end within 30 days, and \
        their own open service requests, as submitter or contact, among the newest 100 of the organization with \
        each status; those of no organization get neither. Operators and agents get the open service requests of all \
        organizations and months, as `list-service-requests` with `unsolved=true` lists them (the oldest 1,000 are \
        counted), operators also parked orders and the scheduled work that failed in the last 7 days. A \
        part that does not concern the role is absent, and `more` of a part says whether there are more than \
        it counts. What an index finds may lack the latest changes; access, requests and subscriptions are \
        current. Open service requests by organization are those submitted in the last twelve months.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/me/summary",
        &[Role::Operator, Role::Agent, Role::PartnerMember, Role::Customer],
    )];

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Empty;
    type Output = MySummary;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<MySummary>, Failure> {
        let Request { context, caller: actor, .. } = request;
        Ok(Reply::ok(match actor.kind {
            ActorKind::Partner { partner, .. } => summary_of_member::read(context, actor, partner).await?,
            ActorKind::Customer { organization, manager: false } => {
                summary_of_customer::read(context, actor, organization).await?
            }
            ActorKind::Customer { organization, manager: true } => {
                summary_of_manager::read(context, actor, organization.or_not_found()?).await?
            }
            ActorKind::Operator | ActorKind::Agent => summary_of_staff::read(context, actor).await?,
        }))
    }
}
