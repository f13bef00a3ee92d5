//! Harness of the system tests: a world to call, and the check that a rejected call changed nothing.

pub mod answers;
pub mod canonical;
mod conformance;
#[cfg(feature = "deployed")]
pub mod deployed;
pub mod golden;
pub mod payload;
pub mod stock;
pub mod strength;
pub mod template;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use api_runtime::lambda::system_clock;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::Timestamp;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use local_stack::fault_proxy::FaultProxy;
use local_stack::issuer::Issuer;
use local_stack::{Options, Stack, demo};
use serde_json::{Value, json};
use tokio::sync::{MutexGuard, OnceCell, Semaphore};

type Body = Full<std::io::Cursor<Vec<u8>>>;
type HttpClient = hyper_util::client::legacy::Client<Connector, Body>;
/// The local stack is reached without TLS, so that it needs no certificates.
#[cfg(not(feature = "deployed"))]
type Connector = HttpConnector;
#[cfg(feature = "deployed")]
type Connector = hyper_rustls::HttpsConnector<HttpConnector>;

/// The demo world, ready to be called: in a local stack of its own, whose clock is stopped when the demo world is
/// complete, or in a deployed system (feature `deployed`), which the tests use one after another.
pub struct World {
    /// URL of the API.
    pub url: String,
    /// SDK client of the table, for access behind the API.
    pub client: Client,
    /// Name of the table.
    pub table: String,
    issuer: Arc<Issuer>,
    stack: Option<Stack>,
    ids: BTreeMap<String, String>,
    /// Milliseconds by which the world's time is ahead of the time at which the demo world is complete.
    ahead: u64,
    http: HttpClient,
    /// Signed tokens by person and time, because signing one takes as long as many calls.
    tokens: Mutex<HashMap<(String, Timestamp), String>>,
    /// Limit of concurrent calls.
    under_way: Semaphore,
    _turn: Option<MutexGuard<'static, ()>>,
}

/// An item of the table.
pub type Item = HashMap<String, AttributeValue>;

/// Items by key.
pub type Items = BTreeMap<(String, String), Item>;

/// Returns all items of a table.
pub async fn items(client: &Client, table: &str) -> Items {
    let mut items = Items::new();
    let mut from = None;
    loop {
        let scan = client.scan().table_name(table).consistent_read(true).set_exclusive_start_key(from);
        let page = scan.send().await.unwrap();
        for item in page.items() {
            let text = |name: &str| item[name].as_s().unwrap().clone();
            items.insert((text("pk"), text("sk")), item.clone());
        }
        from = page.last_evaluated_key;
        if from.is_none() {
            return items;
        }
    }
}

/// Every test also checks that no function tried an action that its policy does not allow.
impl Drop for World {
    fn drop(&mut self) {
        let denied =
            self.stack.as_ref().map(|stack| stack.shared.fault_proxy.take_denied()).unwrap_or_default();
        assert!(denied.is_empty() || std::thread::panicking(), "no policy allows {denied:?}");
    }
}

impl World {
    /// Returns the demo world. Each function may perform only the actions at the store that its policy allows.
    pub async fn demo() -> Self {
        Self::with(standing()).await
    }

    /// Returns the demo world with a running clock and random ids, like a deployed system.
    pub async fn running() -> Self {
        Self::with(Options::default()).await
    }

    /// Returns the demo world in a local stack in which functions may perform any action.
    pub async fn without_policies() -> Self {
        Self::local(standing()).await
    }

    /// Returns the demo world with random new ids, so that ids of two kinds have nothing in common.
    pub async fn with_random_ids() -> Self {
        Self::with(Options { counted_ids: None, ..standing() }).await
    }

    /// Returns the demo world with another deployment key than the one with which it was created.
    pub async fn with_deployment_key(key: &str) -> Self {
        Self::with(Options { deployment_key: Some(key.to_owned()), ..standing() }).await
    }

    async fn with(options: Options) -> Self {
        let world = Self::local(options).await;
        if !golden::updating() {
            world.fault_proxy().allow_only(template::POLICIES.clone());
        }
        world
    }

    async fn local(options: Options) -> Self {
        let snapshot = DEMO.get_or_init(make_demo).await.clone();
        Self::around(Stack::start(Options { snapshot: Some(snapshot), ..options }).await.unwrap())
    }

    /// Returns the demo world in the deployed system that the environment describes ([`deployed`]), when it is this
    /// test's turn.
    #[cfg(feature = "deployed")]
    pub async fn deployed() -> Self {
        // More would prove no more. On a local AWS, where each call has its own process, some calls would not be
        // finished before the timeout of their function.
        const AT_ONCE: usize = 8;
        let (deployed, client, turn) = deployed::Deployed::take_turn().await;
        Self {
            url: deployed.url.clone(),
            client,
            table: deployed.table.clone(),
            issuer: deployed.issuer.clone(),
            stack: None,
            ids: texts(&deployed.ids),
            ahead: deployed.ahead,
            http: http_client(),
            tokens: Mutex::default(),
            under_way: Semaphore::new(AT_ONCE),
            _turn: Some(turn),
        }
    }

    /// Brings the deployed system's table back to the demo world.
    #[cfg(feature = "deployed")]
    pub async fn reset(&self) {
        deployed::Deployed::get().await.reset(&self.client).await;
    }

    /// Returns a world around a local stack, whether or not the demo world is loaded.
    pub fn around(stack: Stack) -> Self {
        Self {
            url: stack.url.clone(),
            client: stack.client.clone(),
            table: local_stack::store::TABLE.to_owned(),
            issuer: stack.shared.issuer.clone(),
            stack: Some(stack),
            ids: texts(&demo::ids()),
            ahead: 0,
            http: http_client(),
            tokens: Mutex::default(),
            under_way: Semaphore::new(Semaphore::MAX_PERMITS),
            _turn: None,
        }
    }

    /// Returns the local stack.
    #[track_caller]
    pub fn stack(&self) -> &Stack {
        self.stack.as_ref().expect("a deployed system has no local stack")
    }

    /// Stops the local stack.
    pub async fn stop(mut self) {
        if let Some(stack) = self.stack.take() {
            stack.stop().await;
        }
    }

    /// Returns the proxy between the functions and the store.
    #[track_caller]
    pub fn fault_proxy(&self) -> &FaultProxy {
        &self.stack().shared.fault_proxy
    }

    /// Lets one in `one_in` writes meet some failure from now on.
    pub fn chaos(&self, one_in: u64, seed: u64) {
        self.fault_proxy().chaos(one_in, seed);
    }

    /// Returns the time of the world.
    pub fn now(&self) -> Timestamp {
        self.stack.as_ref().map_or_else(system_clock, |stack| stack.shared.clock.now())
    }

    /// Returns the time of the world in Unix seconds, as signatures use it.
    pub fn seconds(&self) -> i64 {
        self.now().unix_seconds().try_into().unwrap()
    }

    /// Moves a time of the demo world to this world's time: if it is a year ahead there, it is a year ahead here, too.
    pub fn moved(&self, time: &str) -> Timestamp {
        moved(time, self.ahead)
    }

    /// Returns the body of an answer without `createdAt` and `updatedAt`, which must be the current time.
    #[track_caller]
    pub fn timeless(&self, mut body: Value) -> Value {
        for name in ["createdAt", "updatedAt"] {
            let Some(time) = body.as_object_mut().unwrap().remove(name) else { continue };
            assert_eq!(time, json!(self.now()), "`{name}`");
        }
        body
    }

    /// Returns an id of the demo world.
    pub fn id(&self, name: &str) -> &str {
        self.ids.get(name).unwrap_or_else(|| panic!("the demo world has no `{name}`"))
    }

    /// Returns the text with each `{name}` replaced by that id of the demo world.
    pub fn fill(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
    }

    /// Returns a token for a person of the demo world.
    pub fn token(&self, who: &str) -> String {
        self.token_of(payload::person(who))
    }

    /// Returns a token for a person in the form that `/_local/token` takes.
    pub fn token_of(&self, person: Value) -> String {
        self.token_at(person, self.now())
    }

    /// Returns a token that was issued at this time.
    pub fn token_at(&self, person: Value, time: Timestamp) -> String {
        let mut tokens = self.tokens.lock().unwrap();
        let sign = |(person, time): &(String, Timestamp)| {
            self.issuer.token(&serde_json::from_str(person).unwrap(), *time)
        };
        tokens.entry((person.to_string(), time)).or_insert_with_key(sign).clone()
    }

    /// Returns a proof as the store gives it to its signed-in buyer, valid for this many seconds from now on.
    pub fn proof(&self, partner: &str, account: &str, seconds: i64) -> String {
        let expiry = u64::try_from(self.seconds() + seconds).unwrap();
        demo::prove(self.id("secret"), partner, account, expiry).unwrap()
    }

    /// Prepares a GET.
    pub fn get(&self, path: &str) -> Call<'_> {
        self.call("GET", path)
    }

    /// Prepares a POST.
    pub fn post(&self, path: &str) -> Call<'_> {
        self.call("POST", path)
    }

    /// Prepares a PUT.
    pub fn put(&self, path: &str) -> Call<'_> {
        self.call("PUT", path)
    }

    /// Prepares a PATCH.
    pub fn patch(&self, path: &str) -> Call<'_> {
        self.call("PATCH", path)
    }

    /// Prepares a DELETE.
    pub fn delete(&self, path: &str) -> Call<'_> {
        self.call("DELETE", path)
    }

    /// Prepares a call with any method. The path may contain ids of the demo world, such as `{partner}`.
    pub fn call(&self, method: &str, path: &str) -> Call<'_> {
        Call {
            world: self,
            method: method.to_owned(),
            path: self.fill(path),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Returns all items of the table, by key. The items of a local stack are read within the process, in half the time
    /// of a request.
    pub async fn contents(&self) -> BTreeMap<(String, String), String> {
        let Some(stack) = &self.stack else {
            let items = items(&self.client, &self.table).await.into_iter();
            let json = |item| serde_dynamo::from_item::<_, Value>(item).unwrap().to_string();
            return items.map(|(key, item)| (key, json(item))).collect();
        };
        // A test may call this in a loop until something appears, so it must let other tasks run.
        tokio::task::yield_now().await;
        let text = |item: &Value, name: &str| item[name]["S"].as_str().unwrap().to_owned();
        let items = stack.contents().unwrap().into_iter();
        items.map(|item| ((text(&item, "pk"), text(&item, "sk")), item.to_string())).collect()
    }

    /// Asserts that the table has not changed.
    pub async fn assert_unchanged(&self, before: &BTreeMap<(String, String), String>) {
        let now = self.contents().await;
        let keys: BTreeSet<_> = before.keys().chain(now.keys()).collect();
        let changed = keys.into_iter().filter(|key| before.get(*key) != now.get(*key));
        let changed: Vec<_> = changed.map(|key| (key, before.get(key), now.get(key))).collect();
        assert!(changed.is_empty(), "the table changed: {changed:#?}");
    }

    /// Prepares a message of the demo world's store, signed with this secret at the current time.
    pub fn message(&self, secret: &str, id: &str, body: &Value) -> Call<'_> {
        let body = body.to_string();
        let signed = demo::sign(secret, id, self.now(), body.as_bytes()).unwrap();
        let call = self.post("/v1/webhooks/{source}").header("content-type", "application/json");
        signed.iter().fold(call, |call, (name, value)| call.header(name, value)).bytes(body.as_bytes())
    }

    /// Returns an order of the demo world's partner, as the store sends it.
    pub fn order(&self, id: &str, license_type: &str, quantity: u64) -> Value {
        let lines = json!([{"kind": "license", "sku": license_type, "quantity": quantity}]);
        let data = json!({"orderId": id, "storeAccount": "ec-4711", "lines": lines});
        json!({"type": "order.placed", "timestamp": self.now(), "data": data})
    }

    /// Returns a partner's pool of a license type, as a member sees it: purchased, available, assigned.
    pub async fn pool(&self, who: &str, partner: &str, license_type: &str) -> (u64, u64, u64) {
        let pools = self.get(&format!("/v1/partners/{{{partner}}}/license-pools")).by(who).send().await.ok();
        let items = pools["items"].as_array().unwrap().iter();
        let pool = items.clone().find(|item| item["licenseType"] == license_type);
        pool.map_or((0, 0, 0), |pool| {
            let number = |name: &str| pool[name].as_u64().unwrap();
            (number("purchased"), number("available"), number("assigned"))
        })
    }
}

/// Snapshot of the demo world. The operations create it once per process; each test starts from a copy.
static DEMO: OnceCell<PathBuf> = OnceCell::const_new();

/// Writes the snapshot next to the executable, where it is writable and `cargo clean` removes it. A concurrent process
/// of the same executable writes an equal world; renaming keeps each from reading half a file.
async fn make_demo() -> PathBuf {
    let stack = Stack::start(Options::default()).await.unwrap();
    demo::load(&stack.shared).await.unwrap();
    let snapshot = std::env::current_exe().unwrap().with_extension("demo");
    let written = snapshot.with_extension(format!("demo-{}", std::process::id()));
    let _ = std::fs::remove_file(&written);
    stack.snapshot(&written).unwrap();
    std::fs::rename(&written, &snapshot).unwrap();
    stack.stop().await;
    snapshot
}

fn standing() -> Options {
    let stopped_at = Some(demo::COMPLETE.parse().unwrap());
    Options { stopped_at, counted_ids: Some(1000), ..Options::default() }
}

fn moved(time: &str, ahead: u64) -> Timestamp {
    Timestamp::from_unix_millis(time.parse::<Timestamp>().unwrap().unix_millis() + ahead)
}

fn texts(ids: &Value) -> BTreeMap<String, String> {
    let ids = ids.as_object().unwrap().iter();
    ids.map(|(name, id)| (name.clone(), id.as_str().unwrap().to_owned())).collect()
}

fn http_client() -> HttpClient {
    #[cfg(not(feature = "deployed"))]
    let connector = HttpConnector::new();
    #[cfg(feature = "deployed")]
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
        .expect("certificates of this machine")
        .https_or_http()
        .enable_http1()
        .build();
    hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector)
}

/// A request to be sent.
#[derive(Clone)]
pub struct Call<'a> {
    world: &'a World,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Call<'_> {
    /// Adds the token of a person of the demo world.
    pub fn by(self, who: &str) -> Self {
        let token = self.world.token(who);
        self.token(&token)
    }

    /// Adds this token.
    pub fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Removes a header.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// Adds an idempotency key.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Sets a JSON body. Its texts may contain ids of the demo world, and its `expiresAt` is a time of the demo world.
    pub fn json(self, mut body: Value) -> Self {
        if let Some(Value::String(time)) = body.get_mut("expiresAt")
            && time.parse::<Timestamp>().is_ok()
        {
            *time = self.world.moved(time).to_string();
        }
        let body = self.world.fill(&body.to_string());
        self.header("content-type", "application/json").bytes(body.as_bytes())
    }

    /// Sets these bytes as the body.
    pub fn bytes(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    /// Sends the request, and asserts that the answer, and the request if it succeeds, are as the API's description
    /// says.
    pub async fn send(self) -> Reply {
        let reply = self.clone().send_undescribed().await;
        if golden::updating() {
            if let Some(id) = conformance::operation_id(&self.method, &self.path) {
                answers::record(id, reply.status, &reply.body);
            }
        } else {
            let Self { method, path, headers, body, .. } = &self;
            conformance::assert_described(&conformance::Sent { method, path, headers, body }, &reply);
        }
        reply
    }

    /// Sends the request, without comparing anything with the API's description.
    pub async fn send_undescribed(self) -> Reply {
        let _under_way = self.world.under_way.acquire().await.unwrap();
        let mut request = http::Request::builder()
            .method(self.method.as_str())
            .uri(format!("{}{}", self.world.url, self.path));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(std::io::Cursor::new(self.body))).unwrap();
        let response = self.world.http.request(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Reply { status: parts.status.as_u16(), headers: parts.headers, body, bytes }
    }

    /// Sends the request until the answer is not 503.
    pub async fn decided(self) -> Reply {
        loop {
            let reply = self.clone().send().await;
            if reply.status != 503 {
                return reply;
            }
        }
    }

    /// Sends the request, and asserts that it is rejected with this status and code and that the table has not changed.
    pub async fn assert_rejected(self, status: u16, code: &str) -> Reply {
        let world = self.world;
        let before = world.contents().await;
        let reply = self.send().await;
        assert_eq!((reply.status, reply.code()), (status, code), "{}", reply.body);
        world.assert_unchanged(&before).await;
        reply
    }
}

/// Answer to a request.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: http::HeaderMap,
    /// Body as JSON; null if it is not JSON.
    pub body: Value,
    /// Body as received.
    pub bytes: Vec<u8>,
}

impl Reply {
    /// Asserts that the call succeeded, and returns the body.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.body);
        self.body
    }

    /// Returns the code of a problem; empty if the answer is not a problem.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Returns the value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Returns the version in the `ETag`.
    pub fn version(&self) -> Option<u64> {
        let number = self.header("etag")?.trim_matches('"').split('.').next()?.parse();
        Some(number.unwrap())
    }

    /// Returns the places and the codes of a problem's faults, sorted by place.
    pub fn faults(&self) -> Vec<(String, String)> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let place = |error: &Value| text(&error["pointer"]).or(text(&error["parameter"])).unwrap();
        let mut faults: Vec<_> = errors.iter().map(|e| (place(e), text(&e["code"]).unwrap())).collect();
        faults.sort();
        faults
    }
}
