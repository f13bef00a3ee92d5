//! `subscription.resumed`: a store ends the suspension of a subscription.

use api_runtime::http::caller::Delivery;
use api_runtime::{Context, Failure, Reply};
use deserr::Deserr;
use domain::order::Reference;
use domain::subscription::Suspension;
use domain::{Faults, SubscriptionId, Timestamp};
use schemars::JsonSchema;

use super::subscription_suspended::report;
use super::{MessageData, Receipt};

/// Resumption of a subscription.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct SubscriptionResumedData {
    /// Resumed subscription, by its id or by the store's external id.
    subscription: Reference<SubscriptionId>,
}

impl MessageData for SubscriptionResumedData {
    const TYPE: &str = "subscription.resumed";
}

/// Resumes the subscription and its entitlement, unless a suspension at the same time or later is known. It needs no
/// condition on the parties: a suspended subscription prevents a deactivation, and an ended one stays ended.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    SubscriptionResumedData { subscription }: SubscriptionResumedData,
    occurred_at: Timestamp,
) -> Result<Reply<Receipt>, Failure> {
    let resumption = Suspension { occurred_at, is_suspended: false, reason: None };
    report(context, delivery, (&subscription, SubscriptionResumedData::TYPE), resumption).await
}
