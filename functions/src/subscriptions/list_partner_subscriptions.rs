//! `list-partner-subscriptions`

use api_runtime::table::{BatchGet, OrganizationById, PartnerById, Renewals, SubscriptionOf};
use api_runtime::{
    Empty, Failure, List, Method, Operation, OrNotFound, PartnerPath, Reply, Request, Route, route,
};
use deserr::Deserr;
use domain::subscription::closure::Subscriptions;
use domain::{Actor, Faults, Role, Timestamp};
use schemars::JsonSchema;

use super::SubscriptionView;
use crate::authority::viewer::Visibility;

/// Lists the subscriptions that a partner manages.
pub struct ListPartnerSubscriptions;

/// Filters of the list.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListPartnerSubscriptionsQuery {
    /// Only subscriptions that end before this time (RFC 3339 with any offset) unless they are renewed. It is compared
    /// with `endsAt`, so no time zone applies. Default: all.
    #[deserr(default)]
    renews_before: Option<Timestamp>,
}

impl Operation for ListPartnerSubscriptions {
    const NAME: &str = "list-partner-subscriptions";
    const SUMMARY: &str = "List the subscriptions that a partner manages";
    const DESCRIPTION: &str = "Operators, agents and the partner's members may call it. The list covers \
        all organizations and is ordered by `endsAt`, earliest first, so that the next renewals come \
        first. Subscriptions that have ended are included, deactivated ones are not. A page may hold fewer \
        items than `pageSize`, even none, and still have a `nextPageToken`.";
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
    type Output = List<SubscriptionView>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<SubscriptionView>>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let partner = path.partner_id;
        actor.authorize_partner(partner)?;
        let renewals = Renewals(partner, query.renews_before);
        let page = context.page(&renewals, true).await?;
        // The index is eventually consistent, so its results are read again: a subscription may have been transferred
        // to another partner.
        let mut wanted = BatchGet::new();
        wanted.add(&PartnerById(partner));
        for entry in &page.items {
            wanted.add(&SubscriptionOf(entry.organization_id, entry.id));
            wanted.add(&OrganizationById(entry.organization_id));
        }
        let found = context.table.fetch(wanted, true).await?;
        found.get(&PartnerById(partner)).or_not_found()?;
        let mut mine = Vec::new();
        for entry in &page.items {
            let one = found.get(&SubscriptionOf(entry.organization_id, entry.id))?;
            let renews = |end: Timestamp| query.renews_before.is_none_or(|before| end < before);
            mine.extend(one.filter(|one| {
                one.buyer().partner_id == Some(partner) && one.deactivation.is_none() && renews(one.ends_at())
            }));
        }
        let mut items = Vec::new();
        for visible in Visibility::by_caller_kind(actor).narrow(context, mine, Subscriptions::new()).await? {
            let organization = found.get(&OrganizationById(visible.one.organization_id))?;
            let time_zone = organization.map(|one| one.effective_time_zone()).unwrap_or_default();
            items.push(SubscriptionView::to(actor, visible, time_zone, context.now));
        }
        Ok(Reply::ok(List { items, next_page_token: page.next_page_token }))
    }
}
