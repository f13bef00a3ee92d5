//! `get-subscription`

use std::collections::BTreeSet;

use api_runtime::table::{BatchGet, PartnerById, SubscriptionOf};
use api_runtime::{Empty, Failure, Method, Nothing, Operation, Output, Reply, Request, Route, route};
use domain::subscription::closure::Subscriptions;
use domain::subscription::{SubscriptionContact, SubscriptionKind, SubscriptionStatus};
use domain::{Actor, PartnerId, Plan, ProductCode, Role, Subscription, SubscriptionId, Timestamp, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::{SubscriptionPath, SubscriptionView, read};
use crate::authority::viewer::named_by;
use crate::party::{Names, Party};

/// Shows a subscription.
pub struct GetSubscription;

/// A subscription with all that belongs to it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionDetail {
    /// The subscription.
    #[serde(flatten)]
    subscription: SubscriptionView,
    /// The partner that manages it, with its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<Party<PartnerId>>,
    /// Its contacts.
    contacts: Vec<SubscriptionContact>,
    /// What is linked to it, with how far that is.
    linked_subscriptions: Vec<RelatedSubscription>,
    /// Of an app: what it is installed in.
    parent_subscriptions: Vec<RelatedSubscription>,
    /// The apps that are installed in it.
    installed_apps: Vec<RelatedSubscription>,
}

/// A subscription that belongs to another.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RelatedSubscription {
    /// Its id.
    id: SubscriptionId,
    /// What it is for.
    kind: SubscriptionKind,
    /// The product's code.
    sku: ProductCode,
    /// What it is sold as.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Plan>,
    /// How far it is.
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
    const ABOUT: &str = "Shows a subscription with its site, partner, contacts, and what is linked to it, its parent or installed in it: of these what the caller may see.";
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
        let found = context.table.fetch(wanted, true).await?;
        let mut others = Subscriptions::new();
        for id in named_by(&one) {
            others.extend(found.get(&SubscriptionOf(organization, id))?.map(|other| (id, other)));
        }
        let known = partner.map(|partner| found.get(&PartnerById(partner))).transpose()?.flatten();
        let names = Names::from(known.into_iter(), std::iter::empty());
        let visible = viewer.sight.narrow_by(one, &others);
        let related = |ids: &BTreeSet<SubscriptionId>| {
            ids.iter()
                .filter_map(|id| others.get(id))
                .map(|other| RelatedSubscription::of(other, context.now))
                .collect()
        };
        Ok(Reply::ok(SubscriptionDetail {
            partner: partner.map(|partner| names.partner(partner)),
            contacts: visible.one.contacts.clone(),
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
