//! Proxy between the SDK and the store. It measures the cost of each call, denies a function what its policy does not
//! allow, and on demand fails as the real service does and the embedded one never would.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Notify;

/// Failure of the store, or of the connection to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InjectedFailure {
    /// A concurrent transaction works on the same items: nothing is written.
    Conflict,
    /// Too many requests at once: nothing is written.
    Throttled,
    /// The connection breaks before the request arrives.
    ResetBefore,
    /// The connection breaks after the request took effect.
    ResetAfter,
    /// No answer arrives, although the request took effect.
    TimeoutAfter,
    /// The service answers with an error after the request took effect.
    ServerErrorAfter,
    /// The service reports that the same transaction is still in progress.
    InProgress,
}

impl InjectedFailure {
    /// All failures.
    pub const ALL: [Self; 7] = [
        Self::Conflict,
        Self::Throttled,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::TimeoutAfter,
        Self::ServerErrorAfter,
        Self::InProgress,
    ];
}

/// Moment at which a function's process is killed: before or after one of its writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kill {
    /// Before the write is sent.
    Before,
    /// After the write took effect.
    After,
}

/// Action of IAM that a call performed at the store, with the index if it was on one.
pub type Action = (String, Option<String>);

/// Cost of calls.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// Number of calls.
    pub calls: u64,
    /// Number of dependent steps: a request is one step after the last of those that were answered before it was sent.
    pub round_trips: u64,
    /// Number of requests to the store.
    pub requests: u64,
    /// Consumed write units.
    pub write_units: f64,
    /// Consumed read units.
    pub read_units: f64,
}

tokio::task_local! {
    static CALL: Arc<Call>;
}

/// A call of an operation, while it is in progress.
struct Call {
    operation: &'static str,
    progress: Mutex<Progress>,
    killed: Notify,
}

#[derive(Default)]
struct Progress {
    /// Step of the last request that was answered.
    answered: u64,
    cost: Cost,
}

/// Key of an item: its `pk` and its `sk`.
type Place = (String, String);

#[derive(Debug, Default)]
struct State {
    costs: BTreeMap<&'static str, Cost>,
    used: BTreeMap<&'static str, BTreeSet<Action>>,
    allowed: Option<Arc<BTreeMap<String, BTreeSet<Action>>>>,
    denied: Vec<(&'static str, Action)>,
    faults: VecDeque<(&'static str, InjectedFailure)>,
    /// Operations to be killed at one of their next writes, and the number of writes before that one.
    kills: Vec<(&'static str, u32, Kill)>,
    /// Random failures: one in this many writes fails, and the state of the random generator.
    chaos: Option<(u64, u64)>,
    /// Client tokens of the transactions that were sent, in order; `None` until they are first requested.
    tokens: Option<Vec<String>>,
    /// Keys of the items on which these transactions had conditions.
    conditions: BTreeSet<Place>,
    /// Previous states of the items that were written while the indexes are delayed; `None` if they are not.
    late: Option<BTreeMap<Place, Option<Value>>>,
}

/// The proxy. Cheap to clone; clones share all state.
#[derive(Debug, Clone)]
pub struct FaultProxy {
    inner: SharedHttpClient,
    state: Arc<Mutex<State>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl FaultProxy {
    /// Returns a proxy in front of this HTTP client.
    pub fn new(inner: SharedHttpClient) -> Self {
        Self { inner, state: Arc::default() }
    }

    /// Measures the cost of `call` as a call of `operation`. Returns `None` if it was killed.
    pub async fn metered<T>(&self, operation: &'static str, call: impl Future<Output = T>) -> Option<T> {
        let meter = Arc::new(Call { operation, progress: Mutex::default(), killed: Notify::new() });
        let output = tokio::select! {
            output = CALL.scope(meter.clone(), call) => Some(output),
            () = meter.killed.notified() => None,
        };
        let spent = lock(&meter.progress).cost.clone();
        let mut state = lock(&self.state);
        let cost = state.costs.entry(operation).or_default();
        cost.calls += 1;
        cost.round_trips += spent.round_trips;
        cost.requests += spent.requests;
        cost.write_units += spent.write_units;
        cost.read_units += spent.read_units;
        output
    }

    /// Returns the cost of the calls since the last use of this function, by operation.
    pub fn take_costs(&self) -> BTreeMap<&'static str, Cost> {
        std::mem::take(&mut lock(&self.state).costs)
    }

    /// Returns the actions that each operation has performed at the store.
    pub fn used(&self) -> BTreeMap<&'static str, BTreeSet<Action>> {
        lock(&self.state).used.clone()
    }

    /// Returns the client tokens of all transactions that functions sent since the last use of this function, in order.
    pub fn take_tokens(&self) -> Vec<String> {
        let mut state = lock(&self.state);
        state.conditions.clear();
        state.tokens.replace(Vec::new()).unwrap_or_default()
    }

    /// Returns the keys of the items on which transactions had conditions since [`Self::take_tokens`] was last used.
    pub fn conditions(&self) -> BTreeSet<(String, String)> {
        lock(&self.state).conditions.clone()
    }

    /// Allows each operation only these actions from now on; all others are denied, as IAM would.
    pub fn allow_only(&self, allowed: Arc<BTreeMap<String, BTreeSet<Action>>>) {
        lock(&self.state).allowed = Some(allowed);
    }

    /// Returns the actions that were denied since the last use of this function.
    pub fn take_denied(&self) -> Vec<(&'static str, Action)> {
        std::mem::take(&mut lock(&self.state).denied)
    }

    /// Lets the next request for `target` (such as `TransactWriteItems`) meet a failure.
    pub fn inject(&self, target: &'static str, outage: InjectedFailure) {
        lock(&self.state).faults.push_back((target, outage));
    }

    /// Kills the process of `operation` at its next write after so many `others`.
    pub fn kill(&self, operation: &'static str, others: u32, kill: Kill) {
        lock(&self.state).kills.push((operation, others, kill));
    }

    /// Cancels all kills.
    pub fn spare(&self) {
        lock(&self.state).kills.clear();
    }

    /// Returns the moment at which the process that sends this request is killed, if it is.
    fn next_kill(&self, target: &str) -> Option<Kill> {
        let operation = CALL.try_with(|call| call.operation).ok().filter(|_| writes(target))?;
        let mut state = lock(&self.state);
        let next = state.kills.iter().position(|(name, ..)| *name == operation)?;
        match state.kills.get_mut(next)? {
            (_, 0, kill) => {
                let kill = *kill;
                state.kills.remove(next);
                Some(kill)
            }
            (_, others, _) => {
                *others -= 1;
                None
            }
        }
    }

    /// Returns the number of injected failures that no request has met yet.
    pub fn faults_left(&self) -> usize {
        lock(&self.state).faults.len()
    }

    /// Lets one in `one_in` writes meet some failure from now on, the same ones for the same seed; 0 ends this.
    pub fn chaos(&self, one_in: u64, seed: u64) {
        lock(&self.state).chaos = (one_in > 0).then_some((one_in, seed.wrapping_mul(2).wrapping_add(1)));
    }

    /// Delays the indexes, or ends the delay: while delayed, they show written items in their previous state or, to a
    /// query with a filter, not at all.
    pub fn delay_indexes(&self, late: bool) {
        lock(&self.state).late = late.then(BTreeMap::new);
    }

    /// While the indexes are delayed, stores the current state of the items that a request is about to write.
    async fn keep(&self, inner: &SharedHttpConnector, request: &HttpRequest, asked: &Asked) {
        if lock(&self.state).late.is_none() {
            return;
        }
        let sent: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        let all = sent.get("TransactItems").and_then(Value::as_array);
        let parts = all.into_iter().flatten().filter_map(Value::as_object).flatten();
        let parts = parts.filter(|(kind, _)| *kind != "ConditionCheck").map(|(_, part)| part);
        for part in parts.chain(std::iter::once(&sent)) {
            let Some(at) = place(part, "/Item").or_else(|| place(part, "/Key")) else { continue };
            let (Some(mut read), Some(table)) = (request.try_clone(), part.get("TableName")) else {
                continue;
            };
            let key = json!({ "pk": { "S": at.0 }, "sk": { "S": at.1 } });
            let body = json!({ "TableName": table, "Key": key, "ConsistentRead": true }).to_string();
            read.headers_mut().insert("x-amz-target", "DynamoDB_20120810.GetItem");
            read.headers_mut().insert("content-length", body.len().to_string());
            *read.body_mut() = SdkBody::from(body);
            let Ok(mut response) = inner.call(read).await else { continue };
            let Ok(body) = response.take_body().collect().await else { continue };
            let found: Value = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
            if let Some(late) = &mut lock(&self.state).late {
                late.entry(at).or_insert(found.get("Item").cloned());
            }
        }
    }

    /// Returns the answer of a delayed index, with written items in their previous state; `None` if no index is
    /// delayed.
    fn delay(&self, asked: &Asked, answered: &[u8]) -> Option<Value> {
        let state = lock(&self.state);
        let late = state.late.as_ref().filter(|_| asked.index_name.is_some())?;
        let sent: Value = serde_json::from_slice(&asked.body).ok()?;
        let mut answered: Value = serde_json::from_slice(answered).ok()?;
        let of = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).map(str::to_owned);
        let named = |name: &str| of(&sent, &format!("/ExpressionAttributeNames/{name}"));
        let (partition, sort) = named("#partition").zip(named("#sort"))?;
        let sort_of = |item: &Value| of(item, &format!("/{sort}/S"));
        let value = |name: &str| of(&sent, &format!("/ExpressionAttributeValues/{name}/S"));
        let (low, high) = value(":low").zip(value(":high"))?;
        let ascending = sent.get("ScanIndexForward").and_then(Value::as_bool).unwrap_or(true);
        let end = answered.get("LastEvaluatedKey").and_then(sort_of);
        let shown = |item: &&Value| {
            let at = sort_of(item).unwrap_or_default();
            let within = end.as_ref().is_none_or(|end| if ascending { at <= *end } else { at >= *end });
            within
                && of(item, &format!("/{partition}/S")) == value(":partition")
                && (&low..=&high).contains(&&at)
        };
        let old = late.values().flatten().filter(shown).filter(|_| sent.get("FilterExpression").is_none());
        let items = answered.get_mut("Items").and_then(Value::as_array_mut)?;
        items.retain(|item| place(item, "").is_none_or(|at| !late.contains_key(&at)));
        items.extend(old.cloned());
        items.sort_by_key(sort_of);
        if !ascending {
            items.reverse();
        }
        let count = items.len();
        if let Value::Object(map) = &mut answered {
            map.insert("Count".to_owned(), count.into());
        }
        Some(answered)
    }

    fn next_fault(&self, target: &str) -> Option<InjectedFailure> {
        let mut state = lock(&self.state);
        if let Some(position) = state.faults.iter().position(|(wanted, _)| *wanted == target) {
            return state.faults.remove(position).map(|(_, fault)| fault);
        }
        let (one_in, generator) = state.chaos.as_mut().filter(|_| writes(target))?;
        // A linear congruential generator (Knuth's MMIX constants) is random enough for failures.
        *generator =
            generator.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let draw = *generator >> 33;
        let hit = draw.is_multiple_of(*one_in);
        let which = usize::try_from(draw / *one_in).unwrap_or_default() % InjectedFailure::ALL.len();
        InjectedFailure::ALL.get(which).copied().filter(|_| hit)
    }

    /// Records the client token and the conditions of a transaction, once tokens have been requested.
    fn note_transaction(&self, asked: &Asked) {
        let mut state = lock(&self.state);
        let (Some(tokens), Some(token)) = (&mut state.tokens, &asked.client_request_token) else { return };
        tokens.push(token.clone());
        let sent: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        let all = sent.get("TransactItems").and_then(Value::as_array).into_iter().flatten();
        let parts = all.filter_map(Value::as_object).flatten().map(|(_, part)| part);
        let conditional = parts.filter(|part| part.get("ConditionExpression").is_some());
        state
            .conditions
            .extend(conditional.filter_map(|part| place(part, "/Item").or_else(|| place(part, "/Key"))));
    }

    /// Records the actions of a call, and returns one that the policy denies, if any.
    fn note(&self, actions: &BTreeSet<Action>) -> Option<Action> {
        let operation = CALL.try_with(|call| call.operation).ok()?;
        let mut state = lock(&self.state);
        let used = state.used.entry(operation).or_default();
        if !actions.is_subset(used) {
            used.extend(actions.iter().cloned());
        }
        let allowed = state.allowed.as_ref()?.get(operation);
        let mut beyond =
            actions.iter().filter(|action| allowed.is_none_or(|allowed| !allowed.contains(*action)));
        let denied = beyond.next()?.clone();
        state.denied.push((operation, denied.clone()));
        Some(denied)
    }
}

impl HttpClient for FaultProxy {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Connector { inner, fault_proxy: self.clone() })
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    fault_proxy: FaultProxy,
}

impl HttpConnector for Connector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let (inner, fault_proxy) = (self.inner.clone(), self.fault_proxy.clone());
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
            let target = target.rsplit('.').next().unwrap_or_default().to_owned();
            let asked = ask_for_cost(&mut request);
            fault_proxy.note_transaction(&asked);
            if let Some((action, _)) = fault_proxy.note(&actions(&target, &asked)) {
                return refusal(
                    "AccessDeniedException",
                    json!({ "message": format!("no policy allows {action}") }),
                );
            }
            if let Some(kill) = fault_proxy.next_kill(&target) {
                if kill == Kill::After {
                    let _ = forward(&inner, &fault_proxy, request, &asked, &target).await;
                }
                let _ = CALL.try_with(|call| call.killed.notify_one());
                return std::future::pending().await;
            }
            let _under_way = UnderWay::begin();
            match fault_proxy.next_fault(&target) {
                None => forward(&inner, &fault_proxy, request, &asked, &target).await,
                Some(InjectedFailure::Conflict) => conflict(&asked),
                // Only a transaction has a client token by which it can be in progress.
                Some(InjectedFailure::InProgress) if asked.transact_items.is_none() => conflict(&asked),
                Some(InjectedFailure::Throttled) => {
                    refusal("ThrottlingException", json!({ "message": "injected" }))
                }
                Some(InjectedFailure::InProgress) => {
                    refusal("TransactionInProgressException", json!({ "Message": "injected" }))
                }
                Some(InjectedFailure::ResetBefore) => Err(ConnectorError::io("injected reset".into())),
                Some(after) => match (forward(&inner, &fault_proxy, request, &asked, &target).await, after) {
                    (_, InjectedFailure::TimeoutAfter) => {
                        Err(ConnectorError::timeout("injected timeout".into()))
                    }
                    (_, InjectedFailure::ResetAfter) => Err(ConnectorError::io("injected reset".into())),
                    (Ok(_), _) => answer(500, "InternalServerError", json!({ "message": "injected" })),
                    (failed, _) => failed,
                },
            }
        })
    }
}

/// A request in progress, until it is answered or its caller no longer waits.
struct UnderWay {
    step: u64,
}

impl UnderWay {
    fn begin() -> Self {
        let step = CALL.try_with(|call| {
            let mut progress = lock(&call.progress);
            let step = progress.answered + 1;
            progress.cost.requests += 1;
            progress.cost.round_trips = progress.cost.round_trips.max(step);
            step
        });
        Self { step: step.unwrap_or_default() }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let _ = CALL.try_with(|call| {
            let mut progress = lock(&call.progress);
            progress.answered = progress.answered.max(self.step);
        });
    }
}

/// Parts of a request that matter here.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Asked {
    table_name: Option<IgnoredAny>,
    request_items: Option<IgnoredAny>,
    transact_items: Option<Vec<BTreeMap<String, IgnoredAny>>>,
    key_schema: Option<IgnoredAny>,
    index_name: Option<String>,
    client_request_token: Option<String>,
    #[serde(skip)]
    body: Vec<u8>,
}

/// Makes a request ask for its consumed capacity, and returns its parts.
fn ask_for_cost(request: &mut HttpRequest) -> Asked {
    let body = request.body().bytes().unwrap_or_default().to_vec();
    let mut asked: Asked = serde_json::from_slice(&body).unwrap_or_default();
    let costs = asked.table_name.is_some() || asked.request_items.is_some() || asked.transact_items.is_some();
    if let Some(rest) = body.strip_prefix(b"{").filter(|_| costs && asked.key_schema.is_none()) {
        let body = [br#"{"ReturnConsumedCapacity":"TOTAL","#, rest].concat();
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
    }
    asked.body = body;
    asked
}

/// Returns the key of the item that a part of a request or an answer has at a path.
fn place(part: &Value, there: &str) -> Option<Place> {
    let text = |name: &str| part.pointer(&format!("{there}/{name}/S")).and_then(Value::as_str);
    text("pk").zip(text("sk")).map(|(pk, sk)| (pk.to_owned(), sk.to_owned()))
}

/// Returns true if a request writes.
fn writes(target: &str) -> bool {
    ["TransactWriteItems", "PutItem", "BatchWriteItem"].contains(&target)
}

/// Returns the actions that IAM would have to allow for a request.
fn actions(target: &str, asked: &Asked) -> BTreeSet<Action> {
    if target != "TransactWriteItems" {
        return BTreeSet::from([(target.to_owned(), asked.index_name.clone())]);
    }
    let kinds = asked.transact_items.iter().flatten().flat_map(|item| item.keys());
    let action = |kind: &String| match kind.as_str() {
        "ConditionCheck" => "ConditionCheckItem".to_owned(),
        other => format!("{other}Item"),
    };
    kinds.map(|kind| (action(kind), None)).collect()
}

/// Consumed capacity in an answer: of one table, or of several.
#[derive(Default, Deserialize)]
struct Answered {
    #[serde(rename = "ConsumedCapacity", default)]
    consumed: Value,
}

async fn forward(
    inner: &SharedHttpConnector,
    fault_proxy: &FaultProxy,
    request: HttpRequest,
    asked: &Asked,
    target: &str,
) -> Result<HttpResponse, ConnectorError> {
    if writes(target) {
        fault_proxy.keep(inner, &request, asked).await;
    }
    let mut response = inner.call(request).await?;
    let body = response.take_body().collect().await.map_err(ConnectorError::io)?.to_bytes();
    let Answered { consumed } = serde_json::from_slice(&body).unwrap_or_default();
    let tables = consumed.as_array().cloned().unwrap_or_else(|| vec![consumed]);
    let units = |name: &str| -> f64 {
        tables.iter().filter_map(|table| table.get(name)).filter_map(Value::as_f64).sum()
    };
    let _ = CALL.try_with(|call| {
        let cost = &mut lock(&call.progress).cost;
        match target {
            "TransactWriteItems" => {
                // A transaction that is repeated with its client token consumes only read capacity.
                cost.read_units += units("ReadCapacityUnits");
                cost.write_units += units("CapacityUnits") - units("ReadCapacityUnits");
            }
            "PutItem" | "BatchWriteItem" => cost.write_units += units("CapacityUnits"),
            _ => cost.read_units += units("CapacityUnits"),
        }
    });
    *response.body_mut() = match fault_proxy.delay(asked, &body) {
        Some(answered) => SdkBody::from(answered.to_string()),
        None => SdkBody::from(body),
    };
    Ok(response)
}

fn conflict(asked: &Asked) -> Result<HttpResponse, ConnectorError> {
    let Some(count) = asked.transact_items.as_ref().map(Vec::len) else {
        return refusal("TransactionConflictException", json!({ "message": "injected" }));
    };
    let code = |index| if index == 0 { "TransactionConflict" } else { "None" };
    let reasons: Vec<Value> = (0..count).map(|index| json!({ "Code": code(index) })).collect();
    refusal("TransactionCanceledException", json!({ "Message": "injected", "CancellationReasons": reasons }))
}

fn refusal(code: &str, body: Value) -> Result<HttpResponse, ConnectorError> {
    answer(400, code, body)
}

fn answer(status: u16, code: &str, mut body: Value) -> Result<HttpResponse, ConnectorError> {
    if let Value::Object(map) = &mut body {
        map.insert("__type".to_owned(), json!(format!("com.amazonaws.dynamodb.v20120810#{code}")));
    }
    let status = status.try_into().map_err(|_| ConnectorError::io("status".into()))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body.to_string()));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}
