//! Orders: what all that happens to them has in common.

pub mod discard_parked_order;
pub mod fulfillment;
pub mod list_parked_orders;
pub mod parked;
pub mod sold_lines;
pub mod update;
