//! `subscription.usage`: how many use a subscription.

use api_runtime::http::caller::Delivery;
use api_runtime::{Change, Context, Failure, Reply};
use deserr::{Deserr, IntoValue, ValuePointerRef};
use domain::event::SubscriptionUsageReported;
use domain::fault::{Check, parse_number};
use domain::order::{Reference, Sequence, check_mark, mark};
use domain::subscription::{SubscriptionUpdate, Usage};
use domain::{Faults, ParseError, ReportedTime, Subscription, SubscriptionId};
use schemars::JsonSchema;

use super::{Receipt, apply_report, find};

/// Which subscription, and how many use it.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct SubscriptionUsageData {
    /// The subscription.
    subscription: Reference<SubscriptionId>,
    /// How many use it.
    active_users: UserCount,
    /// Rises with every report, from 1 on; an older one changes nothing.
    #[deserr(default)]
    sequence: Option<Sequence>,
    /// When it was so, in place of `sequence`.
    #[deserr(default)]
    occurred_at: Option<ReportedTime>,
}

/// How many: 0 to what a JSON number carries exactly.
#[derive(Debug, Clone, Copy, JsonSchema)]
struct UserCount(#[schemars(range(min = 0, max = 9_007_199_254_740_991_u64))] u64);

impl Deserr<Faults> for UserCount {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        match value {
            deserr::Value::Integer(0) => Ok(Self(0)),
            other => parse_number(other, location, 9_007_199_254_740_991, |users| {
                (users <= 9_007_199_254_740_991).then_some(Self(users))
            }),
        }
    }
}

impl Check for SubscriptionUsageData {
    fn check(sent: &serde_json::Value) -> Vec<(String, ParseError)> {
        check_mark(sent).into_iter().collect()
    }
}

/// Remembers it, unless something newer is known.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    SubscriptionUsageData { subscription, active_users, sequence, occurred_at }: SubscriptionUsageData,
) -> Result<Reply<Receipt>, Failure> {
    let active_users = active_users.0;
    let update =
        SubscriptionUpdate::Usage(Usage { mark: mark(sequence, occurred_at, context.now), active_users });
    let event_of = |change: &mut Change, _: &Subscription, after: &Subscription| {
        let reported = SubscriptionUsageReported { subscription_id: after.id, active_users };
        change.record(after.event(reported));
        Ok(())
    };
    let named = find(context, delivery, &subscription).await?;
    apply_report(context, delivery, (named, "subscription.usage"), update, event_of).await
}
