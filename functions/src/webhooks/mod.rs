//! Webhook sources, and the messages that they send.

automod::dir!(pub "src/webhooks");

use std::borrow::Cow;
use std::marker::PhantomData;

use api_runtime::http::caller::Delivery;
use api_runtime::table::{
    BatchGet, EntitlementByName, Expression, SubscriptionByExternalId, SubscriptionExternalId, SubscriptionOf,
};
use api_runtime::{Answer, Change, Context, Failure, Output, Reply};
use deserr::{Deserr, IntoValue, ValuePointerRef};
use domain::event::{SubscriptionMessageIgnored, SubscriptionMessagePending};
use domain::fault::Validated;
use domain::fulfillment::faults::UNKNOWN_SUBSCRIPTION;
use domain::order::{self, OrderedSubscription};
use domain::subscription::{ReportedState, SubscriptionUpdate};
use domain::webhook::Secret;
use domain::{
    DeploymentKey, EntitlementName, ExternalId, Faults, Metadata, NewEvent, Order, OrderStatus, Owner,
    ReportedTime, Source, SourceId, Subscription, SubscriptionId, Version,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Path of a webhook source.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct SourcePath {
    /// Id of the webhook source.
    source_id: SourceId,
}

/// Outcome of a message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Receipt {
    /// The message took effect on an order, or placed an order that was in effect already.
    Applied {
        /// Order after the message.
        order: Order,
    },
    /// The message changed an order that has not arrived yet. The change takes effect with the order.
    #[serde(rename = "awaiting-order")]
    AwaitingOrder {
        /// Awaited order with the change.
        order: Order,
    },
    /// The order is parked: the buyer's account is not linked to a partner yet. It takes effect when the account is
    /// linked.
    Parked {
        /// Parked order.
        order: Order,
    },
    /// The order was parked, and an operator discarded it irreversibly. The message has no effect.
    Discarded {
        /// Discarded order.
        order: Order,
    },
    /// The order was parked, and lapsed because its account was not linked in time. The message has no effect.
    Lapsed {
        /// Lapsed order.
        order: Order,
    },
    /// The order is cancelled: by this message, or before this message placed it or changed its subscriptions, which can
    /// be renewed.
    Cancelled {
        /// Cancelled order.
        order: Order,
    },
    /// The message took effect on a subscription.
    #[serde(rename = "applied")]
    AppliedToSubscription {
        /// Id of the subscription.
        subscription_id: SubscriptionId,
    },
    /// The message is about a subscription whose order has not arrived yet. It takes effect with the order.
    Pending {
        /// The store's id of the subscription; 1 to 100 characters.
        external_id: ExternalId,
    },
    /// The message changes nothing: its type is unknown, what it reports is known already or superseded by something
    /// newer, its order is cancelled, or its subscriptions were deactivated irreversibly.
    Ignored {
        /// Type of the message; at most 100 characters.
        message_type: String,
        /// Reason for ignoring the message; absent if its type is unknown.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'static str>,
    },
}

impl Output for Receipt {}

/// Reason for ignoring a message that reports nothing new.
const SUPERSEDED: &str = "superseded: what the message reports is known already, or something newer is";

/// Reason for ignoring a message about a cancelled order.
const ORDER_CANCELLED: &str = "the order was cancelled, which is irreversible";

impl Receipt {
    /// Returns the answer to a message about this order. It is stored without an expiry, and therefore names no people.
    fn answer(order: Order) -> Answer<Self> {
        let order = order.without_contacts();
        match order.status {
            OrderStatus::Parked => Answer::accepted("/v1/parked-orders".to_owned(), Self::Parked { order }),
            OrderStatus::Awaited => Answer::ok(Self::AwaitingOrder { order }),
            OrderStatus::Applied => Answer::ok(Self::Applied { order }),
            OrderStatus::Cancelled => Answer::ok(Self::Cancelled { order }),
            OrderStatus::Discarded => Answer::ok(Self::Discarded { order }),
            OrderStatus::Lapsed => Answer::ok(Self::Lapsed { order }),
        }
    }

    /// Returns the answer to a message that changes nothing.
    fn ignored(message_type: &str, reason: &'static str) -> Answer<Self> {
        Answer::ok(Self::Ignored { message_type: message_type.to_owned(), reason: Some(reason) })
    }

    /// Replies with an order that the message does not change.
    async fn reply_unchanged(context: &Context<'_>, order: Order) -> Result<Reply<Self>, Failure> {
        context.commit(Change::new(), Self::answer(order)).await
    }
}

/// Signed message of a store (Standard Webhooks). Unknown fields are ignored, because stores may send more than is
/// read.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, where_predicate = D: Deserr<Faults> + MessageData)]
#[schemars(rename = "{D}Message")]
pub struct WebhookMessage<D: MessageData> {
    /// Type of the message, which determines its `data`. A message of an unknown type is ignored.
    #[deserr(rename = "type")]
    #[schemars(rename = "type")]
    #[expect(dead_code, reason = "the type selects how the message is read")]
    message_type: TypeOf<D>,
    /// Time of the event at the store; RFC 3339 with any offset, at most 5 minutes in the future.
    timestamp: ReportedTime,
    /// Data of the event.
    data: D,
}

/// Data of messages of one type.
pub trait MessageData: JsonSchema {
    /// Type of the messages.
    const TYPE: &'static str;

    /// Returns the time in the field `occurredAt`, if the message has one.
    fn occurred_at(&self) -> Option<ReportedTime> {
        None
    }
}

impl<D: MessageData> MessageData for Validated<D> {
    const TYPE: &'static str = D::TYPE;

    fn occurred_at(&self) -> Option<ReportedTime> {
        self.0.occurred_at()
    }
}

/// Type of a message, which was compared with [`MessageData::TYPE`] before the message is read.
#[derive(Debug)]
struct TypeOf<D>(PhantomData<fn() -> D>);

impl<D> Deserr<Faults> for TypeOf<D> {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        String::deserialize_from_value(value, location).map(|_| Self(PhantomData))
    }
}

impl<D: MessageData> JsonSchema for TypeOf<D> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        D::TYPE.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "const": D::TYPE })
    }
}

/// Result of looking up the subscription that a message names.
enum FoundSubscription {
    /// The subscription exists.
    Existing(Box<Subscription>),
    /// No subscription has this external id yet. The record of the name exists if an earlier message reported
    /// something.
    NotOrdered(ExternalId, Option<Box<SubscriptionExternalId>>),
}

/// Finds a subscription of the message's source. An unused external id is no error: its order may still arrive.
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
            let name = SubscriptionByExternalId(delivery.source.id, external_id.clone());
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

/// Applies a message to a subscription, or keeps it until the subscription's order arrives. A message about a
/// deactivated subscription is ignored. `add_events` compares the subscription before and after the message, and adds to
/// the change what else follows, such as events. If nothing does, the message is ignored as superseded, although its
/// time may be stored: it decides which of later messages are newer.
async fn apply_report(
    context: &Context<'_>,
    delivery: &Delivery,
    (named, message_type): (FoundSubscription, &str),
    update: SubscriptionUpdate,
    add_events: impl FnOnce(&mut Change, &Subscription, &Subscription) -> Result<(), Failure> + Send,
) -> Result<Reply<Receipt>, Failure> {
    let update = (update, Change::new());
    apply_conditional_report(context, delivery, (named, message_type), update, add_events).await
}

/// Applies a message in the same way as [`apply_report`]. Unless it is superseded, it takes effect, now or with the
/// subscription's order, on these conditions.
async fn apply_conditional_report(
    context: &Context<'_>,
    delivery: &Delivery,
    (named, message_type): (FoundSubscription, &str),
    (update, conditions): (SubscriptionUpdate, Change),
    add_events: impl FnOnce(&mut Change, &Subscription, &Subscription) -> Result<(), Failure> + Send,
) -> Result<Reply<Receipt>, Failure> {
    let mut change = Change::new();
    match named {
        FoundSubscription::Existing(before) if before.deactivation.is_some() => {
            ignore(context, &before, message_type).await
        }
        FoundSubscription::Existing(before) => {
            let (mut after, mut answer) =
                (before.as_ref().clone(), Receipt::ignored(message_type, SUPERSEDED));
            if after.reported.merge(update) {
                change = conditions;
                after.metadata = before.metadata.next(context.now);
                change.replace(&after, before.metadata.version, None)?;
                let items = change.items();
                add_events(&mut change, &before, &after)?;
                if change.items() > items {
                    answer = Answer::ok(Receipt::AppliedToSubscription { subscription_id: after.id });
                }
            }
            context.commit(change, answer).await
        }
        FoundSubscription::NotOrdered(external_id, before) => {
            let mut answer = Receipt::ignored(message_type, SUPERSEDED);
            let mut after = before.as_deref().cloned().unwrap_or_else(|| SubscriptionExternalId {
                source_id: delivery.source.id,
                external_id,
                subscription_id: None,
                organization_id: None,
                reported: ReportedState::default(),
                metadata: Metadata::new(context.now),
            });
            if after.reported.merge(update) {
                change = conditions;
                answer = Answer::ok(Receipt::Pending { external_id: after.external_id.clone() });
                let (source_id, external_id) = (after.source_id, after.external_id.clone());
                let message_type = message_type.to_owned();
                let pending = SubscriptionMessagePending { source_id, external_id, message_type };
                match before {
                    Some(before) => {
                        after.metadata = before.metadata.next(context.now);
                        change.replace(&after, before.metadata.version, None)?;
                    }
                    None => change.create_or_retry(&after, None)?,
                }
                change.record(NewEvent::of_vendor(pending).about(after.metadata));
            }
            context.commit(change, answer).await
        }
    }
}

/// Ignores a message about a deactivated subscription, and records `subscription.message-ignored`.
async fn ignore(
    context: &Context<'_>,
    subscription: &Subscription,
    message_type: &str,
) -> Result<Reply<Receipt>, Failure> {
    let mut change = Change::new();
    change.record(ignored(subscription, message_type));
    context.commit(change, Receipt::ignored(message_type, Subscription::DEACTIVATED.about)).await
}

/// Returns the event which records that a message about a deactivated subscription has no effect. It has no version,
/// because it changes nothing: its time may be before that of the latest change.
fn ignored(subscription: &Subscription, message_type: &str) -> NewEvent {
    let ignored = SubscriptionMessageIgnored {
        subscription_id: subscription.id,
        message_type: message_type.to_owned(),
        reason: Subscription::DEACTIVATED.about.to_owned(),
    };
    NewEvent { version: None, ..subscription.event(ignored) }
}

/// Reads the subscriptions of an order, one per line; `None` for a line without a subscription.
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

/// Returns the condition that a source exists and is not disabled.
pub fn is_enabled() -> Expression {
    Expression::new("attribute_exists(#pk) AND attribute_not_exists(#disabledAt)")
}

/// Webhook source with its signing secret.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceWithSecret {
    /// Webhook source.
    #[serde(flatten)]
    source: Source,
    /// Secret with which the store signs its messages (Standard Webhooks: `whsec_` and base64). Returned only by the
    /// call that creates it, and by repeats of that call with the same `Idempotency-Key`.
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
    /// Wraps a source without its secret, which must not be stored with the answer.
    fn of(source: Source) -> Self {
        Self { source, secret: None }
    }

    /// Adds to a serialized answer the secret of the source and version that it shows.
    fn reveal_secrets(key: &DeploymentKey, answer: &str) -> Result<String, serde_json::Error> {
        let mut shown: Self = serde_json::from_str(answer)?;
        shown.secret = Some(Secret::derive(key, shown.source.id, shown.source.secret_version).reveal());
        serde_json::to_string(&shown)
    }
}
