//! Sources that send signed messages, and what they send.

pub mod create_webhook_source;
pub mod disable_webhook_source;
pub mod list_webhook_sources;
mod order_cancelled;
mod order_changed;
mod order_placed;
pub mod receive_partner_order;
pub mod rotate_webhook_secret;

use aws::operation::Output;
use aws::table::{Change, Expression};
use aws::{Answer, Context, Failure};
use deserr::Deserr;
use domain::webhook::Secret;
use domain::{DeploymentKey, Faults, Order, OrderStatus, Source, SourceId, Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A path that names a webhook source.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct OfSource {
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
    /// It changed an order that has not come yet, and will count when it comes.
    Noted {
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
    /// Its type means nothing here, and it never will take effect.
    Ignored {
        /// The type.
        message_type: String,
    },
}

impl Output for Receipt {}

impl Receipt {
    /// Says what became of a message about this order.
    fn answer(order: Order) -> Answer<Self> {
        match order.status {
            OrderStatus::Parked => Answer::accepted("/v1/parked-orders".to_owned(), Self::Parked { order }),
            OrderStatus::Awaited => Answer::ok(Self::Noted { order }),
            OrderStatus::Applied => Answer::ok(Self::Applied { order }),
            OrderStatus::Cancelled => Answer::ok(Self::Cancelled { order }),
            OrderStatus::Discarded => Answer::ok(Self::Discarded { order }),
            OrderStatus::Lapsed => Answer::ok(Self::Lapsed { order }),
        }
    }

    /// Says what an order is, when nothing is to be done.
    async fn leave(context: &Context<'_>, order: Order) -> Result<Answer<Self>, Failure> {
        context.commit(Change::new(), Self::answer(order)).await
    }
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
        Some(self.source.stamp.version)
    }
}

impl SourceWithSecret {
    /// The source, its secret not shown yet: it is never kept with the answer.
    fn of(source: Source) -> Self {
        Self { source, secret: None }
    }

    /// Adds the secret that the answer is about.
    fn reveal(key: &DeploymentKey, answer: &str) -> Result<String, serde_json::Error> {
        let mut shown: Self = serde_json::from_str(answer)?;
        shown.secret = Some(Secret::derive(key, shown.source.id, shown.source.secret_version).reveal());
        serde_json::to_string(&shown)
    }
}
