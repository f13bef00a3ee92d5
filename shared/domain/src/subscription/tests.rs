//! Tests of the rules of subscriptions.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::PartnerId;
use crate::entitlement::EntitlementStatus;
use crate::id::{Id, Ids, OrganizationId, ProductId, SiteId, SourceId, SubscriptionId};
use crate::license::Quantity;
use crate::party::Metadata;
use crate::subscription::closure::{Closure, Subscriptions};
use crate::subscription::set_up_target::SetUpTarget;
use crate::subscription::update::{Buyer, Renewal, ReportedState, SubscriptionUpdate, Suspension};
use crate::subscription::{Cancellations, Deactivation, Subscription, SubscriptionKind, SubscriptionStatus};
use crate::time::{TimeZone, Timestamp};

fn time(minutes: u64) -> Timestamp {
    Timestamp::from_unix_millis(1_767_603_600_000 + minutes * 60_000)
}

fn subscription(id: SubscriptionId) -> Subscription {
    Subscription {
        id,
        organization_id: OrganizationId::first_at(time(0)),
        kind: SubscriptionKind::Subscription,
        product_id: ProductId::first_at(time(0)),
        sku: "ER-1".parse().unwrap(),
        plan: None,
        quantity: Quantity::new(1).unwrap(),
        ordered: OrderedTerm::new(time(10), "PT90M".parse().unwrap(), TimeZone::default()),
        linked: BTreeSet::new(),
        parents: BTreeSet::new(),
        apps: BTreeSet::new(),
        contacts: Vec::new(),
        set_up_target: None,
        set_up_at: None,
        source_id: SourceId::first_at(time(0)),
        order_id: "SO-1".parse().unwrap(),
        external_id: None,
        buyer: Buyer::default(),
        cancellations: Cancellations::default(),
        reported: ReportedState::default(),
        deactivation: None,
        metadata: Metadata::new(time(0)),
    }
}

fn world(
    count: usize,
    links: &[(usize, usize)],
    parents: &[(usize, usize)],
) -> (Vec<SubscriptionId>, Subscriptions) {
    let ids = Ids::counted_from(1);
    let ids: Vec<SubscriptionId> = (0..count).map(|_| ids.next(time(0))).collect();
    let mut all: Subscriptions = ids.iter().map(|id| (*id, subscription(*id))).collect();
    for (one, other) in links.iter().filter(|(one, other)| one != other) {
        all.get_mut(&ids[*one]).unwrap().linked.insert(ids[*other]);
        all.get_mut(&ids[*other]).unwrap().linked.insert(ids[*one]);
    }
    for (app, parent) in parents.iter().filter(|(app, parent)| app != parent) {
        all.get_mut(&ids[*app]).unwrap().parents.insert(ids[*parent]);
        all.get_mut(&ids[*parent]).unwrap().apps.insert(ids[*app]);
    }
    (ids, all)
}

fn deactivate(one: &mut Subscription, cause: SubscriptionId, at: Timestamp) {
    one.deactivation = Some(Deactivation { at, cause, reason: None, resume_at: None });
}

fn renewal(ends: u64, occurred: u64) -> SubscriptionUpdate {
    SubscriptionUpdate::Renewal(Renewal { ends_at: time(ends), occurred_at: time(occurred) })
}

fn cancel(one: &mut Subscription, at: u64) -> bool {
    let renewed_at = one.renewed_at();
    one.cancellations.add(time(at), renewed_at)
}

fn set_up(mut one: Subscription) -> Subscription {
    one.set_up_target = Some(SetUpTarget::Organization { organization: WholeOrganization });
    one
}

#[test]
fn status_follows_term_renewal_cancellation_and_deactivation() {
    let mut one = set_up(subscription(SubscriptionId::first_at(time(0))));
    assert_eq!(one.ends_at(), time(100));
    for (minutes, status) in [
        (9, SubscriptionStatus::Upcoming),
        (10, SubscriptionStatus::Active),
        (99, SubscriptionStatus::Active),
        (100, SubscriptionStatus::Inactive),
    ] {
        assert_eq!(one.status(time(minutes)), status, "{minutes}");
    }
    // A subscription that merely ended, or was cancelled, can be renewed late.
    one.reported.merge(renewal(300, 150));
    assert_eq!(one.status(time(200)), SubscriptionStatus::Active);
    assert!(cancel(&mut one, 160));
    assert_eq!((one.status(time(200)), one.ended_at()), (SubscriptionStatus::Inactive, Some(time(160))));
    one.reported.merge(renewal(250, 170));
    assert_eq!((one.status(time(200)), one.ends_at()), (SubscriptionStatus::Active, time(300)));
    // A deactivated subscription cannot be renewed.
    let id = one.id;
    deactivate(&mut one, id, time(180));
    one.reported.merge(renewal(900, 190));
    assert_eq!((one.status(time(200)), one.set_up_due(time(200))), (SubscriptionStatus::Inactive, false));
}

#[test]
fn subscription_is_pending_from_its_start_until_it_is_set_up() {
    let one = subscription(SubscriptionId::first_at(time(0)));
    for (minutes, status, due) in [
        (9, SubscriptionStatus::Upcoming, true),
        (10, SubscriptionStatus::PendingSetUp, true),
        (100, SubscriptionStatus::Inactive, false),
    ] {
        assert_eq!((one.status(time(minutes)), one.set_up_due(time(minutes))), (status, due), "{minutes}");
    }
    let done = set_up(one.clone());
    assert_eq!((done.status(time(10)), done.set_up_due(time(10))), (SubscriptionStatus::Active, false));
    // What is cancelled is not to be set up.
    let mut cancelled = one;
    cancel(&mut cancelled, 20);
    assert!(!cancelled.set_up_due(time(20)));
    let word = serde_json::to_value(SubscriptionStatus::PendingSetUp).unwrap();
    assert_eq!(word, "pending-set-up");
}

#[test]
fn suspension_is_neither_active_nor_an_end() {
    let suspension = |occurred: u64, is_suspended: bool| {
        let (occurred_at, reason) = (time(occurred), None);
        SubscriptionUpdate::Suspension(Suspension { occurred_at, is_suspended, reason })
    };
    let mut one = set_up(subscription(SubscriptionId::first_at(time(0))));
    one.reported.merge(suspension(20, true));
    for (minutes, status) in [
        (5, SubscriptionStatus::Suspended),
        (50, SubscriptionStatus::Suspended),
        (100, SubscriptionStatus::Inactive),
    ] {
        assert_eq!(one.status(time(minutes)), status, "{minutes}");
    }
    assert_eq!((one.ended_at(), one.new_entitlement().suspended_at), (None, Some(time(20))));
    // At the same time, the suspension outranks the resumption.
    assert!(!one.reported.merge(suspension(20, false)));
    assert!(one.reported.merge(suspension(21, false)));
    assert_eq!((one.status(time(50)), one.suspension()), (SubscriptionStatus::Active, None));
    assert!(!one.reported.merge(suspension(20, true)), "it is older");
}

#[test]
fn first_end_stays_when_the_subscription_is_deactivated_later() {
    let id = SubscriptionId::first_at(time(0));
    let mut cancelled = subscription(id);
    cancel(&mut cancelled, 50);
    deactivate(&mut cancelled, id, time(80));
    assert_eq!((cancelled.ended_at(), cancelled.cancelled_at()), (Some(time(50)), Some(time(50))));
    let mut expired = subscription(id);
    deactivate(&mut expired, id, time(150));
    assert_eq!((expired.ended_at(), expired.ends_at()), (None, time(100)));
    assert_eq!(expired.new_entitlement().ended_at, None);
    let mut running = subscription(id);
    deactivate(&mut running, id, time(80));
    assert_eq!(running.ended_at(), Some(time(80)));
    // A cancellation after the end changes nothing either, but is shown.
    let mut late = subscription(id);
    cancel(&mut late, 150);
    assert_eq!((late.ended_at(), late.cancelled_at()), (None, Some(time(150))));
}

#[test]
fn no_end_is_before_the_start() {
    let id = SubscriptionId::first_at(time(0));
    let mut one = subscription(id);
    cancel(&mut one, 5);
    assert_eq!((one.status(time(6)), one.ended_at()), (SubscriptionStatus::Inactive, Some(time(10))));
    assert_eq!(one.cancelled_at(), Some(time(5)), "the time of the cancellation stays");
    let entitlement = one.new_entitlement();
    assert_eq!(
        (entitlement.ended_at, entitlement.status(time(6))),
        (Some(time(10)), EntitlementStatus::Ended)
    );
    // A renewal to an end before the start ends at the start.
    one.reported.merge(renewal(3, 7));
    assert_eq!((one.ends_at(), one.ended_at()), (time(10), None));
    assert_eq!(one.status(time(8)), SubscriptionStatus::Inactive);
    assert_eq!(one.new_entitlement().status(time(8)), EntitlementStatus::Ended);
    let mut deactivated = subscription(id);
    deactivate(&mut deactivated, id, time(5));
    assert_eq!(deactivated.ended_at(), Some(time(10)));
}

#[test]
fn first_cancellation_after_the_last_renewal_counts() {
    let mut one = subscription(SubscriptionId::first_at(time(0)));
    assert!(cancel(&mut one, 60));
    assert!(cancel(&mut one, 40));
    assert!(!cancel(&mut one, 40), "it is known");
    assert_eq!(one.cancelled_at(), Some(time(40)));
    one.reported.merge(renewal(300, 50));
    assert_eq!(one.cancelled_at(), Some(time(60)), "the later one was kept");
    assert!(!cancel(&mut one, 45), "before the renewal, and not the first of all");
    one.reported.merge(renewal(300, 61));
    assert_eq!((one.cancelled_at(), one.ends_at()), (None, time(300)));
    // Whether it is cancelled does not depend on how many cancellations are kept.
    for at in 1_000..1_200 {
        cancel(&mut one, at);
    }
    assert!(one.cancellations.times().count() <= Cancellations::MOST);
    assert_eq!(one.cancelled_at(), Some(time(1_000)));
    one.reported.merge(renewal(3_000, 1_199));
    assert_eq!(one.cancelled_at(), Some(time(1_199)));
}

#[test]
fn single_stored_cancellation_is_read() {
    let mut one = subscription(SubscriptionId::first_at(time(0)));
    cancel(&mut one, 40);
    let mut stored = serde_json::to_value(&one).unwrap();
    assert_eq!(serde_json::from_value::<Subscription>(stored.clone()).unwrap(), one);
    let times = stored.as_object_mut().unwrap().remove("cancellations").unwrap();
    stored["cancelledAt"] = times[0].clone();
    assert_eq!(serde_json::from_value::<Subscription>(stored).unwrap(), one);
}

#[test]
fn ordered_end_is_counted_in_the_time_zone_and_stored() {
    let (start, month) = ("2026-02-28T15:00:00Z".parse().unwrap(), "P1M".parse().unwrap());
    let mut one = subscription(SubscriptionId::first_at(time(0)));
    one.ordered = OrderedTerm::new(start, month, "Asia/Tokyo".parse().unwrap());
    let mut stored = serde_json::to_value(&one).unwrap();
    for (name, text) in [
        ("startsAt", "2026-02-28T15:00:00.000Z"),
        ("term", "P1M"),
        ("orderedEnd", "2026-03-31T15:00:00.000Z"),
    ] {
        assert_eq!(stored[name], text);
    }
    assert_eq!(serde_json::from_value::<Subscription>(stored.clone()).unwrap(), one);
    assert_eq!(one.ends_at().to_string(), "2026-03-31T15:00:00.000Z");
    assert_eq!(one.new_entitlement().ends_at, Some(one.ends_at()));
    // Without its end, a term was counted in UTC.
    stored.as_object_mut().unwrap().remove("orderedEnd");
    let read: Subscription = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!(read.ends_at().to_string(), "2026-03-28T15:00:00.000Z");
    // An end that cannot be read does not pass for an absent one.
    stored["orderedEnd"] = "soon".into();
    assert!(serde_json::from_value::<Subscription>(stored).is_err());
}

#[test]
fn app_is_deactivated_with_its_last_parent() {
    // 0 - 1, apps 2 (in 0 and 3), 4 (in 0 and 1), 5 (in 2 and 4); 6 is linked to 4.
    let (ids, mut all) = world(7, &[(0, 1), (4, 6)], &[(2, 0), (2, 3), (4, 0), (4, 1), (5, 2), (5, 4)]);
    let down = |all: &Subscriptions, root: usize| -> Vec<usize> {
        let down = Closure::of(all, ids[root]).down;
        let mut down: Vec<_> =
            down.iter().map(|id| ids.iter().position(|known| known == id).unwrap()).collect();
        down.sort_unstable();
        down
    };
    assert_eq!(down(&all, 0), [0, 1, 4, 6]);
    assert_eq!(Closure::of(&all, ids[0]).remaining_parents, BTreeSet::from([ids[2], ids[3]]), "2 keeps 5 up");
    assert_eq!(down(&all, 3), [3]);
    let gone = all.get_mut(&ids[3]).unwrap();
    deactivate(gone, ids[3], time(0));
    assert_eq!(down(&all, 0), [0, 1, 2, 4, 5, 6]);
    // Apps that are parents of each other keep nothing active unless another subscription keeps them active.
    let (ids, mut all) = world(4, &[], &[(1, 0), (1, 2), (2, 1), (3, 2)]);
    assert_eq!(Closure::of(&all, ids[0]).down.len(), 4);
    all.get_mut(&ids[2]).unwrap().parents.insert(ids[3]);
    assert_eq!(Closure::of(&all, ids[0]).down.len(), 4);
    let (ids, all) = world(4, &[], &[(1, 0), (1, 2), (2, 1), (2, 3)]);
    let closure = Closure::of(&all, ids[0]);
    let remaining_parents = BTreeSet::from([ids[2], ids[3]]);
    assert_eq!(
        (closure.down, closure.remaining_parents),
        (vec![ids[0]], remaining_parents),
        "3 keeps 2 up, and that 1"
    );
}

#[test]
fn set_up_target_round_trips() {
    let site =
        SetUpTarget::Site { site_id: SiteId::first_at(time(0)), url: "https://x.example".parse().unwrap() };
    for set_up_target in [site, SetUpTarget::Organization { organization: WholeOrganization }] {
        let written = serde_json::to_value(&set_up_target).unwrap();
        assert_eq!(serde_json::from_value::<SetUpTarget>(written).unwrap(), set_up_target);
    }
    assert!(serde_json::from_str::<SetUpTarget>(r#"{"organization": false}"#).is_err());
}

fn update() -> impl Strategy<Value = SubscriptionUpdate> {
    let partner =
        |number: u64| Buyer { partner_id: Some(PartnerId::first_at(time(number))), billing_account: None };
    prop_oneof![
        (0u64..6, 0u64..6).prop_map(|(ends, update)| SubscriptionUpdate::Renewal(Renewal {
            ends_at: time(ends),
            occurred_at: time(update)
        })),
        (0u64..6, 0u64..3).prop_map(move |(update, to)| SubscriptionUpdate::Transfer(Transfer {
            occurred_at: time(update),
            to: partner(to)
        })),
        (0u64..6, 0u64..6)
            .prop_map(|(mark, active_users)| SubscriptionUpdate::Usage(Usage { mark, active_users })),
        (0u64..6, any::<bool>()).prop_map(|(occurred, is_suspended)| {
            let (occurred_at, reason) = (time(occurred), None);
            SubscriptionUpdate::Suspension(Suspension { occurred_at, is_suspended, reason })
        }),
    ]
}

/// A message about a subscription: a cancellation of its order, or a report.
#[derive(Debug, Clone)]
enum Message {
    Cancelled(u64),
    Reported(SubscriptionUpdate),
}

impl Message {
    fn apply(&self, one: &mut Subscription) {
        match self {
            Self::Cancelled(at) => {
                cancel(one, *at);
            }
            Self::Reported(update) => {
                one.reported.merge(update.clone());
            }
        }
    }
}

fn any_message() -> impl Strategy<Value = Message> {
    prop_oneof![
        (0u64..40).prop_map(Message::Cancelled),
        (0u64..200, 0u64..40).prop_map(|(ends, occurred)| Message::Reported(renewal(ends, occurred))),
        update().prop_map(Message::Reported),
    ]
}

proptest! {
    /// Whatever the order and repetition of messages, the same end results, and it is the one that the rules demand.
    #[test]
    fn ends_are_independent_of_the_order_and_repetition_of_messages(
        (all, other) in proptest::collection::vec(any_message(), 0..14).prop_flat_map(|all| {
            let repeated: Vec<_> = all.iter().chain(&all).cloned().collect();
            (Just(all), Just(repeated).prop_shuffle())
        }),
        deactivated in proptest::option::of(40u64..80),
    ) {
        let after = |messages: &[Message]| {
            let mut one = subscription(SubscriptionId::first_at(time(0)));
            messages.iter().for_each(|message| message.apply(&mut one));
            if let Some(at) = deactivated {
                let id = one.id;
                deactivate(&mut one, id, time(at));
            }
            one
        };
        let (one, two) = (after(&all), after(&other));
        let seen = |one: &Subscription| {
            let entitlement = one.new_entitlement();
            let statuses: Vec<_> =
                [0, 9, 10, 50, 100, 150, 250].map(|at| (one.status(time(at)), entitlement.status(time(at)))).to_vec();
            (one.cancelled_at(), one.ends_at(), one.ended_at(), one.suspension().cloned(), statuses)
        };
        prop_assert_eq!(seen(&one), seen(&two));

        let cancellations = all.iter().filter_map(|message| match message {
            Message::Cancelled(at) => Some(time(*at)),
            Message::Reported(_) => None,
        });
        let last = one.renewed_at();
        let counts = cancellations.filter(|at| last.is_none_or(|last| last <= *at)).min();
        prop_assert_eq!(one.cancelled_at(), counts);
        prop_assert!(one.ends_at() >= one.ordered.starts_at());
        prop_assert!(one.ended_at().is_none_or(|at| at >= one.ordered.starts_at() && at < one.ends_at()));
        let end = one.ended_at().unwrap_or(one.ends_at());
        prop_assert_eq!(one.is_over(end), true);
    }

    #[test]
    fn merged_reports_are_independent_of_order_and_repetition(
        (all, other) in proptest::collection::vec(update(), 0..10)
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        let reported = |all: &[SubscriptionUpdate]| all.iter().fold(ReportedState::default(), |mut reported, update| {
            reported.merge(update.clone());
            reported
        });
        let mut once = reported(&all);
        prop_assert_eq!(&once, &reported(&other));
        for update in all {
            prop_assert!(!once.merge(update));
        }
    }

    /// No active subscription is linked to a deactivated one, each active app that is affected has an active parent,
    /// and the closure contains nothing without a reason.
    #[test]
    fn closure_leaves_no_link_or_orphan_and_is_minimal(
        links in proptest::collection::vec((0usize..30, 0usize..30), 0..25),
        parents in proptest::collection::vec((0usize..30, 0usize..30), 0..25),
        dead in 0usize..30, root in 0usize..30,
    ) {
        let (ids, mut all) = world(30, &links, &parents);
        for id in Closure::of(&all, ids[dead]).down {
            deactivate(all.get_mut(&id).unwrap(), ids[dead], time(0));
        }
        let Closure { down, remaining_parents } = Closure::of(&all, ids[root]);
        let set: BTreeSet<_> = down.iter().copied().collect();
        prop_assert_eq!(set.len(), down.len());
        let up = |id: &SubscriptionId| !set.contains(id) && all[id].deactivation.is_none();
        prop_assert!(remaining_parents.iter().all(up));
        let mut concerned = BTreeSet::new();
        let mut reached: Vec<_> = down.iter().flat_map(|id| all[id].apps.iter().copied()).collect();
        while let Some(app) = reached.pop() {
            if concerned.insert(app) {
                reached.extend(&all[&app].apps);
            }
        }
        for one in all.values().filter(|one| up(&one.id)) {
            prop_assert!(set.is_disjoint(&one.linked), "a link is left");
            let held = one.parents.iter().any(|parent| remaining_parents.contains(parent));
            prop_assert!(held || !concerned.contains(&one.id), "what keeps it up is no condition");
            // Each app that may have lost a parent has a subscription above it that the deactivation does not reach.
            let (mut above, mut seen) = (vec![one.id], BTreeSet::from([one.id]));
            let mut stays = false;
            while let Some(id) = above.pop() {
                stays |= !concerned.contains(&id);
                let parents = all[&id].parents.iter().filter(|parent| concerned.contains(&id) && up(parent));
                above.extend(parents.filter(|parent| seen.insert(**parent)));
            }
            prop_assert!(stays, "an orphan is left");
        }
        // Each deactivated subscription has a reason: a link to another deactivated one, or no active parent.
        for one in down.iter().skip(1).map(|id| &all[id]).filter(|one| one.deactivation.is_none()) {
            let linked = one.linked.intersection(&set).next().is_some();
            let orphaned = !one.parents.is_empty() && !one.parents.iter().any(up);
            prop_assert!(linked || orphaned);
        }
    }
}
