//! `list-subscriptions`

use api_runtime::table::{BatchGet, BatchResult, ProductById};
use api_runtime::{
    Context, Empty, Failure, List, Method, Operation, OrganizationPath, Output, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::search::sort_key;
use domain::{Actor, Faults, Role, SiteUrl, Subscription, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::rows::{StatusCounts, SubscriptionRow, WantedStatus};
use crate::authority::viewer::Viewer;
use crate::products::ProductName;

/// Lists an organization's subscriptions.
pub struct ListSubscriptions;

/// Filters and order of the list.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListSubscriptionsQuery {
    /// Only subscriptions with this status; `active` includes those that are `pending-set-up` or `suspended`, and
    /// `inactive` those that are still being deactivated. Default: all.
    #[deserr(default)]
    status: Option<WantedStatus>,
    /// Only subscriptions that are set up themselves on the site with this address, at most 500 characters.
    #[deserr(default)]
    site_url: Option<SiteUrl>,
    /// Order of the list: `createdAt` (oldest first, the default), `endsAt` (earliest first), or `name` (of the product,
    /// without regard to case and width).
    #[deserr(default)]
    #[schemars(default)]
    sort: SubscriptionOrder,
}

/// Order of a list of subscriptions.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[serde(rename_all = "camelCase")]
enum SubscriptionOrder {
    /// By creation, oldest first.
    #[default]
    CreatedAt,
    /// By end, earliest first.
    EndsAt,
    /// By the name of the product.
    Name,
}

impl ListSubscriptionsQuery {
    fn is_on_site(&self, one: &Subscription) -> bool {
        let url = one.set_up_target.as_ref().and_then(|target| target.site()).map(|(_, url)| url);
        self.site_url.as_ref().is_none_or(|wanted| Some(wanted) == url)
    }

    fn has_status(&self, one: &Subscription, now: Timestamp) -> bool {
        self.status.is_none_or(|status| status.is_of(one, now))
    }
}

impl SubscriptionOrder {
    /// Returns the position of a subscription in the list, which is unique. `products` has the products if the order is
    /// by name.
    fn position(self, one: &Subscription, products: &BatchResult) -> Result<String, Failure> {
        let id = one.id;
        Ok(match self {
            Self::CreatedAt => id.to_string(),
            Self::EndsAt => format!("{}#{id}", one.ends_at()),
            Self::Name => {
                let product = ProductName::among(products, one.product_id)?;
                let name = product.map(|product| sort_key(product.name.as_str())).unwrap_or_default();
                format!("{name}\u{0}{id}")
            }
        })
    }
}

/// A page of subscriptions.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionsPage {
    /// Subscriptions of the page, at most `pageSize`.
    items: Vec<SubscriptionRow>,
    /// Token to send as `pageToken` for the next page. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
    /// Numbers of the subscriptions of all pages by status, whatever `status` the query has. Only on the first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<StatusCounts>,
}

impl Output for SubscriptionsPage {
    fn next_page_token(&self) -> Option<&str> {
        self.next_page_token.as_deref()
    }
}

impl Operation for ListSubscriptions {
    const NAME: &str = "list-subscriptions";
    const SUMMARY: &str = "List an organization's subscriptions";
    const DESCRIPTION: &str = "Operators, agents and the organization's contact managers get all its \
        subscriptions, whether or not a partner manages them, other customers those of which they are a \
        contact, and partner members those that their partner manages. Rows carry the names of the product, \
        the organization, the partner and the contacts; related subscriptions that the caller may not see \
        are counted in `hiddenCount`. The first page also counts the subscriptions by status. Subscriptions \
        are ordered by creation, oldest first, unless `sort` is given.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/subscriptions",
        &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = OrganizationPath;
    type Query = ListSubscriptionsQuery;
    type Body = Empty;
    type Output = SubscriptionsPage;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<SubscriptionsPage>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let viewer = Viewer::of(actor, path.organization_id)?;
        let (viewer, all, _) = viewer.read_with_subscriptions(context, |_| {}).await?;
        let seen = || all.values().filter(|one| viewer.sees(one) && query.is_on_site(one));
        let is_first = context.page_query(true).after.is_none();
        let counts = is_first.then(|| StatusCounts::of(seen(), context.now));
        let wanted: Vec<_> = seen().filter(|one| query.has_status(one, context.now)).collect();
        let (List { items, next_page_token }, found) = page(context, query.sort, wanted).await?;
        let mut rows = Vec::new();
        for one in items {
            let visible = viewer.visibility.narrow_by(one.clone(), &all);
            rows.push(SubscriptionRow::among(&found, actor, visible, context.now)?);
        }
        Ok(Reply::ok(SubscriptionsPage { items: rows, next_page_token, counts }))
    }
}

/// Returns the requested page, and the items that hold the names in its rows. Products are read for
/// all subscriptions if their names decide the order, everything else for the page only.
async fn page<'a>(
    context: &Context<'_>,
    order: SubscriptionOrder,
    these: Vec<&'a Subscription>,
) -> Result<(List<&'a Subscription>, BatchResult), Failure> {
    let mut wanted = BatchGet::new();
    if order == SubscriptionOrder::Name {
        these.iter().for_each(|one| wanted.add(&ProductById(one.product_id)));
    }
    let products = context.table.fetch(std::mem::take(&mut wanted), false).await?;
    let page = in_order(context, order, these, &products)?;
    page.items.iter().for_each(|one| SubscriptionRow::want(&mut wanted, one));
    Ok((page, context.table.fetch(wanted, true).await?))
}

fn in_order<'a>(
    context: &Context<'_>,
    order: SubscriptionOrder,
    these: Vec<&'a Subscription>,
    products: &BatchResult,
) -> Result<List<&'a Subscription>, Failure> {
    let placed = these.into_iter().map(|one| Ok((order.position(one, products)?, one)));
    Ok(context.page_of_all(placed.collect::<Result<_, Failure>>()?))
}
