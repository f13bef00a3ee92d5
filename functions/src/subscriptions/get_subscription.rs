//! `get-subscription`

use std::collections::BTreeSet;

use api_runtime::table::{BatchGet, BatchResult, ProductById, SubscriptionOf};
use api_runtime::{Empty, Failure, Method, Nothing, Operation, Output, Reply, Request, Route, route};
use domain::subscription::closure::Subscriptions;
use domain::subscription::{SubscriptionKind, SubscriptionStatus};
use domain::{Actor, Plan, ProductCode, Role, Subscription, SubscriptionId, Timestamp, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::contacts::Contacts;
use super::rows::SubscriptionRow;
use super::{SubscriptionPath, read};
use crate::authority::viewer::named_by;
use crate::products::ProductName;

/// Returns a subscription with its partner, contacts and related subscriptions.
pub struct GetSubscription;

/// A subscription with its partner, contacts and related subscriptions.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionDetail {
    /// The subscription, with the names of its product, organization, partner and contacts.
    #[serde(flatten)]
    row: SubscriptionRow,
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
    /// Name and code of the product. Absent only if the product is not found, such as right after its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<ProductName>,
    /// Plan under which the product is sold; absent if the order names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Plan>,
    /// Status at the time of the call.
    status: SubscriptionStatus,
}

impl Output for SubscriptionDetail {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        self.row.subscription.version()
    }
}

impl Operation for GetSubscription {
    const NAME: &str = "get-subscription";
    const SUMMARY: &str = "Get a subscription with its contacts and related subscriptions";
    const DESCRIPTION: &str = "Operators, agents and the organization's contact managers may get any of \
        its subscriptions, other customers those of which they are a contact, and partner members those \
        that their partner manages. Related subscriptions that the caller may not see are left out and \
        counted in `hiddenCount`. Customers do not get `billingAccount` and `externalId`.";
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
        SubscriptionRow::want(&mut wanted, &one);
        let found = context.table.fetch(wanted, true).await?;
        let mut others = Subscriptions::new();
        for id in named_by(&one) {
            others.extend(found.get(&SubscriptionOf(organization, id))?.map(|other| (id, other)));
        }
        let mut wanted = BatchGet::new();
        others.values().for_each(|other| wanted.add(&ProductById(other.product_id)));
        let products = async { Ok(context.table.fetch(wanted, false).await?) };
        let stored = Contacts::of(&one);
        let (contacts, products) = tokio::try_join!(stored.current(context, &found), products)?;
        let visible = viewer.visibility.narrow_by(one, &others);
        let related = |ids: &BTreeSet<SubscriptionId>| {
            ids.iter()
                .filter_map(|id| others.get(id))
                .map(|other| RelatedSubscription::of(other, &products, context.now))
                .collect::<Result<Vec<_>, Failure>>()
        };
        Ok(Reply::ok(SubscriptionDetail {
            linked_subscriptions: related(&visible.one.linked)?,
            parent_subscriptions: related(&visible.one.parents)?,
            installed_apps: related(&visible.one.apps)?,
            row: SubscriptionRow::among(&found, actor, visible, context.now)?.with_contacts(contacts),
        }))
    }
}

impl RelatedSubscription {
    fn of(one: &Subscription, products: &BatchResult, now: Timestamp) -> Result<Self, Failure> {
        let (sku, plan) = (one.sku.clone(), one.plan.clone());
        let product = ProductName::among(products, one.product_id)?;
        Ok(Self { id: one.id, kind: one.kind, sku, product, plan, status: one.status(now) })
    }
}
