//! `get-subscription`

use std::collections::BTreeSet;

use api_runtime::table::{BatchGet, PartnerById, SubscriptionOf};
use api_runtime::{Empty, Failure, Method, Nothing, Operation, Output, Reply, Request, Route, route};
use domain::subscription::closure::Subscriptions;
use domain::subscription::{SubscriptionContact, SubscriptionKind, SubscriptionStatus};
use domain::{Actor, PartnerId, Plan, ProductCode, Role, Subscription, SubscriptionId, Timestamp, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::contacts::Contacts;
use super::{SubscriptionPath, SubscriptionView, read};
use crate::authority::viewer::named_by;
use crate::party::{Names, Party};

/// Returns a subscription with its partner, contacts and related subscriptions.
pub struct GetSubscription;

/// A subscription with its partner, contacts and related subscriptions.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionDetail {
    /// The subscription.
    #[serde(flatten)]
    subscription: SubscriptionView,
    /// Partner that manages the subscription, with its name; absent if no partner does.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<Party<PartnerId>>,
    /// Customers who manage the subscription with their current names, at most 20. Removed customers are left out.
    contacts: Vec<SubscriptionContact>,
    /// Subscriptions linked to it that the caller may see.
    linked_subscriptions: Vec<RelatedSubscription>,
    /// Of an app: subscriptions in which it is installed and that the caller may see.
    parent_subscriptions: Vec<RelatedSubscription>,
    /// Apps that are installed in it and that the caller may see.
    installed_apps: Vec<RelatedSubscription>,
}

/// A subscription that is related to another.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RelatedSubscription {
    /// Id of the subscription.
    id: SubscriptionId,
    /// Kind of the subscription.
    kind: SubscriptionKind,
    /// Code of the product when it was ordered.
    sku: ProductCode,
    /// Plan under which the product is sold; absent if the order names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Plan>,
    /// Status at the time of the call.
    status: SubscriptionStatus,
}

impl Output for SubscriptionDetail {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        self.subscription.version()
    }
}

impl Operation for GetSubscription {
    const NAME: &str = "get-subscription";
    const SUMMARY: &str = "Get a subscription with its contacts and related subscriptions";
    const DESCRIPTION: &str = "Operators, agents and the organization's contact managers may get any of \
        its subscriptions, other customers those of which they are a contact, and partner members those \
        that their partner manages. Related subscriptions that the caller may not see are left out. \
        Customers do not get `billingAccount` and `externalId`.";
    const ROUTES: &[Route] = &[route(
        Method::Get,
        "/v1/organizations/{organizationId}/subscriptions/{subscriptionId}",
        &[Role::Operator, Role::Agent, Role::Customer, Role::PartnerMember],
    )];

    type Caller = Actor;
    type Path = SubscriptionPath;
    type Query = Nothing;
    type Body = Empty;
    type Output = SubscriptionDetail;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<SubscriptionDetail>, Failure> {
        let Request { context, caller: actor, path, .. } = request;
        let (one, viewer, _) = read(context, actor, path, |_| {}).await?;
        let organization = one.organization_id;
        let mut wanted = BatchGet::new();
        named_by(&one).for_each(|id| wanted.add(&SubscriptionOf(organization, id)));
        let partner = one.buyer().partner_id;
        partner.iter().for_each(|partner| wanted.add(&PartnerById(*partner)));
        let contacts = Contacts { organization, contacts: &one.contacts };
        contacts.want(&mut wanted);
        let found = context.table.fetch(wanted, true).await?;
        let contacts = contacts.current(context, &found).await?;
        let mut others = Subscriptions::new();
        for id in named_by(&one) {
            others.extend(found.get(&SubscriptionOf(organization, id))?.map(|other| (id, other)));
        }
        let known = partner.map(|partner| found.get(&PartnerById(partner))).transpose()?.flatten();
        let names = Names::from(known.into_iter(), std::iter::empty());
        let visible = viewer.visibility.narrow_by(one, &others);
        let related = |ids: &BTreeSet<SubscriptionId>| {
            ids.iter()
                .filter_map(|id| others.get(id))
                .map(|other| RelatedSubscription::of(other, context.now))
                .collect()
        };
        Ok(Reply::ok(SubscriptionDetail {
            partner: partner.map(|partner| names.partner(partner)),
            contacts,
            linked_subscriptions: related(&visible.one.linked),
            parent_subscriptions: related(&visible.one.parents),
            installed_apps: related(&visible.one.apps),
            subscription: viewer.view_of(visible, context.now),
        }))
    }
}

impl RelatedSubscription {
    fn of(one: &Subscription, now: Timestamp) -> Self {
        let (sku, plan) = (one.sku.clone(), one.plan.clone());
        Self { id: one.id, kind: one.kind, sku, plan, status: one.status(now) }
    }
}
