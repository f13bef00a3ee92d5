//! `subscription.suspended`: a store suspends a subscription, such as one that is not paid.

use api_runtime::http::caller::Delivery;
use api_runtime::table::follow_subscription;
use api_runtime::{Change, Context, Failure, Reply};
use deserr::Deserr;
use domain::order::Reference;
use domain::subscription::{SubscriptionUpdate, Suspension};
use domain::{Description, Faults, Subscription, SubscriptionId, Timestamp};
use schemars::JsonSchema;

use super::{MessageData, Receipt, apply_report, find};

/// Suspension of a subscription.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct SubscriptionSuspendedData {
    /// Suspended subscription, by its id or by the store's external id.
    subscription: Reference<SubscriptionId>,
    /// Reason; 1 to 1,000 characters, shown to everyone who sees the subscription. Optional.
    #[deserr(default)]
    reason: Option<Description>,
}

impl MessageData for SubscriptionSuspendedData {
    const TYPE: &str = "subscription.suspended";
}

/// Suspends the subscription and its entitlement, unless a later resumption is known.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    SubscriptionSuspendedData { subscription, reason }: SubscriptionSuspendedData,
    occurred_at: Timestamp,
) -> Result<Reply<Receipt>, Failure> {
    let suspension = Suspension { occurred_at, is_suspended: true, reason };
    report(context, delivery, (&subscription, SubscriptionSuspendedData::TYPE), suspension).await
}

/// Applies a suspension or resumption. Of all of them, the one that occurred last counts. It is recorded as an event if
/// it changes whether, since when or why the subscription is suspended.
pub(super) async fn report(
    context: &Context<'_>,
    delivery: &Delivery,
    (subscription, message_type): (&Reference<SubscriptionId>, &str),
    suspension: Suspension,
) -> Result<Reply<Receipt>, Failure> {
    let add_events = |change: &mut Change, before: &Subscription, after: &Subscription| {
        if before.suspension() != after.suspension() {
            change.add(follow_subscription(after, context.now));
            let reported = after.reported.suspension.as_ref();
            reported.iter().for_each(|suspension| change.record(after.suspended_or_resumed(suspension)));
        }
        Ok(())
    };
    let named = find(context, delivery, subscription).await?;
    let update = SubscriptionUpdate::Suspension(suspension);
    apply_report(context, delivery, (named, message_type), update, add_events).await
}
