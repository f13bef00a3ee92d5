//! Canonical calls and further calls of the budget table, each made once per process for all tests that
//! examine their effects: budgets, the template's policies, the OpenAPI document, the published
//! payloads, the injected failures.

use std::collections::{BTreeMap, BTreeSet};

use local_stack::demo;
use local_stack::fault_proxy::{Action, Cost};
use serde_json::Value;
use system::canonical::{self, Canonical};
use system::{Call, Reply, World};
use tokio::sync::OnceCell;

/// A call and its effects in a demo world of its own, where no policy restricts its function.
pub struct Recorded {
    /// Name in the budget table.
    pub name: String,
    pub call: Canonical,
    pub reply: Reply,
    pub cost: Cost,
    /// Actions of its function at the store, including those of `validateOnly`,
    /// which needs `ConditionCheckItem`.
    pub used: BTreeSet<Action>,
    /// Keys of all items in the table after the call.
    pub keys: Vec<(String, String)>,
    /// Number of transactions that it sent.
    pub transactions: usize,
    /// Keys of the items on which these transactions had conditions.
    pub conditions: BTreeSet<(String, String)>,
}

/// Returns the canonical call of every route.
pub async fn canonical_calls() -> &'static [Recorded] {
    static RECORDING: OnceCell<Vec<Recorded>> = OnceCell::const_new();
    let calls = || canonical::all().into_iter().map(|call| (format!("`{}`", call.id), call, ""));
    RECORDING.get_or_init(|| record_all(calls())).await
}

/// Returns the calls of the budget table that perform actions at the store that no canonical call performs.
pub async fn further_calls() -> &'static [Recorded] {
    static RECORDING: OnceCell<Vec<Recorded>> = OnceCell::const_new();
    let calls = || canonical::further().into_iter().map(|(call, name, query)| (name, call, query));
    RECORDING.get_or_init(|| record_all(calls())).await
}

/// Returns the canonical calls that write.
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
        // In a separate world, because `validateOnly` uses up ids.
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

/// Returns refusals of a call, by their status: each time one thing about the call is wrong.
pub async fn refusals(call: &Canonical) -> BTreeMap<u16, Value> {
    let world = World::demo().await;
    fn with_id(call: Call<'_>) -> Call<'_> {
        call.header("x-request-id", "JKJaXmPLvHcESHA")
    }
    let mut attempts = vec![with_id(call.call(&world, "colour=red")), with_id(call.anonymous(&world, ""))];
    if call.signed() {
        attempts = vec![with_id(call.call(&world, "").without("webhook-signature"))];
    }
    if !call.open() {
        let people = demo::people(&demo::ids()).into_iter();
        attempts.extend(people.map(|(name, _)| with_id(call.tried_by(&world, Some(&world.token(name))))));
    }
    if !call.reads() && !call.signed() {
        attempts
            .push(with_id(call.call(&world, "").without("content-type").header("content-type", "text/html")));
        attempts.push(with_id(call.call(&world, "").without("if-match").header("if-match", "\"1000\"")));
    }
    let mut refusals = BTreeMap::new();
    for attempt in attempts {
        let reply = attempt.send().await;
        if (400..500).contains(&reply.status) {
            refusals.entry(reply.status).or_insert(reply.body);
        }
    }
    refusals
}

/// A published payload, passed to its function unchanged, has the same answer as the call over HTTP. So the
/// tests send what Lambda receives.
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
