//! `list-sites`

use std::collections::BTreeSet;

use api_runtime::table::{SitesOf, SubscriptionsOf};
use api_runtime::{
    Empty, Failure, List, Method, Nothing, Operation, OrganizationPath, Reply, Request, Route, route,
};
use domain::actor::ActorKind;
use domain::{Actor, Role, Site};

use crate::authority::viewer::Viewer;

/// Lists an organization's sites.
pub struct ListSites;

impl Operation for ListSites {
    const NAME: &str = "list-sites";
    const SUMMARY: &str = "List an organization's sites";
    const DESCRIPTION: &str = "Operators, agents and customers of the organization get all its sites. \
        Partner members get the sites on which a subscription that their partner manages is set up. Sites \
        are ordered by creation, oldest first.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/sites",
        &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = List<Site>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<Site>>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let organization = path.organization_id;
        let viewer = Viewer::of(actor, organization)?;
        let sites = SitesOf(organization);
        let ActorKind::Partner { .. } = actor.kind else {
            let (_, page) = tokio::try_join!(viewer.read(context), context.consistent_page(&sites, true))?;
            return Ok(Reply::ok(page));
        };
        // A partner must not learn where subscriptions that it does not manage are used.
        let (all, sold) = (context.table.list(&sites, true), SubscriptionsOf(organization));
        let (viewer, all, sold) = tokio::try_join!(viewer.read(context), async { Ok(all.await?) }, async {
            Ok(context.table.list(&sold, true).await?)
        })?;
        let used =
            sold.iter().filter(|one| viewer.sees(one)).filter_map(|one| one.set_up_target.as_ref()?.site());
        let used: BTreeSet<_> = used.map(|(id, _)| id).collect();
        let seen = all.into_iter().filter(|site| used.contains(&site.id));
        Ok(Reply::ok(context.page_of_all(seen.map(|site| (site.id.to_string(), site)).collect())))
    }
}
