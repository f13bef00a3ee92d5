//! `subscription.renewed`: a store extends a subscription.

use api_runtime::http::caller::Delivery;
use api_runtime::table::follow_subscription;
use api_runtime::{Change, Context, Failure, Reply};
use deserr::Deserr;
use domain::order::Reference;
use domain::subscription::{Renewal, SubscriptionUpdate};
use domain::{Faults, Subscription, SubscriptionId, Timestamp};
use schemars::JsonSchema;

use super::active_parties::require_active_parties;
use super::{MessageData, Receipt, apply_report, find};

/// Renewal of a subscription.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct SubscriptionRenewedData {
    /// Renewed subscription, by its id or by the store's external id.
    subscription: Reference<SubscriptionId>,
    /// New end of the subscription, exclusive; RFC 3339 with any offset. A renewal never shortens a running
    /// subscription: one that ends at this time or later is not changed. An end before the start counts as the start.
    ends_at: Timestamp,
}

impl MessageData for SubscriptionRenewedData {
    const TYPE: &str = "subscription.renewed";
}

/// Extends the subscription, even after it ended or its order was cancelled. A deactivated one stays deactivated. A renewal
/// with which the subscription runs is refused while its organization, or the partner that manages it, is deactivated.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    SubscriptionRenewedData { subscription, ends_at }: SubscriptionRenewedData,
    occurred_at: Timestamp,
) -> Result<Reply<Receipt>, Failure> {
    let update = SubscriptionUpdate::Renewal(Renewal { ends_at, occurred_at });
    let end = |one: &Subscription| (one.ends_at(), one.cancelled_at());
    let add_events = |change: &mut Change, before: &Subscription, after: &Subscription| {
        if end(before) != end(after) {
            change.add(follow_subscription(after, context.now));
            change.record(after.renewed());
            if !after.is_over(context.now) {
                require_active_parties(change, after);
            }
        }
        Ok(())
    };
    let named = find(context, delivery, &subscription).await?;
    apply_report(context, delivery, (named, "subscription.renewed"), update, add_events).await
}
