//! The lease that a repeat of a call has to wait for.

use std::sync::{Arc, Mutex, PoisonError};

use domain::Timestamp;

/// End of the lease that a repeat of the call has to wait for: of a lease that the call itself holds, or that it met. All
/// attempts of a call share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lease(Arc<Mutex<Option<Timestamp>>>);

impl Lease {
    pub(super) fn set_end(&self, end: Option<Timestamp>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = end;
    }

    /// Returns the number of seconds after which a repeat of the call is not refused because of the lease: what is left
    /// of it, rounded up; at least 1.
    pub(crate) fn seconds_left(&self, now: Timestamp) -> u64 {
        let end = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let millis = end.map_or(0, |end| end.unix_millis().saturating_sub(now.unix_millis()));
        millis.div_ceil(1000).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_left_are_rounded_up_and_at_least_one() {
        let (lease, time) = (Lease::default(), Timestamp::from_unix_millis);
        assert_eq!(lease.seconds_left(time(0)), 1);
        lease.set_end(Some(time(60_000)));
        for (now, left) in [(0, 60), (1, 60), (1_000, 59), (58_999, 2), (59_001, 1), (60_000, 1), (90_000, 1)]
        {
            assert_eq!(lease.clone().seconds_left(time(now)), left, "{now}");
        }
        lease.set_end(None);
        assert_eq!(lease.seconds_left(time(0)), 1);
    }
}
