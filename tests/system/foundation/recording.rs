//! The canonical calls and the further ones of the budget table, made once per process for all tests that ask what they
//! do: budgets, the template's policies, the API's description, the published payloads, the faults.

use std::collections::BTreeSet;

use local_stack::fault_proxy::{Action, Cost};
use serde_json::Value;
use system::canonical::{self, Canonical};
use system::{Reply, World};
use tokio::sync::OnceCell;

/// A call and what it did in a demo world of its own, where its function may do whatever it does.
pub struct Recorded {
    /// Its name in the budget table.
    pub name: String,
    /// The call.
    pub call: Canonical,
    /// The answer.
    pub reply: Reply,
    /// What it cost.
    pub cost: Cost,
    /// What its function did at the store, also in a trial (`validateOnly`), which takes `ConditionCheckItem`.
    pub used: BTreeSet<Action>,
    /// The keys of all items that are there afterwards.
    pub keys: Vec<(String, String)>,
    /// How many transactions it sent.
    pub transactions: usize,
    /// The keys of the items that they were conditional on.
    pub conditions: BTreeSet<(String, String)>,
}

/// The canonical call of every route.
pub async fn canonical_calls() -> &'static [Recorded] {
    static RECORDING: OnceCell<Vec<Recorded>> = OnceCell::const_new();
    let calls = || canonical::all().into_iter().map(|call| (format!("`{}`", call.id), call, ""));
    RECORDING.get_or_init(|| record_all(calls())).await
}

/// The calls of the budget table that do at the store what no canonical call does.
pub async fn further_calls() -> &'static [Recorded] {
    static RECORDING: OnceCell<Vec<Recorded>> = OnceCell::const_new();
    let calls = || canonical::further().into_iter().map(|(call, name, query)| (name, call, query));
    RECORDING.get_or_init(|| record_all(calls())).await
}

/// The canonical calls that write.
pub async fn writes() -> impl Iterator<Item = &'static Recorded> {
    canonical_calls().await.iter().filter(|recorded| !recorded.call.reads())
}

async fn record_all(calls: impl Iterator<Item = (String, Canonical, &str)>) -> Vec<Recorded> {
    let mut recording = Vec::new();
    for (name, call, query) in calls {
        recording.push(record(name, call, query).await);
    }
    recording
}

pub async fn record(name: String, call: Canonical, query: &str) -> Recorded {
    let mut used = BTreeSet::new();
    if !call.reads() && !call.signed() {
        // In a world of its own: a trial takes ids.
        let world = World::without_policies().await;
        call.call(&world, "validateOnly=true").send().await.ok();
        used.extend(world.fault_proxy().used().remove(call.operation).unwrap_or_default());
    }
    let world = World::without_policies().await;
    world.fault_proxy().take_tokens();
    let reply = call.call(&world, query).send().await;
    assert!((200..300).contains(&reply.status), "{name}: {}", reply.body);
    used.extend(world.fault_proxy().used().remove(call.operation).unwrap_or_default());
    let cost = world.fault_proxy().take_costs()[call.operation].clone();
    let conditions = world.fault_proxy().conditions();
    let transactions = world.fault_proxy().take_tokens().len();
    let keys = world.contents().await.into_keys().collect();
    Recorded { name, call, reply, cost, used, keys, transactions, conditions }
}

/// A published payload, handed to its function unchanged, is answered as the call over HTTP is: what Lambda receives is
/// what the tests send.
#[tokio::test(flavor = "multi_thread")]
async fn published_payload_is_answered_like_the_http_call() {
    for Recorded { call, reply, .. } in canonical_calls().await {
        let world = World::demo().await;
        let payload = call.payload.to_string();
        let invoked =
            world.post(&format!("/_local/invoke/{}", call.operation)).bytes(payload.as_bytes()).send().await;
        assert_eq!(invoked.body["statusCode"], reply.status, "{}: {}", call.id, invoked.body);
        let body: Value = serde_json::from_str(invoked.body["body"].as_str().unwrap()).unwrap();
        assert_eq!(body, reply.body, "{}", call.id);
    }
}
