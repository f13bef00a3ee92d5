//! The history of a run is all that it takes to know what the API shows at its end; and a history from which an event is
//! missing, in which one is repeated, or in which two are exchanged, is noticed.

use std::collections::BTreeMap;

use serde_json::json;
use system::{World, strength};

use super::Objects;
use super::compare::{Shown, differences, line_of, read};
use super::history::{Event, moment, whole_history};
use super::runs::{Run, play};
use super::state::{carries_no_state, rebuild, subjects};

/// Events that leave no trace of a customer who was removed later.
const CHANGES_OF_A_CUSTOMER: [&str; 5] =
    ["customer.updated", "customer.disabled", "customer.enabled", "customer.moved-out", "customer.moved-in"];

/// Returns what the replay of these events finds to be wrong.
fn findings(events: &[Event], shown: &Shown) -> Vec<String> {
    let mut replay = rebuild(events);
    let mut findings = std::mem::take(&mut replay.faults);
    findings.extend(differences(&replay.expected(&shown.now), shown, events));
    findings
}

/// Returns the history of a run and what the API shows at its end, which agree.
async fn agreeing(run: &Run<'_>) -> (Vec<Event>, Shown) {
    let shown = read(run).await;
    let events = whole_history(run.world).await;
    let wrong = findings(&events, &shown);
    assert!(wrong.is_empty(), "the run of seed {}, at {}:\n{}", run.seed, shown.now, wrong.join("\n"));
    (events, shown)
}

#[tokio::test(flavor = "multi_thread")]
async fn history_of_a_random_run_has_all_that_the_api_shows() {
    strength::side_by_side(10, 1_000, async |seeds| {
        for seed in seeds {
            // Half of the worlds have a running clock and random ids.
            let world = if seed % 2 == 0 { World::demo().await } else { World::running().await };
            agreeing(&play(&world, seed).await).await;
        }
    })
    .await;
}

/// Number of events of each type, of a run, that are removed or repeated, one at a time.
const OF_EACH_TYPE: usize = 3;

/// Returns the places of some events of each type for which `is_chosen` holds.
fn places(events: &[Event], is_chosen: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut count = BTreeMap::<&str, usize>::new();
    // The last events are those of the run, the first those of the demo world.
    let chosen = (0..events.len()).rev().filter(|place| is_chosen(*place));
    chosen
        .filter(|place| {
            let count = count.entry(&events[*place].kind).or_default();
            *count += 1;
            *count <= OF_EACH_TYPE
        })
        .collect()
}

/// Returns whether nothing of an event is shown, so that its removal leaves no trace but a gap in the object's versions: a
/// later event about the same object replaced it, or the API does not show the object.
fn is_superseded(events: &[Event], place: usize, shown: &Objects) -> bool {
    let event = &events[place];
    let Some(subject) = subjects(event).into_iter().next() else { return false };
    let by: &[&str] = match event.kind.as_str() {
        "subscription.changed" => &["subscription.changed"],
        "subscription.renewed" => &["subscription.renewed", "subscription.cancelled"],
        "subscription.cancelled" => &["subscription.cancelled", "subscription.renewed"],
        "subscription.suspended" | "subscription.resumed" => &["subscription.suspended"],
        "subscription.usage-reported" => &["subscription.usage-reported"],
        "subscription.set-up" | "site.migrated" => &["site.migrated"],
        // A cancelled order may wait for its account without having been parked.
        "order.parked" => &["order.cancelled"],
        // An earlier cancellation may be reported later.
        "order.cancelled" => &["order.cancelled"],
        "order.changed" | "order.change-ignored" => &["order.changed", "order.change-ignored"],
        "access.extended" => &["access.extended"],
        "license.pool-threshold-set" => &["license.pool-threshold-set"],
        "entitlement.details-changed" => &["entitlement.details-changed"],
        "entitlement.updated" => &["entitlement.updated"],
        "contact.manager-changed" => &["customer.removed"],
        kind if CHANGES_OF_A_CUSTOMER.contains(&kind) => &["customer.removed"],
        _ => &[],
    };
    let about_it = |other: &Event| subjects(other).contains(&subject);
    let is_later = |other: &&Event| by.contains(&other.kind.as_str()) && about_it(other);
    // A later change of an ignored line is ignored, too.
    let same_line = |other: &Event| {
        other.kind == "order.line-ignored" && about_it(other) && other.data["line"] == event.data["line"]
    };
    let of_contact = event.kind.starts_with("subscription.contact-");
    let is_removal = |other: &Event| {
        other.kind == "customer.removed" && other.data["customerId"] == event.data["customerId"]
    };
    // The pool may not have become low, if a concurrent event came earlier or later.
    let decides_about_low = |other: &Event| {
        let kind = other.kind.as_str();
        let raises = ["license.credited", "license.pool-threshold-set"].contains(&kind);
        raises && about_it(other) && (moment(&other.time) - moment(&event.time)).abs() < 1_000
    };
    event.kind.starts_with("order.") && !shown.contains_key(&subject)
        || events[place + 1..].iter().any(|other| is_later(&other))
        || of_contact && events.iter().any(is_removal)
        || event.kind == "order.line-ignored" && events.iter().filter(|other| same_line(other)).count() > 1
        || event.kind == "license.pool-low" && events.iter().any(decides_about_low)
}

/// Returns runs of which events of all types that carry state are part.
async fn runs() -> Vec<(Vec<Event>, Shown)> {
    let mut runs = Vec::new();
    for seed in strength::seeds(2, 20) {
        let world = World::demo().await;
        let run = play(&world, seed).await;
        run.play_rare().await;
        runs.push(agreeing(&run).await);
    }
    runs
}

/// Asserts that each of these changed histories is noticed.
fn assert_noticed(
    runs: &[(Vec<Event>, Shown)],
    what: &str,
    change: impl Fn(&[Event], &Shown) -> Vec<(usize, Vec<Event>)>,
) {
    let mut unnoticed = Vec::new();
    for (events, shown) in runs {
        for (place, changed) in change(events, shown) {
            if findings(&changed, shown).is_empty() {
                unnoticed.push(line_of(&events[place]));
            }
        }
    }
    assert!(unnoticed.is_empty(), "the replay does not notice that {what}:\n{}", unnoticed.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn history_with_one_changed_event_is_noticed() {
    let runs = runs().await;
    let is_there = |kind: &str| runs.iter().any(|(events, _)| events.iter().any(|event| event.kind == kind));
    let missing =
        types().await.into_iter().filter(|kind| !carries_no_state(&event_of(kind)) && !is_there(kind));
    let missing: Vec<String> = missing.collect();
    assert!(missing.is_empty() || runs.len() < 2, "no run has an event of {missing:?}");
    assert_noticed(&runs, "this event is missing", |events, shown| {
        let leaves_a_trace =
            |place: usize| !carries_no_state(&events[place]) && !is_superseded(events, place, &shown.objects);
        let without = |place: usize| [&events[..place], &events[place + 1..]].concat();
        places(events, leaves_a_trace).into_iter().map(|place| (place, without(place))).collect()
    });
    assert_noticed(&runs, "this event is there twice", |events, _| {
        // Of a customer who was removed later, no version is shown.
        let is_counted = |place: usize| {
            !CHANGES_OF_A_CUSTOMER.contains(&events[place].kind.as_str()) || {
                let subject = subjects(&events[place]);
                let is_removal =
                    |other: &Event| other.kind == "customer.removed" && subjects(other) == subject;
                !events[place..].iter().any(is_removal)
            }
        };
        let twice = |place: usize| {
            let mut events = events.to_vec();
            let mut again = events[place].clone();
            again.id.push('+');
            events.insert(place + 1, again);
            events
        };
        let chosen = places(events, |place| !carries_no_state(&events[place]) && is_counted(place));
        chosen.into_iter().map(|place| (place, twice(place))).collect()
    });
    assert_noticed(&runs, "this event and the next one of its object are exchanged", |events, _| {
        let subject = |event: &Event| subjects(event).into_iter().next();
        let follower = |place: usize| {
            let same = |other: &&usize| subject(&events[**other]) == subject(&events[place]);
            let later: Vec<usize> = (place + 1..events.len()).collect();
            later.iter().find(same).copied().filter(|other| !carries_no_state(&events[*other]))
        };
        let begins = |place: usize| {
            let kind = events[place].kind.as_str();
            let begins = ["subscription.ordered", "access.granted", "access.requested", "member.added"];
            (begins.contains(&kind) || kind.ends_with(".created")) && kind != "site.created"
        };
        let exchanged = |place: usize| {
            let mut events = events.to_vec();
            events.swap(place, follower(place).unwrap());
            events
        };
        let chosen = places(events, |place| begins(place) && follower(place).is_some());
        chosen.into_iter().map(|place| (place, exchanged(place))).collect()
    });
}

/// Returns the types of events that the API names.
async fn types() -> Vec<String> {
    let world = World::demo().await;
    let document = world.get("/v1/openapi.json").send().await.ok();
    let types = document["components"]["schemas"]["EventType"]["enum"].as_array().unwrap();
    assert!(types.len() > 50, "{types:?}");
    types.iter().map(|kind| kind.as_str().unwrap().to_owned()).collect()
}

/// Returns an event of a type.
fn event_of(kind: &str) -> Event {
    let data = json!({
        "subscriptionId": "s", "grantId": "g", "quantity": 1, "sequence": 1, "secretVersion": 2, "fields": [],
        "missing": 0, "available": 0, "threshold": 1,
    });
    Event {
        id: "evt_1".to_owned(),
        time: "2026-01-05T09:00:00.000Z".to_owned(),
        kind: kind.to_owned(),
        data,
        partner: Some("p".to_owned()),
        organization: Some("o".to_owned()),
        version: None,
    }
}

/// Each type that the API names is known to the replay, whether or not a run leaves such an event.
#[tokio::test(flavor = "multi_thread")]
async fn each_type_of_event_is_known() {
    for kind in types().await {
        let faults = rebuild(&[event_of(&kind)]).faults;
        let unknown = faults.into_iter().find(|fault| fault.contains("does not know this type"));
        assert_eq!(unknown, None);
    }
}
