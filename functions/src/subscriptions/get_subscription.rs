//! `get-subscription`

use std::collections::BTreeSet;

use aws::http::body::Empty;
use aws::operation::{Method, Nothing, Output, route};
use aws::table::pattern::{PartnerById, SubscriptionOf};
use aws::table::{Found, Wanted};
use aws::{Answer, Context, Failure, Input, Operation, Route};
use domain::subscription::{SubscriptionContact, SubscriptionKind, SubscriptionStatus};
use domain::{Actor, PartnerId, Plan, ProductCode, Role, Subscription, SubscriptionId, Timestamp, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::{OfSubscription, Shown, Shows, read};
use crate::party::{Names, Party};

/// Shows a subscription.
pub struct GetSubscription;

/// A subscription with all that belongs to it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Whole {
    /// The subscription.
    #[serde(flatten)]
    subscription: Shown,
    /// The partner that manages it, with its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<Party<PartnerId>>,
    /// Its contacts.
    contacts: Vec<SubscriptionContact>,
    /// What is linked to it, with how far that is.
    linked_subscriptions: Vec<Related>,
    /// Of an app: what it is installed in.
    parent_subscriptions: Vec<Related>,
    /// The apps that are installed in it.
    installed_apps: Vec<Related>,
}

/// A subscription that belongs to another.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Related {
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

impl Output for Whole {
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
    type Path = OfSubscription;
    type Query = Nothing;
    type Body = Empty;
    type Output = Whole;

    async fn execute(
        context: &Context<'_>,
        actor: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<Whole>, Failure> {
        let (one, shows, _) = read(context, actor, &input.path, |_| {}).await?;
        let organization = one.organization_id;
        let mut wanted = Wanted::new();
        let related = one.linked.iter().chain(&one.parents).chain(&one.apps);
        related.for_each(|id| wanted.add(&SubscriptionOf(organization, *id)));
        let partner = one.buyer().partner_id;
        partner.iter().for_each(|partner| wanted.add(&PartnerById(*partner)));
        let found = context.table.fetch(wanted, true).await?;
        let shown = |ids: &BTreeSet<SubscriptionId>| related_of(&shows, &one, ids, &found, context.now);
        let (linked, parents, apps) = (shown(&one.linked)?, shown(&one.parents)?, shown(&one.apps)?);
        let mut one = one;
        if actor.has_one_of(&[Role::PartnerMember]) {
            // What it does not manage is not told by ids either.
            let ids = |related: &[Related]| related.iter().map(|other| other.id).collect();
            (one.linked, one.parents, one.apps) = (ids(&linked), ids(&parents), ids(&apps));
        }
        let known = partner.map(|partner| found.get(&PartnerById(partner))).transpose()?.flatten();
        let names = Names::from(known.into_iter(), std::iter::empty());
        Ok(Answer::ok(Whole {
            subscription: shows.show(&one, context.now),
            partner: partner.map(|partner| names.partner(partner)),
            contacts: one.contacts,
            linked_subscriptions: linked,
            parent_subscriptions: parents,
            installed_apps: apps,
        }))
    }
}

fn related_of(
    shows: &Shows<'_>,
    one: &Subscription,
    ids: &BTreeSet<SubscriptionId>,
    found: &Found,
    now: Timestamp,
) -> Result<Vec<Related>, Failure> {
    let mut all = Vec::new();
    for id in ids {
        let other = found.get(&SubscriptionOf(one.organization_id, *id))?.filter(|other| shows.sees(other));
        all.extend(other.map(|other| Related {
            id: other.id,
            kind: other.kind,
            status: other.status(now),
            sku: other.sku,
            plan: other.plan,
        }));
    }
    Ok(all)
}
