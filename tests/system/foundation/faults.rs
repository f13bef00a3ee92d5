//! Writes under failures of the store or of the connection to it: each has one effect, or none and a clean
//! answer.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use local_stack::fault_proxy::InjectedFailure;
use system::canonical::Canonical;
use system::{Reply, World, canonical, strength};

use super::recording::{Recorded, writes};

/// One route for each kind of write: with a required key, with an optional key, with a version, with a
/// signature, in several transactions, row by row.
const WRITE_KINDS: [&str; 6] = [
    "assign-license",
    "create-partner",
    "update-organization",
    "receive-store-message",
    "deactivate-subscription",
    "import-details",
];

/// One failure after which nothing was written, and one after which the outcome is unknown.
const FAILURE_KINDS: [InjectedFailure; 2] = [InjectedFailure::Conflict, InjectedFailure::ResetAfter];

/// Returns true if certainly nothing was written, so that the operation is evaluated again.
fn is_reevaluated(failure: InjectedFailure) -> bool {
    matches!(failure, InjectedFailure::Conflict | InjectedFailure::Throttled)
}

/// Returns true if the call may be sent without its key.
fn may_be_keyless(call: &Canonical) -> bool {
    call.payload["headers"]["idempotency-key"].is_string() && !call.key_required && !call.signed()
}

async fn send(call: &Canonical, world: &World, keyless: bool) -> Reply {
    let request = call.call(world, "");
    if keyless { request.without("idempotency-key").send().await } else { request.send().await }
}

/// One place, where transactions are sent, handles all failures. The loop over routes proves, with one
/// failure of each kind, that each route writes through that place and is evaluated again when it must
/// be. The loop over failures proves that place itself, on one route for each kind of write (nightly: on
/// all routes). Without a key, only the transaction's own token prevents a second effect if the outcome
/// of the first attempt is unknown.
#[tokio::test(flavor = "multi_thread")]
async fn injected_failure_leaves_one_effect_and_the_usual_answer() {
    let mut ways = BTreeSet::from(WRITE_KINDS);
    for usual in writes().await {
        let every = ways.remove(usual.call.operation) || strength::is_nightly();
        let failures = if every { &InjectedFailure::ALL[..] } else { &FAILURE_KINDS };
        for failure in failures {
            check_failure(usual, *failure).await;
        }
        if may_be_keyless(&usual.call) {
            for failure in if every { failures } else { &[InjectedFailure::ResetAfter] } {
                meets_an_outage_without_a_key(&usual.call, *failure).await;
            }
        }
    }
    assert!(ways.is_empty(), "these do not write: {ways:?}");
}

async fn check_failure(usual: &Recorded, failure: InjectedFailure) {
    let Recorded { call, reply, keys, transactions, .. } = usual;
    let world = World::demo().await;
    world.fault_proxy().take_tokens();
    world.fault_proxy().inject("TransactWriteItems", failure);
    let answer = send(call, &world, false).await;
    assert_eq!(world.fault_proxy().faults_left(), 0, "{}: {failure:?} was not met", call.id);
    assert_eq!(answer.status, reply.status, "{} after {failure:?}: {}", call.id, answer.body);
    assert_eq!(answer.header("idempotent-replayed"), None, "{} after {failure:?}", call.id);
    let found: Vec<_> = world.contents().await.into_keys().collect();
    assert_eq!(found.len(), keys.len(), "{} after {failure:?}: not one effect", call.id);

    let decided_anew = is_reevaluated(failure);
    let tokens = world.fault_proxy().take_tokens();
    assert_eq!(tokens.len(), transactions + 1, "{} after {failure:?}", call.id);
    assert_eq!(tokens[0] != tokens[1], decided_anew, "{} after {failure:?}", call.id);
    // Only an operation that was evaluated again has new ids.
    if !decided_anew {
        assert_eq!(answer.body, reply.body, "{} after {failure:?}", call.id);
        assert_eq!(&found, keys, "{} after {failure:?}", call.id);
    }
}

async fn meets_an_outage_without_a_key(call: &Canonical, failure: InjectedFailure) {
    let (untroubled, world) = (World::demo().await, World::demo().await);
    let usual = send(call, &untroubled, true).await;
    world.fault_proxy().inject("TransactWriteItems", failure);
    let answer = send(call, &world, true).await;
    assert_eq!(world.fault_proxy().faults_left(), 0, "{}: {failure:?} was not met", call.id);
    assert_eq!(answer.status, usual.status, "{} after {failure:?}: {}", call.id, answer.body);
    assert_eq!(answer.header("idempotent-replayed"), None, "{} after {failure:?}", call.id);
    let keys = async |world: &World| world.contents().await.into_keys().collect::<Vec<_>>();
    let (found, expected) = (keys(&world).await, keys(&untroubled).await);
    assert_eq!(found.len(), expected.len(), "{} after {failure:?}: not one effect", call.id);
    if !is_reevaluated(failure) {
        assert_eq!((answer.body, found), (usual.body, expected), "{} after {failure:?}", call.id);
    }
}

/// The loop proves for each route that it recognizes a repeat: a POST by its key, any other call by the state.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_after_a_lost_answer_has_no_second_effect() {
    for Recorded { call, .. } in writes().await {
        let world = World::demo().await;
        call.call(&world, "").send().await.ok();
        let once = world.contents().await;
        let again = call.call(&world, "").send().await;
        let replayed = again.header("idempotent-replayed").is_some();
        let settles = !call.route_key.starts_with("POST ");
        assert!(replayed != settles, "{}: {:?}", call.id, again.headers);
        again.ok();
        world.assert_unchanged(&once).await;
    }
}

/// The loop proves for each route that its conditions hold against concurrent calls of the same route:
/// everything it reads before it writes may have changed.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_equal_calls_have_one_effect() {
    for Recorded { call, keys, .. } in writes().await {
        let world = World::demo().await;
        world.chaos(7, 1);
        let calls = (0..16).map(|_| call.call(&world, "").send());
        let mut answers = futures_util::future::join_all(calls).await;
        // An operation longer than one transaction refuses a repeat while it is still running.
        answers.retain(|answer| (answer.status, answer.code()) != (409, "still-running"));
        let first = answers[0].body.clone();
        for answer in answers {
            assert!((200..300).contains(&answer.status), "{}: {}", call.id, answer.body);
            assert_eq!(answer.body, first, "{}: one effect has one answer", call.id);
        }
        assert_eq!(world.contents().await.len(), keys.len(), "{}", call.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unavailable_store_answers_503_with_retry_after_and_changes_nothing() {
    let world = World::demo().await;
    let before = world.contents().await;
    // More failures than a function can retry within its timeout.
    (0..100).for_each(|_| world.fault_proxy().inject("TransactWriteItems", InjectedFailure::ResetBefore));
    let answer = canonical::one("assign-license").call(&world, "").send().await;
    assert_eq!((answer.status, answer.code(), answer.header("retry-after")), (503, "busy", Some("1")));
    world.assert_unchanged(&before).await;
}

/// The loop proves for each route that after one unknown outcome the same transaction is sent again, even if
/// later attempts certainly write nothing. Most of the time is waiting, so several routes run concurrently.
#[tokio::test(flavor = "multi_thread")]
async fn throttled_retry_after_an_unknown_outcome_resends_the_transaction() {
    let one = async |usual: &Recorded| {
        let world = World::demo().await;
        for fault in [
            InjectedFailure::TimeoutAfter,
            InjectedFailure::Throttled,
            InjectedFailure::Conflict,
            InjectedFailure::InProgress,
        ] {
            world.fault_proxy().inject("TransactWriteItems", fault);
        }
        usual.call.call(&world, "").send().await.ok();
        assert_eq!(world.fault_proxy().faults_left(), 0, "{}", usual.call.id);
        let found: Vec<_> = world.contents().await.into_keys().collect();
        assert_eq!(found, usual.keys, "{}", usual.call.id);
    };
    stream::iter(writes().await).for_each_concurrent(8, one).await;
}

/// The loop proves each kind of read; all routes share them.
#[tokio::test(flavor = "multi_thread")]
async fn failed_reads_are_retried() {
    for (id, target) in [
        ("list-license-pools", "Query"),
        ("query-history-of-partner", "Query"),
        ("query-history-of-partner", "BatchGetItem"),
        ("receive-store-message", "GetItem"),
        ("receive-store-message", "BatchGetItem"),
    ] {
        for fault in [
            InjectedFailure::Throttled,
            InjectedFailure::ResetBefore,
            InjectedFailure::TimeoutAfter,
            InjectedFailure::ServerErrorAfter,
        ] {
            let world = World::demo().await;
            world.fault_proxy().inject(target, fault);
            canonical::one(id).call(&world, "").send().await.ok();
            assert_eq!(world.fault_proxy().faults_left(), 0);
        }
    }
}
