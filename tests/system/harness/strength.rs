//! Number of rounds of the randomized tests: `cargo test` finds a planted fault early, `NIGHTLY=1` searches for hours.
//!
//! The usual number of rounds is at least ten times the mean number of rounds that a planted fault survived, in eight
//! runs with different seeds.
//!
//! | test | planted fault | rounds it survived | usual |
//! | --- | --- | --- | --- |
//! | `access::model` | a grant is in force at its expiry | 19.6, at most 71 | 400 |
//! | `access::model` | the organization's grant decides before a member's own | 31.5, at most 127 | 400 |
//! | `licenses::model::the_system…` | a pool is read, then written without a condition | 36.5, at most 124 | 400 |
//! | `licenses::model::one_pool…` | the same | 1.6, at most 4 | 40 |
//! | `orders::parked::an_order_that_comes…` | an order is parked without a condition on its account | 62.9, at most 184 | 650 |
//! | `subscriptions::graphs::no_part…` | two concurrent calls remove the last parents of an app, and it stays | 1.6, at most 3 | 16 |
//! | `service_requests::get_support_dashboard::after…` | a status is left without decreasing its count | 2.4, at most 7 | 24 |
//!
//! The seventh planted fault, a missing check of the partner, is found by the permission matrix.
//!
//! `SEED` is the first seed (default 0), `ROUNDS` the number of seeds. A test that fails prints the seed of its round:
//! `SEED=<seed> ROUNDS=1 cargo test <test>` repeats it if each round has a world of its own; if rounds share a world,
//! the earlier rounds must be repeated, too. The first seed of a nightly run is a multiple of 100.

use std::ops::Range;

use futures_util::future::join_all;

/// Returns true if this is a run of `.ci/nightly`.
pub fn is_nightly() -> bool {
    std::env::var("NIGHTLY").is_ok_and(|value| value == "1")
}

/// Returns the seeds of a test's rounds: `usual` of them, or `nightly` of them in a nightly run.
pub fn seeds(usual: u64, nightly: u64) -> Seeds {
    Seeds { rest: all(usual, nightly).step_by(1), round: None }
}

/// Deals the seeds to four plays, which run concurrently.
pub async fn side_by_side(usual: u64, nightly: u64, play: impl AsyncFn(Seeds)) {
    const PLAYS: u64 = 4;
    let Range { start, end } = all(usual, nightly);
    let dealt =
        (0..PLAYS).map(|first| Seeds { rest: (start + first..end).step_by(PLAYS as usize), round: None });
    join_all(dealt.map(|seeds| play(seeds))).await;
}

/// Seeds of rounds; if a round fails, its seed is printed.
pub struct Seeds {
    rest: std::iter::StepBy<Range<u64>>,
    round: Option<u64>,
}

impl Iterator for Seeds {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.round = self.rest.next();
        self.round
    }
}

impl Drop for Seeds {
    fn drop(&mut self) {
        // If one of several plays fails, it is dropped first.
        if let Some(seed) = self.round.filter(|_| std::thread::panicking()) {
            println!("failed in the round of seed {seed}");
        }
    }
}

fn all(usual: u64, nightly: u64) -> Range<u64> {
    let number = |name: &str, default| {
        let text = std::env::var(name);
        text.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is `{text}`, no number")))
    };
    let (first, rounds) = (number("SEED", 0), number("ROUNDS", if is_nightly() { nightly } else { usual }));
    first..first + rounds
}
