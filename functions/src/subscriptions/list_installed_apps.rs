//! `list-installed-apps`

use aws::context::List;
use aws::http::body::Empty;
use aws::operation::{Method, Nothing, route};
use aws::table::Wanted;
use aws::table::pattern::{SiteOf, SubscriptionOf, SubscriptionsOf};
use aws::{Answer, Context, Failure, Input, Operation, Route};
use deserr::Deserr;
use domain::subscription::SubscriptionKind;
use domain::{Actor, Faults, OrganizationId, Problem, Role, SiteId, Subscription};
use schemars::JsonSchema;

use super::{Reader, Shown};

/// Lists the apps on a site.
pub struct ListInstalledApps;

/// A path that names a site.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct OfSite {
    /// Whose.
    organization_id: OrganizationId,
    /// The site.
    site_id: SiteId,
}

impl Operation for ListInstalledApps {
    const NAME: &str = "list-installed-apps";
    const ABOUT: &str = "Lists the apps on a site: those that were set up there, and those that are installed in what was. The caller sees those that are there for it. A page may be short, and even empty, and go on.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/sites/{siteId}/apps",
        &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = OfSite;
    type Query = Nothing;
    type Body = Empty;
    type Output = List<Shown>;

    async fn execute(
        context: &Context<'_>,
        actor: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<List<Shown>>, Failure> {
        let OfSite { organization_id, site_id } = input.path;
        let reader = Reader::of(actor, organization_id)?;
        let known = SiteOf(organization_id, site_id);
        let mut wanted = Wanted::new();
        wanted.add(&known);
        reader.want(&mut wanted);
        let all = SubscriptionsOf(organization_id);
        let app = |one: &Subscription| one.kind == SubscriptionKind::App && one.deactivation.is_none();
        let found = async { Ok(context.table.fetch(wanted, true).await?) };
        let (found, page) = tokio::try_join!(found, context.page_of_wanted(&all, true, app))?;
        let shows = reader.prove(&found)?;
        found.get(&known)?.ok_or_else(Problem::not_found)?;
        let mut wanted = Wanted::new();
        for parent in page.items.iter().flat_map(|app| &app.parents) {
            wanted.add(&SubscriptionOf(organization_id, *parent));
        }
        let parents = context.table.fetch(wanted, false).await?;
        let on_site = |one: &Subscription| {
            one.place.as_ref().and_then(|place| place.site()).is_some_and(|(id, _)| id == site_id)
        };
        let mut items = Vec::new();
        for app in page.items.iter().filter(|app| shows.sees(app)) {
            let mut installed = on_site(app);
            for parent in &app.parents {
                let parent = parents.get(&SubscriptionOf(organization_id, *parent))?;
                installed |= parent.is_some_and(|parent| parent.deactivation.is_none() && on_site(&parent));
            }
            items.extend(installed.then(|| shows.show(app, context.now)));
        }
        Ok(Answer::ok(List { items, next_page_token: page.next_page_token }))
    }
}
