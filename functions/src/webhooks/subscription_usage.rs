//! `subscription.usage`: a store reports the number of active users of a subscription.

use api_runtime::http::caller::Delivery;
use api_runtime::{Change, Context, Failure, Reply};
use deserr::{Deserr, IntoValue, ValuePointerRef};
use domain::event::SubscriptionUsageReported;
use domain::fault::{Check, parse_number};
use domain::order::{Reference, Sequence, check_mark, mark};
use domain::subscription::{SubscriptionUpdate, Usage};
use domain::{Faults, ParseError, ReportedTime, Subscription, SubscriptionId};
use schemars::JsonSchema;

use super::{MessageData, Receipt, apply_report, find};

/// Usage report of a subscription.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct SubscriptionUsageData {
    /// Subscription of the report, by its id or by the store's external id.
    subscription: Reference<SubscriptionId>,
    /// Number of active users; 0 to 9,007,199,254,740,991.
    active_users: UserCount,
    /// Number of the report; 1 to 9,007,199,254,740,991, rising with every report. An older report has no effect.
    /// Exactly one of `sequence` and `occurredAt` is required; a store always uses the same one.
    #[deserr(default)]
    sequence: Option<Sequence>,
    /// Time of the report, in place of `sequence`; RFC 3339 with any offset, at most 5 minutes in the future.
    #[deserr(default)]
    occurred_at: Option<ReportedTime>,
}

impl MessageData for SubscriptionUsageData {
    const TYPE: &str = "subscription.usage";

    fn occurred_at(&self) -> Option<ReportedTime> {
        self.occurred_at
    }
}

/// Number of users: 0 to the largest integer that every JSON number represents exactly (2^53 - 1).
#[derive(Debug, Clone, Copy, JsonSchema)]
struct UserCount(#[schemars(range(min = 0, max = 9_007_199_254_740_991_u64))] u64);

impl UserCount {
    const MOST: u64 = 9_007_199_254_740_991;
}

impl Deserr<Faults> for UserCount {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        parse_number(value, location, 0..=Self::MOST).map(Self)
    }
}

impl Check for SubscriptionUsageData {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        check_mark(sent).into_iter().collect()
    }
}

/// Stores the number of active users, unless a newer report is known. A newer report of the same number is stored as the
/// latest one, but changes nothing. Reports about a deactivated organization are stored, too: they make nothing run again.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    SubscriptionUsageData { subscription, active_users, sequence, occurred_at }: SubscriptionUsageData,
) -> Result<Reply<Receipt>, Failure> {
    let active_users = active_users.0;
    let mark = mark(sequence, occurred_at, context.now);
    let mark = mark.map_err(|why| why.refuse(&[&"data", &"occurredAt"]))?;
    let update = SubscriptionUpdate::Usage(Usage { mark, active_users });
    let add_events = |change: &mut Change, before: &Subscription, after: &Subscription| {
        if before.active_users() != after.active_users() {
            let sequence = after.reported.usage.as_ref().map(|usage| usage.mark);
            let reported = SubscriptionUsageReported { subscription_id: after.id, active_users, sequence };
            change.record(after.event(reported));
        }
        Ok(())
    };
    let named = find(context, delivery, &subscription).await?;
    apply_report(context, delivery, (named, "subscription.usage"), update, add_events).await
}
