//! Sources that send signed messages, and what they send.

automod::dir!(pub "src/webhooks");

use api_runtime::http::caller::Delivery;
use api_runtime::table::{
    BatchGet, EntitlementByName, Expression, SubscriptionName, SubscriptionNamed, SubscriptionOf,
};
use api_runtime::{Answer, Change, Context, Failure, Output, Reply};
use deserr::Deserr;
use domain::event::{SubscriptionMessageIgnored, SubscriptionMessagePending};
use domain::fulfillment::faults::UNKNOWN_SUBSCRIPTION;
use domain::order::{self, OrderedSubscription};
use domain::subscription::{ReportedState, SubscriptionUpdate};
use domain::webhook::Secret;
use domain::{
    DeploymentKey, EntitlementName, ExternalId, Faults, Metadata, NewEvent, Order, OrderStatus, Owner,
    ReportedTime, Source, SourceId, Subscription, SubscriptionId, Version,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A path that names a webhook source.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct SourcePath {
    /// The source.
    source_id: SourceId,
}

/// What became of a message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Receipt {
    /// It took effect, now or at an earlier attempt.
    Applied {
        /// The order.
        order: Order,
    },
    /// It changed an order that has not come yet, and takes effect with the order.
    #[serde(rename = "awaiting-order")]
    AwaitingOrder {
        /// The order.
        order: Order,
    },
    /// It came for an account that is nobody's yet, and takes effect when a partner is linked to it.
    Parked {
        /// The order.
        order: Order,
    },
    /// The order was parked, and an operator discarded it, for good.
    Discarded {
        /// The order.
        order: Order,
    },
    /// The order was parked until nobody waited for it any longer.
    Lapsed {
        /// The order.
        order: Order,
    },
    /// The order is cancelled, by this message or an earlier one.
    Cancelled {
        /// The order.
        order: Order,
    },
    /// It took effect on a subscription, now or at an earlier attempt, or says nothing new of it.
    #[serde(rename = "applied")]
    AppliedToSubscription {
        /// The subscription.
        subscription_id: SubscriptionId,
    },
    /// It is about a subscription whose order has not come yet, and takes effect with the order.
    Pending {
        /// What the store calls the subscription.
        external_id: ExternalId,
    },
    /// It never will take effect: its type means nothing here, or what it is about was deactivated, for good.
    Ignored {
        /// The type.
        message_type: String,
        /// Why, if it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'static str>,
    },
}

impl Output for Receipt {}

impl Receipt {
    /// Says what became of a message about this order.
    fn answer(order: Order) -> Answer<Self> {
        match order.status {
            OrderStatus::Parked => Answer::accepted("/v1/parked-orders".to_owned(), Self::Parked { order }),
            OrderStatus::Awaited => Answer::ok(Self::AwaitingOrder { order }),
            OrderStatus::Applied => Answer::ok(Self::Applied { order }),
            OrderStatus::Cancelled => Answer::ok(Self::Cancelled { order }),
            OrderStatus::Discarded => Answer::ok(Self::Discarded { order }),
            OrderStatus::Lapsed => Answer::ok(Self::Lapsed { order }),
        }
    }

    /// Says what an order is, when nothing is to be done.
    async fn leave(context: &Context<'_>, order: Order) -> Result<Reply<Self>, Failure> {
        context.commit(Change::new(), Self::answer(order)).await
    }
}

/// What all messages have in common. Stores may say more than is read.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, where_predicate = D: Deserr<Faults>)]
pub struct Message<D> {
    /// What it is about; a message of another type is ignored.
    #[deserr(rename = "type")]
    #[schemars(rename = "type")]
    #[expect(dead_code, reason = "the message was told by it")]
    message_type: String,
    /// When it happened.
    timestamp: ReportedTime,
    /// What happened.
    data: D,
}

/// Where a subscription is that a message names.
enum FoundSubscription {
    /// There.
    Existing(Box<Subscription>),
    /// Nowhere yet; perhaps something was said of it.
    NotOrdered(ExternalId, Option<Box<SubscriptionName>>),
}

/// Looks for a subscription of a source.
async fn find(
    context: &Context<'_>,
    delivery: &Delivery,
    named: &order::Reference<SubscriptionId>,
) -> Result<FoundSubscription, Failure> {
    let unknown = || UNKNOWN_SUBSCRIPTION.refuse(&[&"data", &"subscription"]);
    let place = match named {
        order::Reference::Id(id) => {
            let name = EntitlementByName(EntitlementName::Id(id.entitlement()));
            match context.table.get(&name).await?.map(|place| place.owner) {
                Some(Owner::Organization(organization)) => SubscriptionOf(organization, *id),
                _ => return Err(unknown().into()),
            }
        }
        order::Reference::ExternalId(external_id) => {
            let name = SubscriptionNamed(delivery.source.id, external_id.clone());
            let name = context.table.get(&name).await?;
            match name.as_ref().and_then(|name| name.organization_id.zip(name.subscription_id)) {
                Some((organization, id)) => SubscriptionOf(organization, id),
                None => return Ok(FoundSubscription::NotOrdered(external_id.clone(), name.map(Box::new))),
            }
        }
    };
    let found = context.table.get(&place).await?.filter(|found| found.source_id == delivery.source.id);
    Ok(FoundSubscription::Existing(Box::new(found.ok_or_else(unknown)?)))
}

/// Hears what a message says of a subscription: at once, or when its order has come. `tell` leaves what else follows.
async fn apply_report(
    context: &Context<'_>,
    delivery: &Delivery,
    (named, message_type): (FoundSubscription, &str),
    update: SubscriptionUpdate,
    tell: impl FnOnce(&mut Change, &Subscription, &Subscription) -> Result<(), Failure> + Send,
) -> Result<Reply<Receipt>, Failure> {
    let mut change = Change::new();
    match named {
        FoundSubscription::Existing(before) if before.deactivation.is_some() => {
            ignore(context, &before, message_type).await
        }
        FoundSubscription::Existing(before) => {
            let mut after = before.as_ref().clone();
            let answer = Answer::ok(Receipt::AppliedToSubscription { subscription_id: after.id });
            if after.reported.merge(update) {
                after.metadata = before.metadata.next(context.now);
                change.replace(&after, before.metadata.version, None)?;
                tell(&mut change, &before, &after)?;
            }
            context.commit(change, answer).await
        }
        FoundSubscription::NotOrdered(external_id, before) => {
            let answer = Answer::ok(Receipt::Pending { external_id: external_id.clone() });
            let mut after = before.as_deref().cloned().unwrap_or_else(|| SubscriptionName {
                source_id: delivery.source.id,
                external_id,
                subscription_id: None,
                organization_id: None,
                reported: ReportedState::default(),
                metadata: Metadata::new(context.now),
            });
            if after.reported.merge(update) {
                let (source_id, external_id) = (after.source_id, after.external_id.clone());
                let message_type = message_type.to_owned();
                let pending = SubscriptionMessagePending { source_id, external_id, message_type };
                change.record(NewEvent::of_vendor(pending));
                match before {
                    Some(before) => {
                        after.metadata = before.metadata.next(context.now);
                        change.replace(&after, before.metadata.version, None)?;
                    }
                    None => change.create_absent(&after, None)?,
                }
            }
            context.commit(change, answer).await
        }
    }
}

/// Leaves a subscription that was deactivated as it is, whatever a message says of it.
async fn ignore(
    context: &Context<'_>,
    subscription: &Subscription,
    message_type: &str,
) -> Result<Reply<Receipt>, Failure> {
    let mut change = Change::new();
    change.record(ignored(subscription, message_type));
    let reason = Some(Subscription::DEACTIVATED.about);
    let receipt = Receipt::Ignored { message_type: message_type.to_owned(), reason };
    context.commit(change, Answer::ok(receipt)).await
}

/// Says that a message about a subscription has no effect, for it was deactivated.
fn ignored(subscription: &Subscription, message_type: &str) -> NewEvent {
    subscription.event(SubscriptionMessageIgnored {
        subscription_id: subscription.id,
        message_type: message_type.to_owned(),
        reason: Subscription::DEACTIVATED.about.to_owned(),
    })
}

/// The subscriptions of an order, as far as they are there.
async fn subscriptions_of(
    context: &Context<'_>,
    order: &Order,
) -> Result<Vec<Option<Subscription>>, Failure> {
    let lookup = |one: &OrderedSubscription| {
        one.organization_id
            .zip(one.subscription_id)
            .map(|(organization, id)| SubscriptionOf(organization, id))
    };
    let lookups: Vec<_> = order.subscriptions.iter().map(lookup).collect();
    let mut wanted = BatchGet::new();
    lookups.iter().flatten().for_each(|lookup| wanted.add(lookup));
    let found = context.table.fetch(wanted, true).await?;
    let mut subscriptions = Vec::new();
    for lookup in lookups {
        subscriptions.push(lookup.map(|lookup| found.get(&lookup)).transpose()?.flatten());
    }
    Ok(subscriptions)
}

/// The condition that a source is there and not disabled.
pub fn in_force() -> Expression {
    Expression::new("attribute_exists(#pk) AND attribute_not_exists(#disabledAt)")
}

/// A store, with its secret this once.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceWithSecret {
    /// The store.
    #[serde(flatten)]
    source: Source,
    /// What it signs with (Standard Webhooks: `whsec_` and base64). It is not shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl Output for SourceWithSecret {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.source.metadata.version)
    }
}

impl SourceWithSecret {
    /// The source, its secret not shown yet: it is never kept with the answer.
    fn of(source: Source) -> Self {
        Self { source, secret: None }
    }

    /// Adds the secret that the answer is about.
    fn reveal_secrets(key: &DeploymentKey, answer: &str) -> Result<String, serde_json::Error> {
        let mut shown: Self = serde_json::from_str(answer)?;
        shown.secret = Some(Secret::derive(key, shown.source.id, shown.source.secret_version).reveal());
        serde_json::to_string(&shown)
    }
}
