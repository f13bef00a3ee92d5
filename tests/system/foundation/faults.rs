//! What the store, or the way to it, does to every write: one effect, or none and a clean answer.

use local::seam::Outage;
use system::{World, canonical};

fn writes() -> impl Iterator<Item = canonical::Canonical> {
    canonical::all().into_iter().filter(|call| !call.reads())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_on_the_way_leaves_one_effect_and_the_usual_answer() {
    for call in writes() {
        // Without a key nothing but the transaction's own token holds a second effect off.
        for keyless in [false, true] {
            let send = async |world: &World| {
                let request = call.call(world, "");
                let request = if keyless { request.without("idempotency-key") } else { request };
                request.send().await
            };
            if keyless && (call.signed() || call.key_required) {
                continue;
            }
            let untroubled = World::demo().await;
            untroubled.seam().take_tokens();
            let usual = send(&untroubled).await;
            let transactions = untroubled.seam().take_tokens().len();
            let effect: Vec<_> = untroubled.contents().await.into_keys().collect();
            for outage in Outage::ALL {
                let world = World::demo().await;
                world.seam().take_tokens();
                world.seam().inject("TransactWriteItems", outage);
                let answer = send(&world).await;
                assert_eq!(world.seam().faults_left(), 0, "{}: {outage:?} was not met", call.id);
                assert_eq!(answer.status, usual.status, "{} after {outage:?}: {}", call.id, answer.body);
                assert_eq!(answer.header("idempotent-replayed"), None, "{} after {outage:?}", call.id);
                let keys: Vec<_> = world.contents().await.into_keys().collect();
                assert_eq!(keys.len(), effect.len(), "{} after {outage:?}: not one effect", call.id);

                let decided_anew = matches!(outage, Outage::Conflict | Outage::Throttled);
                let tokens = world.seam().take_tokens();
                assert_eq!(tokens.len(), transactions + 1, "{} after {outage:?}", call.id);
                assert_eq!(tokens[0] != tokens[1], decided_anew, "{} after {outage:?}", call.id);
                // Only what was decided anew has new ids.
                if !decided_anew {
                    assert_eq!(answer.body, usual.body, "{} after {outage:?}", call.id);
                    assert_eq!(keys, effect, "{} after {outage:?}", call.id);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_after_a_lost_answer_has_no_second_effect() {
    for call in writes() {
        let world = World::demo().await;
        call.call(&world, "").send().await.ok();
        let once = world.contents().await;
        let again = call.call(&world, "").send().await;
        let replayed = again.header("idempotent-replayed").is_some();
        let settles = !call.route_key.starts_with("POST ");
        assert!(replayed != settles, "{}: {:?}", call.id, again.headers);
        again.ok();
        world.is_still(&once).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_equal_calls_at_once_have_one_effect() {
    for call in writes() {
        let world = World::demo().await;
        world.chaos(7, 1);
        let calls = (0..16).map(|_| call.call(&world, "").send());
        let mut answers = futures_util::future::join_all(calls).await;
        // What is longer than a transaction says so to a repeat while it runs.
        answers.retain(|answer| (answer.status, answer.code()) != (409, "still-running"));
        let first = answers[0].body.clone();
        for answer in answers {
            assert!((200..300).contains(&answer.status), "{}: {}", call.id, answer.body);
            assert_eq!(answer.body, first, "{}: one effect has one answer", call.id);
        }
        let count = world.contents().await.len();
        drop(world);
        let untroubled = World::demo().await;
        call.call(&untroubled, "").send().await.ok();
        assert_eq!(untroubled.contents().await.len(), count, "{}", call.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_stays_away_is_503_with_retry_after_and_nothing_changed() {
    let world = World::demo().await;
    let before = world.contents().await;
    // More than can be tried within a function's time.
    (0..100).for_each(|_| world.seam().inject("TransactWriteItems", Outage::ResetBefore));
    let answer = canonical::one("assign-license").call(&world, "").send().await;
    assert_eq!((answer.status, answer.code(), answer.header("retry-after")), (503, "busy", Some("1")));
    world.is_still(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_throttled_after_an_unknown_outcome_sends_the_same_again() {
    for call in writes() {
        let world = World::demo().await;
        let untroubled = World::demo().await;
        call.call(&untroubled, "").send().await.ok();
        for fault in [Outage::TimeoutAfter, Outage::Throttled, Outage::Conflict, Outage::InProgress] {
            world.seam().inject("TransactWriteItems", fault);
        }
        call.call(&world, "").send().await.ok();
        assert_eq!(world.seam().faults_left(), 0);
        let (expected, found) = (untroubled.contents().await, world.contents().await);
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{}", call.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_are_tried_again() {
    for (id, target) in [
        ("list-license-pools", "Query"),
        ("query-history-of-partner", "Query"),
        ("query-history-of-partner", "BatchGetItem"),
        ("receive-partner-order", "GetItem"),
        ("receive-partner-order", "BatchGetItem"),
    ] {
        for fault in [Outage::Throttled, Outage::ResetBefore, Outage::TimeoutAfter, Outage::ServerErrorAfter]
        {
            let world = World::demo().await;
            world.seam().inject(target, fault);
            canonical::one(id).call(&world, "").send().await.ok();
            assert_eq!(world.seam().faults_left(), 0);
        }
    }
}
