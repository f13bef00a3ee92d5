//! `list-installed-apps`

use std::collections::BTreeSet;

use api_runtime::table::{BatchGet, Lookup, Page, PageQuery, SiteOf, SubscriptionOf, SubscriptionsOf};
use api_runtime::{
    Context, Empty, Failure, List, Method, Nothing, Operation, OrNotFound, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::subscription::SubscriptionKind;
use domain::subscription::closure::Subscriptions;
use domain::{Actor, Faults, OrganizationId, Problem, Role, SiteId, Subscription};
use schemars::JsonSchema;

use super::SubscriptionView;
use crate::authority::viewer::{Viewer, ViewerContext};

/// Lists the apps on a site.
pub struct ListInstalledApps;

/// Path of a site.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct SitePath {
    /// Organization that the site belongs to.
    organization_id: OrganizationId,
    /// Id of the site.
    site_id: SiteId,
}

/// A page ends early when its apps have more parents than this, because each parent is read.
const MOST_PARENTS: usize = 200;

impl Operation for ListInstalledApps {
    const NAME: &str = "list-installed-apps";
    const SUMMARY: &str = "List the apps on a site";
    const DESCRIPTION: &str = "Operators, agents, customers of the organization, and members of a partner \
        that manages a subscription on the site may call it. The list holds the apps that are set up on \
        the site or installed in a subscription that is set up there and not deactivated, oldest first. \
        Deactivated apps, and apps that the caller may not see, are left out. For a partner, only \
        subscriptions that it manages count. A page may hold fewer items than `pageSize`, even none, and \
        still have a `nextPageToken`.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/sites/{siteId}/apps",
        &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = SitePath;
    type Query = Nothing;
    type Body = Empty;
    type Output = List<SubscriptionView>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<SubscriptionView>>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let SitePath { organization_id, site_id } = *path;
        let viewer = Viewer::of(actor, organization_id)?;
        let known = SiteOf(organization_id, site_id);
        let mut wanted = BatchGet::new();
        wanted.add(&known);
        viewer.want(&mut wanted);
        let all = SubscriptionsOf(organization_id);
        let found = async { Ok::<_, Failure>(context.table.fetch(wanted, true).await?) };
        if actor.has_one_of(&[Role::PartnerMember]) {
            let all = async { Ok(context.table.list(&all, true).await?) };
            let (found, all) = tokio::try_join!(found, all)?;
            let viewer = viewer.prove(&found)?;
            found.get(&known).or_not_found()?;
            return Ok(Reply::ok(of_partner(context, &viewer, site_id, all)?));
        }
        let app = |one: &Subscription| is_living_app(one) && viewer.may_see(one);
        let page_query = PageQuery { consistent: true, ..context.page_query(true) };
        let page = async { Ok(context.table.page(&all, &page_query, Some(&app)).await?) };
        let (found, Page { items: mut apps, mut next }) = tokio::try_join!(found, page)?;
        let viewer = viewer.prove(&found)?;
        found.get(&known).or_not_found()?;
        let mut parents = BTreeSet::new();
        for index in 0..apps.len() {
            parents.extend(apps.get(index).into_iter().flat_map(|app| app.parents.iter().copied()));
            if parents.len() > MOST_PARENTS {
                apps.truncate(index + 1);
                next = apps.last().map(|app| SubscriptionOf(organization_id, app.id).key().sk);
                break;
            }
        }
        let mut wanted = BatchGet::new();
        parents.iter().for_each(|parent| wanted.add(&SubscriptionOf(organization_id, *parent)));
        let found = context.table.fetch(wanted, true).await?;
        let mut others = Subscriptions::new();
        for parent in parents {
            others.extend(found.get(&SubscriptionOf(organization_id, parent))?.map(|one| (parent, one)));
        }
        let is_there = |app: &Subscription| {
            let mut parents = app.parents.iter().filter_map(|parent| others.get(parent));
            let is_shown = |one: &Subscription| viewer.sees(one) && one.deactivation.is_none();
            is_on(site_id, app) || parents.any(|one| is_shown(one) && is_on(site_id, one))
        };
        let installed = apps.into_iter().filter(|app| viewer.sees(app) && is_there(app)).collect();
        let installed = viewer.visibility.narrow(context, installed, others).await?.into_iter();
        let items = installed.map(|app| viewer.view_of(app, context.now)).collect();
        Ok(Reply::ok(context.list(items, next)))
    }
}

fn is_living_app(one: &Subscription) -> bool {
    one.kind == SubscriptionKind::App && one.deactivation.is_none()
}

fn is_on(site: SiteId, one: &Subscription) -> bool {
    one.set_up_target
        .as_ref()
        .and_then(|set_up_target| set_up_target.site())
        .is_some_and(|(id, _)| id == site)
}

/// Returns the apps on a site that the partner manages; only parents that it manages count. 404 if the partner manages
/// no subscription on the site.
fn of_partner(
    context: &Context<'_>,
    viewer: &ViewerContext<'_>,
    site: SiteId,
    all: Vec<Subscription>,
) -> Result<List<SubscriptionView>, Failure> {
    let own: Subscriptions =
        all.into_iter().filter(|one| viewer.sees(one)).map(|one| (one.id, one)).collect();
    if !own.values().any(|one| is_on(site, one)) {
        return Err(Problem::not_found().into());
    }
    let there = |app: &&Subscription| {
        let parents = app.parents.iter().filter_map(|id| own.get(id));
        is_on(site, app) || { parents }.any(|one| one.deactivation.is_none() && is_on(site, one))
    };
    let apps = own.values().filter(|one| is_living_app(one)).filter(there);
    let shown = apps.map(|app| {
        let visible = viewer.visibility.narrow_by(app.clone(), &own);
        (app.id.to_string(), viewer.view_of(visible, context.now))
    });
    Ok(context.page_of_all(shown.collect()))
}
