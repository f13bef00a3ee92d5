//! `list-subscriptions`

use std::sync::{Mutex, PoisonError};

use api_runtime::table::{PageQuery, SubscriptionsOf};
use api_runtime::{Empty, Failure, List, Method, Operation, OrganizationPath, Reply, Request, Route, route};
use deserr::Deserr;
use domain::subscription::SubscriptionStatus;
use domain::subscription::closure::Subscriptions;
use domain::{Actor, Faults, Role, SiteUrl, Subscription, Timestamp};
use schemars::JsonSchema;

use super::SubscriptionView;
use crate::authority::viewer::Viewer;

/// Lists an organization's subscriptions.
pub struct ListSubscriptions;

/// Filters of the list.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListSubscriptionsQuery {
    /// Only subscriptions with this status; `active` includes those that are `pending-set-up`, and `inactive` those that
    /// are still being deactivated.
    #[deserr(default)]
    status: Option<WantedStatus>,
    /// Only subscriptions that are set up themselves on the site with this address, at most 500 characters.
    #[deserr(default)]
    site_url: Option<SiteUrl>,
}

/// Status that a subscription must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
enum WantedStatus {
    /// The subscription runs, whether or not it is set up.
    Active,
    /// The subscription runs, but is not set up.
    #[deserr(rename = "pending-set-up")]
    #[schemars(rename = "pending-set-up")]
    PendingSetUp,
    /// The store suspended the subscription.
    Suspended,
    /// The subscription has ended, its order was cancelled, or it was deactivated.
    Inactive,
    /// The subscription has not started yet.
    Upcoming,
}

impl ListSubscriptionsQuery {
    fn wants(&self, one: &Subscription, now: Timestamp) -> bool {
        let status = match one.status(now) {
            SubscriptionStatus::PendingSetUp if self.status == Some(WantedStatus::Active) => {
                WantedStatus::Active
            }
            SubscriptionStatus::PendingSetUp => WantedStatus::PendingSetUp,
            SubscriptionStatus::Active => WantedStatus::Active,
            SubscriptionStatus::Suspended => WantedStatus::Suspended,
            SubscriptionStatus::Upcoming => WantedStatus::Upcoming,
            SubscriptionStatus::Inactive | SubscriptionStatus::Deactivating => WantedStatus::Inactive,
        };
        let url =
            one.set_up_target.as_ref().and_then(|set_up_target| set_up_target.site()).map(|(_, url)| url);
        self.status.is_none_or(|wanted| wanted == status)
            && self.site_url.as_ref().is_none_or(|wanted| Some(wanted) == url)
    }
}

impl Operation for ListSubscriptions {
    const NAME: &str = "list-subscriptions";
    const SUMMARY: &str = "List an organization's subscriptions";
    const DESCRIPTION: &str = "Operators, agents and the organization's contact managers get all its \
        subscriptions, whether or not a partner manages them, other customers those of which they are a \
        contact, and partner members those that their partner manages. Subscriptions are ordered by \
        creation, oldest first. A page may hold fewer items than `pageSize`, even none, and still have a \
        `nextPageToken`.";
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
    type Output = List<SubscriptionView>;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<List<SubscriptionView>>, Failure> {
        let Request { context, caller: actor, path, query, .. } = request;
        let organization = path.organization_id;
        let viewer = Viewer::of(actor, organization)?;
        // The records that decide access are read concurrently with the page, so the page is first filtered by the
        // subscriptions' own data. All examined subscriptions are kept: they decide which of the related ids the caller
        // sees.
        let (all, examined) = (SubscriptionsOf(organization), Mutex::new(Subscriptions::new()));
        let mine = |one: &Subscription| {
            examined.lock().unwrap_or_else(PoisonError::into_inner).insert(one.id, one.clone());
            viewer.may_see(one) && query.wants(one, context.now)
        };
        let page_query = PageQuery { consistent: true, ..context.page_query(true) };
        let page = async { Ok(context.table.page(&all, &page_query, Some(&mine)).await?) };
        let (viewer, page) = tokio::try_join!(viewer.read(context), page)?;
        let examined = examined.into_inner().unwrap_or_else(PoisonError::into_inner);
        let seen = page.items.into_iter().filter(|one| viewer.sees(one)).collect();
        let seen = viewer.visibility.narrow(context, seen, examined).await?.into_iter();
        let items = seen.map(|one| viewer.view_of(one, context.now)).collect();
        Ok(Reply::ok(context.list(items, page.next)))
    }
}
