//! `list-partner-subscriptions`

use std::sync::atomic::AtomicUsize;

use api_runtime::table::{
    BatchGet, ItemFilter, OrganizationById, PageQuery, PartnerById, ProductById, Renewals, SubscriptionOf,
    SubscriptionsOf,
};
use api_runtime::{
    Context, Empty, Failure, List, Method, Operation, Output, PartnerPath, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::subscription::closure::Subscriptions;
use domain::{Actor, ErrorKind, Faults, OrganizationId, PartnerId, Role, Subscription, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::rows::{StatusCounts, SubscriptionRow, WantedStatus};
use crate::authority::viewer::Visibility;
use crate::party::visible;
use crate::products::ProductName;
use crate::sorting::{MOST_SORTED, TOO_MANY_TO_SORT, name_position, too_many_to_sort};

/// Lists the subscriptions that a partner manages.
pub struct ListPartnerSubscriptions;

/// Filters of the list.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListPartnerSubscriptionsQuery {
    /// Only subscriptions that end at or after this time (RFC 3339 with any offset) unless they are renewed. Default:
    /// all.
    #[deserr(default)]
    renews_from: Option<Timestamp>,
    /// Only subscriptions that end before this time (RFC 3339 with any offset) unless they are renewed. It is compared
    /// with `endsAt`, so no time zone applies. Default: all.
    #[deserr(default)]
    renews_before: Option<Timestamp>,
    /// Only subscriptions of this organization. Default: those of all organizations.
    #[deserr(default)]
    organization_id: Option<OrganizationId>,
    /// Only subscriptions with this status; `active` includes those that are `pending-set-up` or `suspended`. Default:
    /// all.
    #[deserr(default)]
    status: Option<WantedStatus>,
    /// Order of the list: `endsAt` (earliest first, the default), or `name` (of the product, ignoring case and width).
    #[deserr(default)]
    #[schemars(default)]
    sort: RenewalOrder,
}

/// Order of the subscriptions that a partner manages.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[serde(rename_all = "camelCase")]
enum RenewalOrder {
    /// By end, earliest first.
    #[default]
    EndsAt,
    /// By the name of the product.
    Name,
}

/// A page of the subscriptions that a partner manages.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PartnerSubscriptionsPage {
    #[serde(flatten)]
    list: List<SubscriptionRow>,
    /// Numbers of the subscriptions that the other filters select, by status, whatever `status` the query has; as the
    /// eventually consistent index has them. Only on the first page, and absent if there are more than 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<StatusCounts>,
}

impl Output for PartnerSubscriptionsPage {
    fn next_page_token(&self) -> Option<&str> {
        self.list.next_page_token()
    }
}

impl ListPartnerSubscriptionsQuery {
    /// Returns whether the query selects a subscription of a partner.
    fn selects(&self, partner: PartnerId, one: &Subscription, now: Timestamp) -> bool {
        self.counts(partner, one) && self.status.is_none_or(|status| status.is_of(one, now))
    }

    /// Returns whether the query selects a subscription of a partner, whatever its status is.
    fn counts(&self, partner: PartnerId, one: &Subscription) -> bool {
        let end = one.ends_at();
        one.buyer().partner_id == Some(partner)
            && one.deactivation.is_none()
            && self.renews_from.is_none_or(|from| from <= end)
            && self.renews_before.is_none_or(|before| end < before)
            && self.organization_id.is_none_or(|organization| organization == one.organization_id)
    }
}

impl Operation for ListPartnerSubscriptions {
    const NAME: &str = "list-partner-subscriptions";
    const SUMMARY: &str = "List the subscriptions that a partner manages";
    const DESCRIPTION: &str = "Operators, agents and the partner's members may call it. The list covers \
        all organizations, or one, and is ordered by `endsAt`, earliest first, so that the next renewals come \
        first, unless `sort` is given; more than 1,000 subscriptions are not sorted by name (422 \
        `too-many-to-sort`). The first page also counts the subscriptions by status. Subscriptions that \
        have ended are included, deactivated ones are not. Rows carry the names of \
        the product, the organization, the partner and the contacts; related subscriptions that the caller \
        may not see are counted in `hiddenCount`. A page may hold fewer items than `pageSize`, even none, \
        and still have a `nextPageToken`. The partner's members do not see subscriptions of a deactivated \
        organization; `counts` include them.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/partners/{partnerId}/subscriptions",
        &[Role::Operator, Role::Agent, Role::PartnerMember],
    )];
    const PAGED: bool = true;
    const ERRORS: &[ErrorKind] = &[TOO_MANY_TO_SORT];

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = ListPartnerSubscriptionsQuery;
    type Body = Empty;
    type Output = PartnerSubscriptionsPage;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<PartnerSubscriptionsPage>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let partner = path.partner_id;
        actor.authorize_partner(partner)?;
        let visibility = Visibility::by_caller_kind(actor);
        let (page, mut others, counts) = page(context, partner, query).await?;
        // The index is eventually consistent, so its results are read again: a subscription may have been transferred
        // to another partner.
        let mut wanted = BatchGet::new();
        wanted.add(&PartnerById(partner));
        let related: Vec<_> = page.items.iter().flat_map(|one| visibility.related_to(one)).collect();
        related.iter().for_each(|other| wanted.add(other));
        for entry in &page.items {
            wanted.add(&SubscriptionOf(entry.organization_id, entry.id));
            SubscriptionRow::want(&mut wanted, entry);
        }
        let found = context.table.fetch(wanted, true).await?;
        visible(actor, found.get(&PartnerById(partner))?)?;
        for other in related {
            others.extend(found.get(&other)?.map(|one| (one.id, one)));
        }
        let mut items = Vec::new();
        for entry in &page.items {
            let one = found.get(&SubscriptionOf(entry.organization_id, entry.id))?;
            let organization = visible(actor, found.get(&OrganizationById(entry.organization_id))?);
            let one = one.filter(|one| organization.is_ok() && query.selects(partner, one, context.now));
            if let Some(one) = one {
                let visible = visibility.narrow_by(one, &others);
                items.push(SubscriptionRow::among(&found, actor, visible, context.now)?);
            }
        }
        let list = List { items, next_page_token: page.next_page_token };
        Ok(Reply::ok(PartnerSubscriptionsPage { list, counts }))
    }
}

/// Subscriptions as the index has them, or those of one organization as they are.
enum Found {
    /// The requested page, and all subscriptions if they are counted.
    Page(List<Subscription>, Option<Vec<Subscription>>),
    /// All subscriptions, which are sorted and counted.
    All(Vec<Subscription>),
}

/// Returns the requested page, what was read beside it, and the counts for the first page.
async fn page(
    context: &Context<'_>,
    partner: PartnerId,
    query: &ListPartnerSubscriptionsQuery,
) -> Result<(List<Subscription>, Subscriptions, Option<StatusCounts>), Failure> {
    let is_first = context.page_query(true).after.is_none();
    let count = |all: &[Subscription]| {
        StatusCounts::of(all.iter().filter(|one| query.counts(partner, one)), context.now)
    };
    match find(context, partner, query).await? {
        Found::Page(page, counted) => Ok((page, Subscriptions::new(), counted.as_deref().map(count))),
        Found::All(all) => {
            let others = match query.organization_id {
                Some(_) => all.iter().map(|one| (one.id, one.clone())).collect(),
                None => Subscriptions::new(),
            };
            let counts = is_first.then(|| count(&all));
            let selected = all.into_iter().filter(|one| query.selects(partner, one, context.now));
            Ok((in_order(context, query.sort, selected.collect()).await?, others, counts))
        }
    }
}

/// Reads the subscriptions: all of an organization or, if the order is by name, of the partner; else a page.
async fn find(
    context: &Context<'_>,
    partner: PartnerId,
    query: &ListPartnerSubscriptionsQuery,
) -> Result<Found, Failure> {
    if let Some(organization) = query.organization_id {
        return Ok(Found::All(context.table.list(&SubscriptionsOf(organization), true).await?));
    }
    // The table refuses a range that ends before it begins.
    if query.renews_from.zip(query.renews_before).is_some_and(|(from, before)| from >= before) {
        return Ok(Found::All(Vec::new()));
    }
    let renewals = Renewals(partner, query.renews_from, query.renews_before);
    let left = AtomicUsize::new(MOST_SORTED);
    let all = async { Ok::<_, Failure>(context.table.list_at_most(&renewals, false, &left).await?) };
    if query.sort == RenewalOrder::Name {
        return Ok(Found::All(all.await?.ok_or_else(|| too_many_to_sort(MOST_SORTED))?));
    }
    let page_query: PageQuery = context.page_query(true);
    let counted = async { if page_query.after.is_some() { Ok(None) } else { all.await } };
    let selects = |one: &Subscription| query.selects(partner, one, context.now);
    let wanted: Option<ItemFilter<'_, Subscription>> = query.status.map(|_| &selects as _);
    let page = async { Ok::<_, Failure>(context.table.page(&renewals, &page_query, wanted).await?) };
    let (page, counted) = tokio::try_join!(page, counted)?;
    Ok(Found::Page(context.list(page.items, page.next), counted))
}

/// Returns the requested page of subscriptions. The order by name takes one more read, of the products.
async fn in_order(
    context: &Context<'_>,
    order: RenewalOrder,
    these: Vec<Subscription>,
) -> Result<List<Subscription>, Failure> {
    let mut wanted = BatchGet::new();
    if order == RenewalOrder::Name {
        these.iter().for_each(|one| wanted.add(&ProductById(one.product_id)));
    }
    let products = context.table.fetch(wanted, false).await?;
    let mut placed = Vec::new();
    for one in these {
        let position = match order {
            RenewalOrder::EndsAt => format!("{}#{}", one.ends_at(), one.id),
            RenewalOrder::Name => {
                let product = ProductName::among(&products, one.product_id)?;
                name_position(product.as_ref().map(|product| &product.name), &one.id.to_string())
            }
        };
        placed.push((position, one));
    }
    Ok(context.page_of_all(placed))
}
