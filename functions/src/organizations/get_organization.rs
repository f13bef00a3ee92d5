//! `get-organization`

use api_runtime::table::{BatchGet, OrganizationById, PartnerOrganizationLink};
use api_runtime::{
    Empty, Failure, Method, Nothing, Operation, OrNotFound, OrganizationPath, Reply, Request, Route, route,
};
use domain::actor::ActorKind;
use domain::{Actor, Organization, Role};

/// Returns a customer organization.
pub struct GetOrganization;

impl Operation for GetOrganization {
    const NAME: &str = "get-organization";
    const SUMMARY: &str = "Get a customer organization";
    const DESCRIPTION: &str = "Operators and agents may read every organization, customers their own, and \
        partner members those in their partner's directory; for everyone else it does not exist (404). \
        `externalId` and `createdBy` are visible only to operators, agents and the partner that created the \
        organization.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}",
        &[Role::Operator, Role::Agent, Role::PartnerMember, Role::Customer],
    )];

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = Organization;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Organization>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let id = path.organization_id;
        let organization = OrganizationById(id);
        let mut wanted = BatchGet::new();
        wanted.add(&organization);
        let (found, giver) = match actor.kind {
            ActorKind::Partner { partner, .. } => {
                let link = PartnerOrganizationLink(partner, id);
                wanted.add(&link);
                let found = context.table.fetch(wanted, true).await?;
                found.get(&link).or_not_found()?;
                (found, Some(partner))
            }
            _ => {
                actor.authorize_organization(id)?;
                (context.table.fetch(wanted, true).await?, None)
            }
        };
        let organization = found.get(&organization).or_not_found()?;
        Ok(Reply::ok(match actor.is_staff() {
            true => organization,
            false => organization.seen_by(giver),
        }))
    }
}
