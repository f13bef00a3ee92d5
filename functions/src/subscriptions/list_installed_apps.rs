//! `list-installed-apps`

use api_runtime::table::{BatchGet, SiteOf};
use api_runtime::{
    Empty, Failure, List, Method, Nothing, Operation, OrNotFound, OrganizationPath, Reply, Request, Route,
    route,
};
use deserr::Deserr;
use domain::actor::ActorKind;
use domain::subscription::closure::Subscriptions;
use domain::subscription::{SetUpTarget, SubscriptionKind};
use domain::{Actor, Faults, OrganizationId, Role, SiteId, Subscription};
use schemars::JsonSchema;
use serde::Serialize;

use super::rows::{SubscriptionRow, rows};
use crate::authority::viewer::{Viewer, ViewerContext};

/// Lists the apps on a site, or on all sites of an organization.
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

api_runtime::paths! {
    /// Sites whose apps are listed.
    InstalledAppsPath {
        /// One site of an organization.
        Site(SitePath) = "siteId",
        /// All sites of an organization.
        Organization(OrganizationPath) = "organizationId",
    }
}

impl InstalledAppsPath {
    fn organization(&self) -> OrganizationId {
        match self {
            Self::Site(SitePath { organization_id, .. }) => *organization_id,
            Self::Organization(OrganizationPath { organization_id }) => *organization_id,
        }
    }

    fn site(&self) -> Option<SiteId> {
        match self {
            Self::Site(SitePath { site_id, .. }) => Some(*site_id),
            Self::Organization(_) => None,
        }
    }
}

/// An app with the places in which it is installed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstalledApp {
    /// The app.
    #[serde(flatten)]
    app: SubscriptionRow,
    /// Sites on which the app is used, or the whole organization: where it is set up itself, and where its parents that
    /// the caller may see are set up; each once.
    installed_on: Vec<SetUpTarget>,
}

impl Operation for ListInstalledApps {
    const NAME: &str = "list-installed-apps";
    const SUMMARY: &str = "List the apps on a site or of an organization";
    const DESCRIPTION: &str = "Operators, agents, customers of the organization, and members of a partner \
        that manages a subscription there may call it; of one site, the partner must manage a subscription \
        on the site. The list holds the apps that are set up on the site or installed in a subscription that \
        is set up there and not deactivated, oldest first; without a site, those on any site or for the whole \
        organization. Deactivated apps, and apps that the caller may not see, are left out. For a partner, \
        only subscriptions that it manages count. Rows carry the names of the product, the organization, the \
        partner and the contacts.";
    const ROUTES: &[Route] = &[
        route(
            Method::Get,
            "/v1/organizations/{organizationId}/sites/{siteId}/apps",
            &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
        )
        .of("site")
        .summarized("List the apps on a site"),
        route(
            Method::Get,
            "/v1/organizations/{organizationId}/apps",
            &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
        )
        .of("organization")
        .summarized("List the apps on all sites of an organization"),
    ];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = InstalledAppsPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = List<InstalledApp>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<InstalledApp>>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let (organization, site) = (path.organization(), path.site());
        let known = site.map(|site| SiteOf(organization, site));
        let viewer = Viewer::of(actor, organization)?;
        let also = |wanted: &mut BatchGet| known.iter().for_each(|known| wanted.add(known));
        let (viewer, all, found) = viewer.read_with_subscriptions(context, also).await?;
        if let (Some(known), Some(site)) = (&known, site) {
            found.get(known).or_not_found()?;
            let is_partner = matches!(actor.kind, ActorKind::Partner { .. });
            let has_one =
                || all.values().any(|one| viewer.sees(one) && places_of(one).any(|at| is_at(site, at)));
            (!is_partner || has_one()).then_some(()).or_not_found()?;
        }
        let apps = all.values().filter(|one| {
            one.kind == SubscriptionKind::App && one.deactivation.is_none() && viewer.sees(one)
        });
        let installed = apps.filter_map(|app| {
            let places = places(&viewer, &all, app);
            let is_there = match site {
                Some(site) => places.iter().any(|at| is_at(site, at)),
                None => !places.is_empty(),
            };
            is_there.then(|| (app.id.to_string(), (app, places)))
        });
        let page = context.page_of_all(installed.collect());
        let (apps, places): (Vec<_>, Vec<_>) = page.items.into_iter().unzip();
        let visible = apps.into_iter().map(|app| viewer.visibility.narrow_by(app.clone(), &all)).collect();
        let rows = rows(context, actor, visible).await?.into_iter().zip(places);
        let items = rows.map(|(app, installed_on)| InstalledApp { app, installed_on }).collect();
        Ok(Reply::ok(List { items, next_page_token: page.next_page_token }))
    }
}

/// Returns the place in which a subscription is set up itself, if any.
fn places_of(one: &Subscription) -> impl Iterator<Item = &SetUpTarget> {
    one.set_up_target.iter()
}

/// Returns the places in which an app is used, each once: its own, and those of its parents that are not deactivated and
/// visible to the caller.
fn places(viewer: &ViewerContext<'_>, all: &Subscriptions, app: &Subscription) -> Vec<SetUpTarget> {
    let parents = app.parents.iter().filter_map(|parent| all.get(parent));
    let parents = parents.filter(|parent| parent.deactivation.is_none() && viewer.sees(parent));
    let mut places: Vec<SetUpTarget> = Vec::new();
    for place in std::iter::once(app).chain(parents).flat_map(places_of) {
        if !places.contains(place) {
            places.push(place.clone());
        }
    }
    places
}

fn is_at(site: SiteId, place: &SetUpTarget) -> bool {
    place.site().is_some_and(|(id, _)| id == site)
}
