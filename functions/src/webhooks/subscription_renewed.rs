//! `subscription.renewed`: a subscription runs longer.

use api_runtime::http::caller::Delivery;
use api_runtime::table::follow_subscription;
use api_runtime::{Change, Context, Failure, Reply};
use deserr::Deserr;
use domain::event::SubscriptionRenewed;
use domain::order::Reference;
use domain::subscription::{Renewal, SubscriptionUpdate};
use domain::{Faults, ReportedTime, Subscription, SubscriptionId, Timestamp};
use schemars::JsonSchema;

use super::{Receipt, apply_report, find};

/// Which subscription, and until when.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct SubscriptionRenewedData {
    /// The subscription.
    subscription: Reference<SubscriptionId>,
    /// Until when it runs, not included. It never gets shorter by that.
    ends_at: Timestamp,
}

/// Lets it run longer, also after it has ended. What was deactivated stays so.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    SubscriptionRenewedData { subscription, ends_at }: SubscriptionRenewedData,
    occurred_at: ReportedTime,
) -> Result<Reply<Receipt>, Failure> {
    let update =
        SubscriptionUpdate::Renewal(Renewal { ends_at, occurred_at: occurred_at.instant(context.now) });
    let event_of = |change: &mut Change, _: &Subscription, after: &Subscription| {
        change.add(follow_subscription(after, context.now));
        let renewed = SubscriptionRenewed { subscription_id: after.id, ends_at: after.ends_at() };
        change.record(after.event(renewed));
        Ok(())
    };
    let named = find(context, delivery, &subscription).await?;
    apply_report(context, delivery, (named, "subscription.renewed"), update, event_of).await
}
