//! Low pools: those with fewer available licenses than their threshold.

use domain::event::PoolLow;
use domain::{NewEvent, Pool};

/// Returns the event to record if `quantity` licenses are taken out of a pool, which was read; `None` unless this makes
/// the pool low.
pub fn low_event(pool: &Pool, quantity: u64) -> Option<NewEvent> {
    let threshold = pool.threshold.filter(|_| pool.becomes_low(quantity))?.get();
    let available = pool.available.saturating_sub(quantity);
    let low = PoolLow { license_type: pool.license_type.clone(), available, threshold };
    Some(NewEvent::of_partner(low, pool.partner_id))
}
