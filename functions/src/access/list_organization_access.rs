//! `list-organization-access`

use api_runtime::table::{AccessInOrganization, OrganizationById};
use api_runtime::{
    Empty, Failure, List, Method, Nothing, Operation, OrganizationPath, Reply, Request, Route, route,
};
use domain::{Actor, Role};

use super::view::AccessView;
use crate::party::Names;

/// Lists the partners that have or had access to an organization.
pub struct ListOrganizationAccess;

impl Operation for ListOrganizationAccess {
    const NAME: &str = "list-organization-access";
    const SUMMARY: &str = "List partners with access to an organization";
    const DESCRIPTION: &str = "The organization's contact managers, operators and agents may call it. \
        Returns one item for each partner that has or had access, with its active grants and the last 20 \
        that ended, in the order of the partners' ids. The list is consistent: it contains every earlier \
        change.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/access",
        &[Role::Operator, Role::Agent, Role::ContactManager],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = List<AccessView>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<AccessView>>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let OrganizationPath { organization_id } = *path;
        actor.authorize_organization(organization_id)?;
        let access = AccessInOrganization(organization_id);
        let page = context.consistent_page(&access, true);
        let page = context.read_if_exists(&OrganizationById(organization_id), page).await?;
        let partners = page.items.iter().map(|access| access.partner_id);
        let names = Names::of(context, partners, [organization_id].into_iter()).await?;
        let shown = page.items.iter().map(|access| AccessView::of(access, &names, context.now));
        Ok(Reply::ok(List { items: shown.collect(), next_page_token: page.next_page_token }))
    }
}
