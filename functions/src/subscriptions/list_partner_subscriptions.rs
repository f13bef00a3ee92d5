//! `list-partner-subscriptions`

use api_runtime::table::{BatchGet, PageQuery, PartnerById, Renewals, SubscriptionOf, SubscriptionsOf};
use api_runtime::{
    Context, Empty, Failure, List, Method, Operation, PartnerPath, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::subscription::closure::Subscriptions;
use domain::{Actor, Faults, OrganizationId, PartnerId, Role, Subscription, Timestamp};
use schemars::JsonSchema;

use super::rows::{SubscriptionRow, WantedStatus};
use crate::authority::viewer::Visibility;
use crate::party::visible;

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
}

impl ListPartnerSubscriptionsQuery {
    /// Returns whether the query selects a subscription of a partner.
    fn selects(&self, partner: PartnerId, one: &Subscription, now: Timestamp) -> bool {
        let end = one.ends_at();
        one.buyer().partner_id == Some(partner)
            && one.deactivation.is_none()
            && self.renews_from.is_none_or(|from| from <= end)
            && self.renews_before.is_none_or(|before| end < before)
            && self.organization_id.is_none_or(|organization| organization == one.organization_id)
            && self.status.is_none_or(|status| status.is_of(one, now))
    }
}

impl Operation for ListPartnerSubscriptions {
    const NAME: &str = "list-partner-subscriptions";
    const SUMMARY: &str = "List the subscriptions that a partner manages";
    const DESCRIPTION: &str = "Operators, agents and the partner's members may call it. The list covers \
        all organizations, or one, and is ordered by `endsAt`, earliest first, so that the next renewals come \
        first. Subscriptions that have ended are included, deactivated ones are not. Rows carry the names of \
        the product, the organization, the partner and the contacts; related subscriptions that the caller \
        may not see are counted in `hiddenCount`. A page may hold fewer items than `pageSize`, even none, \
        and still have a `nextPageToken`.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/partners/{partnerId}/subscriptions",
        &[Role::Operator, Role::Agent, Role::PartnerMember],
    )];
    const PAGED: bool = true;

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = ListPartnerSubscriptionsQuery;
    type Body = Empty;
    type Output = List<SubscriptionRow>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<SubscriptionRow>>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let partner = path.partner_id;
        actor.authorize_partner(partner)?;
        let visibility = Visibility::by_caller_kind(actor);
        let (page, mut others) = page(context, partner, query).await?;
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
            if let Some(one) = one.filter(|one| query.selects(partner, one, context.now)) {
                let visible = visibility.narrow_by(one, &others);
                items.push(SubscriptionRow::among(&found, actor, visible, context.now)?);
            }
        }
        Ok(Reply::ok(List { items, next_page_token: page.next_page_token }))
    }
}

/// Returns the requested page as the index has it or, of one organization, as its subscriptions are, together with what
/// was read beside it.
async fn page(
    context: &Context<'_>,
    partner: PartnerId,
    query: &ListPartnerSubscriptionsQuery,
) -> Result<(List<Subscription>, Subscriptions), Failure> {
    let selects = |one: &Subscription| query.selects(partner, one, context.now);
    if let Some(organization) = query.organization_id {
        let all = context.table.list(&SubscriptionsOf(organization), true).await?;
        let others = all.iter().map(|one| (one.id, one.clone())).collect();
        let selected = all.into_iter().filter(selects);
        let placed = selected.map(|one| (format!("{}#{}", one.ends_at(), one.id), one)).collect();
        return Ok((context.page_of_all(placed), others));
    }
    // The table refuses a range that ends before it begins.
    if query.renews_from.zip(query.renews_before).is_some_and(|(from, before)| from >= before) {
        return Ok((context.list(Vec::new(), None), Subscriptions::new()));
    }
    let renewals = Renewals(partner, query.renews_from, query.renews_before);
    let page_query: PageQuery = context.page_query(true);
    let page = match query.status {
        Some(_) => context.table.page(&renewals, &page_query, Some(&selects)).await?,
        None => context.table.page(&renewals, &page_query, None).await?,
    };
    Ok((context.list(page.items, page.next), Subscriptions::new()))
}
