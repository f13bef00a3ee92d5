//! Sources that send signed messages, and what they send.

pub mod create_webhook_source;
mod order_placed;
pub mod receive_partner_order;
