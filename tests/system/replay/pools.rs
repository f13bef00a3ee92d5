//! License pools: their events in an order that explains each of them.
//!
//! A pool has no version: a credit or an assignment changes it without reading it. So its events are those of concurrent
//! calls in any order, and the replay searches one in which no pool falls below zero and in which exactly the events that
//! make a pool low are followed by `license.pool-low`.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{Event, moment};
use super::state::{Replay, subjects};

/// Maximum number of events that an event may have overtaken, and maximum number of milliseconds between them.
const OVERTAKEN: usize = 8;
const CONCURRENT: i64 = 1_000;

/// Maximum number of states that are searched.
const SEARCHED: usize = 20_000;

enum Effect {
    /// Licenses are added, or taken out if the number is negative; `all`: none may be left.
    Change { quantity: i64, all: bool },
    /// The threshold is set.
    Threshold(Option<i64>),
    /// The pool became low.
    Low { available: i64, threshold: i64 },
}

struct Step<'a> {
    event: &'a Event,
    effect: Effect,
}

fn step(event: &Event) -> Option<Step<'_>> {
    let effect = match event.kind.as_str() {
        "license.credited" => Effect::Change { quantity: event.number("quantity"), all: false },
        "license.assigned" => Effect::Change { quantity: -event.number("quantity"), all: false },
        "license.withdrawn" => {
            let all = event.number("missing") > 0;
            Effect::Change { quantity: -event.number("quantity"), all }
        }
        "license.pool-threshold-set" => Effect::Threshold(event.data["threshold"].as_i64()),
        "license.pool-low" => {
            Effect::Low { available: event.number("available"), threshold: event.number("threshold") }
        }
        _ => return None,
    };
    Some(Step { event, effect })
}

/// Adds to the faults of the replay the pools of which no order explains all events.
pub fn check(replay: &mut Replay, events: &[Event]) {
    let mut pools = BTreeMap::<String, Vec<Step<'_>>>::new();
    for event in events {
        let pool = subjects(event).into_iter().find(|subject| subject.starts_with("pool "));
        if let (Some(pool), Some(step)) = (pool, step(event)) {
            pools.entry(pool).or_default().push(step);
        }
    }
    for (pool, steps) in pools {
        let mut search = Search { steps: &steps, done: vec![false; steps.len()], seen: BTreeSet::new() };
        if !search.explains(0, None) {
            replay.faults.push(format!(
                "{pool}: no order of its events explains when it was low and how many licenses it had"
            ));
        }
    }
}

struct Search<'a> {
    steps: &'a [Step<'a>],
    done: Vec<bool>,
    seen: BTreeSet<(Vec<bool>, Option<i64>)>,
}

impl Search<'_> {
    /// Returns the events that may be next.
    fn candidates(&self) -> Vec<usize> {
        let mut open = (0..self.steps.len()).filter(|place| !self.done[*place]);
        let Some(first) = open.next() else { return Vec::new() };
        let time = |place: usize| moment(&self.steps[place].event.time);
        let concurrent = open.take(OVERTAKEN).filter(|place| time(*place) - time(first) < CONCURRENT);
        std::iter::once(first).chain(concurrent).collect()
    }

    /// Returns whether some order of the rest explains it.
    fn explains(&mut self, available: i64, threshold: Option<i64>) -> bool {
        let candidates = self.candidates();
        if candidates.is_empty() {
            return true;
        }
        if self.seen.len() > SEARCHED || !self.seen.insert((self.done.clone(), threshold)) {
            return false;
        }
        candidates.into_iter().any(|place| self.is_next(place, available, threshold))
    }

    /// Returns whether some order of the rest explains it that begins with this event.
    fn is_next(&mut self, place: usize, available: i64, threshold: Option<i64>) -> bool {
        let (left, threshold, is_crossing) = match self.steps[place].effect {
            Effect::Change { quantity, all } => {
                let left = available + quantity;
                if left < 0 || all && left > 0 {
                    return false;
                }
                (left, threshold, threshold.is_some_and(|limit| available >= limit && left < limit))
            }
            Effect::Threshold(new) => (available, new, false),
            Effect::Low { .. } => return false,
        };
        self.done[place] = true;
        let is_low = |place: &usize| match self.steps[*place].effect {
            Effect::Low { available, threshold: limit } => (available, Some(limit)) == (left, threshold),
            _ => false,
        };
        let low = if is_crossing { self.candidates().into_iter().find(is_low) } else { None };
        low.iter().for_each(|place| self.done[*place] = true);
        let explained = (!is_crossing || low.is_some()) && self.explains(left, threshold);
        if !explained {
            low.iter().for_each(|place| self.done[*place] = false);
            self.done[place] = false;
        }
        explained
    }
}
