//! `get-organization`

use api_runtime::table::{BatchGet, OrganizationById};
use api_runtime::{
    Empty, Failure, Method, Nothing, Operation, OrganizationPath, Reply, Request, Route, route,
};
use domain::{Actor, Role};

use super::view::OrganizationView;
use crate::authority::organization_check::OrganizationCheck;
use crate::party::visible;

/// Returns a customer organization.
pub struct GetOrganization;

impl Operation for GetOrganization {
    const NAME: &str = "get-organization";
    const SUMMARY: &str = "Get a customer organization";
    const DESCRIPTION: &str = "Operators and agents may read every organization, customers their own, and \
        partner members those in their partner's directory, those to which a grant gives them access now, and \
        those of which their partner manages a subscription; for everyone else it does not exist (404). \
        `externalId`, `createdBy` and the name of the creator are visible only to operators, agents and the partner that created the \
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
    type Output = OrganizationView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<OrganizationView>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let id = path.organization_id;
        let organization = OrganizationById(id);
        let mut wanted = BatchGet::new();
        wanted.add(&organization);
        let check = OrganizationCheck::of(actor, id)?;
        check.iter().for_each(|check| check.want(&mut wanted));
        let found = context.table.fetch(wanted, true).await?;
        if let Some(check) = &check {
            check.require(context, &found).await?;
        }
        let organization = visible(actor, found.get(&organization)?)?;
        let giver = check.map(|check| check.partner());
        let organization = match actor.is_staff() {
            true => organization,
            false => organization.seen_by(giver),
        };
        Ok(Reply::ok(OrganizationView::of(context, organization).await?))
    }
}
