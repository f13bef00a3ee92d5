//! The clock of the local stack, which functions, tokens and signatures share.

use std::sync::Mutex;
use std::time::Instant;

use domain::{Period, Timestamp};

/// A clock that can be stopped and moved forward, but never goes back.
#[derive(Debug)]
pub struct Clock(Mutex<State>);

#[derive(Debug, Clone, Copy)]
enum State {
    Stopped(Timestamp),
    Running { from: Timestamp, since: Instant },
}

impl State {
    fn now(self) -> Timestamp {
        match self {
            Self::Stopped(now) => now,
            Self::Running { from, since } => {
                let elapsed = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
                Timestamp::from_unix_millis(from.unix_millis().saturating_add(elapsed))
            }
        }
    }
}

impl Clock {
    /// Returns a clock that runs from this time on.
    pub fn running(from: Timestamp) -> Self {
        Self(Mutex::new(State::Running { from, since: Instant::now() }))
    }

    /// Returns a clock that is stopped at this time.
    pub fn stopped(now: Timestamp) -> Self {
        Self(Mutex::new(State::Stopped(now)))
    }

    /// Returns the current time.
    pub fn now(&self) -> Timestamp {
        self.state().now()
    }

    /// Returns true if the clock runs.
    pub fn is_running(&self) -> bool {
        matches!(*self.state(), State::Running { .. })
    }

    /// Stops the clock at a time. Returns false, and changes nothing, if the clock is past that time.
    pub fn stop_at(&self, instant: Timestamp) -> bool {
        let mut state = self.state();
        let forward = instant >= state.now();
        if forward {
            *state = State::Stopped(instant);
        }
        forward
    }

    /// Moves the clock forward by a period; a clock that runs keeps running.
    pub fn advance(&self, period: Period) {
        let mut state = self.state();
        let later = state.now().after(period);
        *state = match *state {
            State::Stopped(_) => State::Stopped(later),
            State::Running { .. } => State::Running { from: later, since: Instant::now() },
        };
    }

    /// Lets the clock run from its current time on.
    pub fn run(&self) {
        let mut state = self.state();
        *state = State::Running { from: state.now(), since: Instant::now() };
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_never_goes_back() {
        let at = |millis| Timestamp::from_unix_millis(millis);
        let clock = Clock::stopped(at(5000));
        assert!(!clock.stop_at(at(4999)));
        assert!(clock.stop_at(at(5000)) && clock.stop_at(at(6000)));
        clock.advance(Period::days(1));
        assert_eq!(clock.now(), at(86_406_000));
        clock.run();
        assert!(clock.is_running() && clock.now() >= at(86_406_000));
    }
}
