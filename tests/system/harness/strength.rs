//! How long randomized tests look for a fault: `cargo test` finds a planted one early, `NIGHTLY=1` looks for hours.
//!
//! How many rounds are usual follows from how many a planted fault survived, in eight runs from different seeds: at least ten
//! times their mean.
//!
//! | test | planted fault | rounds it survived | usual |
//! | --- | --- | --- | --- |
//! | `access::model` | a grant is in force at its expiry | 20, at most 71 | 400 |
//! | `access::model` | the organization's grant decides before a member's own | 32, at most 127 | 400 |
//! | `licenses::model::the_system…` | a pool is read, then written without a condition | 37, at most 124 | 400 |
//! | `licenses::model::one_pool…` | the same | 2, at most 4 | 40 |
//! | `orders::parked::an_order_that_comes…` | an order is parked without a condition on its account | 63, at most 184 | 650 |
//! | `subscriptions::graphs::no_part…` | two take the last parents of an app at once, and it stays | 2, at most 3 | 16 |
//! | `service_requests::get_support_dashboard::after…` | what leaves a status is not counted down | 2, at most 7 | 24 |
//!
//! `SEED` is the first seed (0 unless it is set), `ROUNDS` how many follow it. Each seed is printed as its round begins, so
//! that a failed test's output ends with the one to repeat: `SEED=<seed> ROUNDS=1 cargo test <test>`.

use std::ops::Range;

use futures_util::future::join_all;

/// Whether this run is `.ci/nightly`'s.
pub fn is_nightly() -> bool {
    std::env::var("NIGHTLY").is_ok_and(|value| value == "1")
}

/// The seeds of a test's rounds: `usual` of them, or `nightly`.
pub fn seeds(usual: u64, nightly: u64) -> impl Iterator<Item = u64> {
    all(usual, nightly).inspect(say)
}

/// Deals the seeds to four plays, which run at the same time.
pub async fn side_by_side(usual: u64, nightly: u64, play: impl AsyncFn(Seeds)) {
    const PLAYS: usize = 4;
    let dealt =
        (0..PLAYS).map(|first| all(usual, nightly).skip(first).step_by(PLAYS).inspect(say as fn(&u64)));
    join_all(dealt.map(|seeds| play(seeds))).await;
}

/// The seeds of one of several plays.
pub type Seeds = std::iter::Inspect<std::iter::StepBy<std::iter::Skip<Range<u64>>>, fn(&u64)>;

fn all(usual: u64, nightly: u64) -> Range<u64> {
    let number = |name: &str, default| {
        let text = std::env::var(name);
        text.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is `{text}`, no number")))
    };
    let (first, rounds) = (number("SEED", 0), number("ROUNDS", if is_nightly() { nightly } else { usual }));
    first..first + rounds
}

fn say(seed: &u64) {
    println!("seed {seed}");
}
