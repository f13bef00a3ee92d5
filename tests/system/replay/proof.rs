//! The history of a run is all that it takes to know what the API shows at its end; and a history from which an event is
//! missing, in which one is repeated, or in which two are exchanged, is noticed.

use std::collections::BTreeMap;

use system::{World, strength};

use super::Objects;
use super::compare::{Shown, differences, line_of, read};
use super::history::{Event, whole_history};
use super::runs::play;
use super::state::{carries_no_state, rebuild, subjects};

/// Returns what the replay of these events finds to be wrong.
fn findings(events: &[Event], shown: &Shown) -> Vec<String> {
    let mut replay = rebuild(events);
    let mut findings = std::mem::take(&mut replay.faults);
    findings.extend(differences(&replay.expected(&shown.now), shown, events));
    findings
}

/// Makes a run, and returns its history and what the API shows at its end, which agree.
async fn agreeing_run(seed: u64) -> (Vec<Event>, Shown) {
    let world = World::demo().await;
    let run = play(&world, seed).await;
    let shown = read(&run).await;
    let events = whole_history(&world).await;
    let wrong = findings(&events, &shown);
    assert!(wrong.is_empty(), "the run of seed {seed}, at {}:\n{}", shown.now, wrong.join("\n"));
    (events, shown)
}

#[tokio::test(flavor = "multi_thread")]
async fn history_of_a_random_run_tells_all_that_the_api_shows() {
    strength::side_by_side(10, 1_000, async |seeds| {
        for seed in seeds {
            agreeing_run(seed).await;
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

/// Returns whether nothing of what an event told is shown: a later event about the same object replaced it, or the API does
/// not show the object or this part of it.
/// Its removal leaves no trace but a gap in the object's versions.
fn is_superseded(events: &[Event], place: usize, shown: &Objects) -> bool {
    let event = &events[place];
    let Some(subject) = subjects(event).into_iter().next() else { return false };
    let by: &[&str] = match event.kind.as_str() {
        "subscription.changed" => &["subscription.changed"],
        "subscription.renewed" => &["subscription.renewed"],
        "subscription.cancelled" => &["subscription.cancelled", "subscription.renewed"],
        "subscription.usage-reported" => &["subscription.usage-reported"],
        "subscription.set-up" | "site.migrated" => &["site.migrated"],
        "order.changed" => &["order.changed", "order.change-ignored"],
        "access.extended" => &["access.extended"],
        "access.updated" => {
            &["access.updated", "access.revoked", "access.relinquished", "access.replaced", "access.expired"]
        }
        "customer.updated" | "contact.manager-changed" => &["customer.removed"],
        _ => &[],
    };
    let is_later =
        |other: &&Event| by.contains(&other.kind.as_str()) && subjects(other).first() == Some(&subject);
    let shown_status = || shown.get(&subject).and_then(|one| one.get("status")?.as_str()).unwrap_or_default();
    let is_unseen = match event.kind.as_str() {
        // What is over or has not begun is not shown as suspended.
        "subscription.suspended" | "subscription.resumed" => {
            ["inactive", "upcoming"].contains(&shown_status())
        }
        // The place of an app is not compared while the replay knows none.
        "subscription.set-up" | "site.migrated" => shown
            .get(&subject)
            .is_some_and(|one| one["parents"].as_array().is_some_and(|ids| !ids.is_empty())),
        // Assumed: this is the name of the field.
        "access.updated" => shown.get(&subject).is_none_or(|grant| !grant.contains_key("autoExtend")),
        kind if kind.starts_with("order.") => !shown.contains_key(&subject),
        _ => false,
    };
    let of_contact = event.kind.starts_with("subscription.contact-");
    let is_removal = |other: &Event| {
        other.kind == "customer.removed" && other.data["customerId"] == event.data["customerId"]
    };
    is_unseen
        || events[place + 1..].iter().any(|other| is_later(&other))
        || of_contact && events.iter().any(is_removal)
}

/// Returns runs of which many types of events are part.
async fn runs() -> Vec<(Vec<Event>, Shown)> {
    let mut runs = Vec::new();
    for seed in strength::seeds(2, 20) {
        runs.push(agreeing_run(seed).await);
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
    assert_noticed(&runs, "this event is missing", |events, shown| {
        let leaves_a_trace =
            |place: usize| !carries_no_state(&events[place]) && !is_superseded(events, place, &shown.objects);
        let without = |place: usize| [&events[..place], &events[place + 1..]].concat();
        places(events, leaves_a_trace).into_iter().map(|place| (place, without(place))).collect()
    });
    assert_noticed(&runs, "this event is there twice", |events, _| {
        // Of a customer who was removed later, no version is shown.
        let is_counted = |place: usize| {
            events[place].kind != "customer.updated" || {
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

/// Each type that the API names is known to the replay, whether or not a run leaves such an event.
#[tokio::test(flavor = "multi_thread")]
async fn each_type_of_event_is_known() {
    let world = World::demo().await;
    let document = world.get("/v1/openapi.json").send().await.ok();
    let types = document["components"]["schemas"]["EventType"]["enum"].as_array().unwrap().clone();
    assert!(types.len() > 50, "{types:?}");
    for kind in types {
        let data = serde_json::json!({
            "subscriptionId": "s", "grantId": "g", "quantity": 1, "sequence": 1, "secretVersion": 2, "fields": [],
        });
        let event = Event {
            id: "evt_1".to_owned(),
            time: "2026-01-05T09:00:00.000Z".to_owned(),
            kind: kind.as_str().unwrap().to_owned(),
            data,
            partner: Some("p".to_owned()),
            organization: Some("o".to_owned()),
            version: None,
        };
        let unknown =
            rebuild(&[event]).faults.into_iter().find(|fault| fault.contains("does not know this type"));
        assert_eq!(unknown, None);
    }
}
