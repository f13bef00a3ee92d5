//! `list-sites`

use api_runtime::table::{BatchGet, ProductById, SitesOf};
use api_runtime::{
    Empty, Failure, List, Method, Nothing, Operation, OrganizationPath, Reply, Request, Route, route,
};
use domain::actor::ActorKind;
use domain::subscription::SubscriptionKind;
use domain::{Actor, ProductId, Role, Site, SiteId, Subscription, SubscriptionId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::authority::viewer::Viewer;
use crate::products::ProductName;

/// Lists an organization's sites.
pub struct ListSites;

/// A site with the subscriptions that are set up on it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SiteRow {
    /// The site.
    #[serde(flatten)]
    site: Site,
    /// Subscriptions that are set up on the site, not deactivated, and visible to the caller, oldest first.
    subscriptions: Vec<SubscriptionOnSite>,
    /// Number of subscriptions that are set up on the site and not deactivated, but not visible to the caller. 0 for
    /// partner members.
    hidden_count: usize,
}

/// A subscription that is set up on a site.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SubscriptionOnSite {
    /// Id of the subscription.
    id: SubscriptionId,
    /// Kind of the subscription.
    kind: SubscriptionKind,
    /// Product of the subscription.
    product_id: ProductId,
    /// Name and code of the product. Absent only if the product is not found, such as right after its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<ProductName>,
}

impl Operation for ListSites {
    const NAME: &str = "list-sites";
    const SUMMARY: &str = "List an organization's sites";
    const DESCRIPTION: &str = "Operators, agents and customers of the organization get all its sites. \
        Partner members get the sites on which a subscription that their partner manages is set up. Each site \
        has the subscriptions that are set up on it and that the caller may see, with the names of their \
        products. Sites are ordered by creation, oldest first.";
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
    type Output = List<SiteRow>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<SiteRow>>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let organization = path.organization_id;
        let viewer = Viewer::of(actor, organization)?;
        let sites = SitesOf(organization);
        let (found, mut sites) = tokio::try_join!(viewer.read_with_subscriptions(context, |_| {}), async {
            Ok(context.table.list(&sites, true).await?)
        })?;
        let (viewer, sold, _) = found;
        // A partner must not learn where subscriptions that it does not manage are used, nor how many there are.
        let is_partner = matches!(actor.kind, ActorKind::Partner { .. });
        if is_partner {
            let is_used = |site: SiteId| sold.values().any(|one| viewer.sees(one) && is_on(site, one));
            sites.retain(|site| is_used(site.id));
        }
        let page = context.page_of_all(sites.into_iter().map(|site| (site.id.to_string(), site)).collect());
        let set_up_on =
            |site: SiteId| sold.values().filter(move |one| one.deactivation.is_none() && is_on(site, one));
        let mut wanted = BatchGet::new();
        for one in page.items.iter().flat_map(|site| set_up_on(site.id)).filter(|one| viewer.sees(one)) {
            wanted.add(&ProductById(one.product_id));
        }
        let products = context.table.fetch(wanted, false).await?;
        let mut items = Vec::new();
        for site in page.items {
            let (mut subscriptions, mut hidden_count) = (Vec::new(), 0);
            for one in set_up_on(site.id) {
                if viewer.sees(one) {
                    let product = ProductName::among(&products, one.product_id)?;
                    let (id, kind, product_id) = (one.id, one.kind, one.product_id);
                    subscriptions.push(SubscriptionOnSite { id, kind, product_id, product });
                } else if !is_partner {
                    hidden_count += 1;
                }
            }
            items.push(SiteRow { site, subscriptions, hidden_count });
        }
        Ok(Reply::ok(List { items, next_page_token: page.next_page_token }))
    }
}

/// Returns whether a subscription is set up on a site.
fn is_on(site: SiteId, one: &Subscription) -> bool {
    one.set_up_target.as_ref().and_then(|target| target.site()).is_some_and(|(id, _)| id == site)
}
