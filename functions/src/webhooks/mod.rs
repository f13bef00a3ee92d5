//! Sources that send signed messages, and what they send.

pub mod create_webhook_source;
mod order_placed;
pub mod receive_partner_order;

use aws::operation::Output;
use domain::Order;
use schemars::JsonSchema;
use serde::Serialize;

/// What became of a message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Receipt {
    /// It took effect, now or at an earlier attempt.
    Applied {
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
