//! What the tests of the whole system share: a world to call, and the proof that a refusal changed nothing.

pub mod canonical;
#[cfg(feature = "deployed")]
pub mod deployed;
pub mod golden;
pub mod payload;
pub mod stock;
pub mod strength;
pub mod template;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};

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

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../functions/src/service/openapi.json")).unwrap()
});

/// The demo world, to be called: in a local stack of its own, its clock standing where the demo world is
/// complete; or in a deployed system (the feature `deployed`), which the tests use one after another.
pub struct World {
    /// Where it is.
    pub url: String,
    /// The SDK's client, to look behind the API.
    pub client: Client,
    /// The table's name.
    pub table: String,
    issuer: Arc<Issuer>,
    stack: Option<Stack>,
    ids: BTreeMap<String, String>,
    /// How many milliseconds its time is ahead of the instant at which the demo world is complete.
    ahead: u64,
    http: HttpClient,
    /// Those that were signed, by whose they are and of when: to sign one takes as long as many a call.
    tokens: Mutex<HashMap<(String, Timestamp), String>>,
    /// How many calls may be under way at once.
    under_way: Semaphore,
    _turn: Option<MutexGuard<'static, ()>>,
}

/// An item of the table.
pub type Item = HashMap<String, AttributeValue>;

/// Items by their key.
pub type Items = BTreeMap<(String, String), Item>;

/// Everything that a table holds.
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

/// Whatever a test looked at: no function tried what its policy does not allow.
impl Drop for World {
    fn drop(&mut self) {
        let denied =
            self.stack.as_ref().map(|stack| stack.shared.fault_proxy.take_denied()).unwrap_or_default();
        assert!(denied.is_empty() || std::thread::panicking(), "no policy allows {denied:?}");
    }
}

impl World {
    /// The demo world. Each function may do at the store only what its policy allows.
    pub async fn demo() -> Self {
        Self::with(standing()).await
    }

    /// The demo world with a clock that runs, and random ids, as a deployed system has them.
    pub async fn running() -> Self {
        Self::with(Options::default()).await
    }

    /// The demo world in a local stack, in which functions may do whatever they do.
    pub async fn without_policies() -> Self {
        Self::local(standing()).await
    }

    /// The demo world in which new ids are random: those of two kinds have nothing in common.
    pub async fn with_random_ids() -> Self {
        Self::with(Options { counted_ids: None, ..standing() }).await
    }

    /// The demo world where another deployment key is configured than the one with which it was made.
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

    /// The demo world in the deployed system that the environment names ([`deployed`]), when it is this test's turn.
    #[cfg(feature = "deployed")]
    pub async fn deployed() -> Self {
        // More would prove no more, and where each call has a process of its own, as on a local AWS, some would starve
        // until their function's time is over.
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

    /// A local stack in which the demo world is, or is not yet.
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

    /// The local stack.
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

    /// The fault_proxy between functions and store.
    #[track_caller]
    pub fn fault_proxy(&self) -> &FaultProxy {
        &self.stack().shared.fault_proxy
    }

    /// From now on one in `one_in` transactions meets some fault.
    pub fn chaos(&self, one_in: u64, seed: u64) {
        self.fault_proxy().chaos(one_in, seed);
    }

    /// The time there.
    pub fn now(&self) -> Timestamp {
        self.stack.as_ref().map_or_else(system_clock, |stack| stack.shared.clock.now())
    }

    /// The time there, in Unix seconds, as signatures have it.
    pub fn seconds(&self) -> i64 {
        self.now().unix_seconds().try_into().unwrap()
    }

    /// An instant of the demo world's time, as far from this world's: what a year was given to there has a year
    /// here, too.
    pub fn moved(&self, time: &str) -> Timestamp {
        moved(time, self.ahead)
    }

    /// The body of an answer without its times, which are all of now.
    #[track_caller]
    pub fn timeless(&self, mut body: Value) -> Value {
        for name in ["createdAt", "updatedAt"] {
            let Some(time) = body.as_object_mut().unwrap().remove(name) else { continue };
            assert_eq!(time, json!(self.now()), "`{name}`");
        }
        body
    }

    /// An id of the demo world.
    pub fn id(&self, name: &str) -> &str {
        self.ids.get(name).unwrap_or_else(|| panic!("the demo world has no `{name}`"))
    }

    /// The text with each `{name}` replaced by that id of the demo world.
    pub fn fill(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
    }

    /// A token for one of the demo world's people.
    pub fn token(&self, who: &str) -> String {
        self.token_of(payload::person(who))
    }

    /// A token for a person as `/_local/token` takes them.
    pub fn token_of(&self, person: Value) -> String {
        self.token_at(person, self.now())
    }

    /// A token that was given at this time.
    pub fn token_at(&self, person: Value, time: Timestamp) -> String {
        let mut tokens = self.tokens.lock().unwrap();
        let sign = |(person, time): &(String, Timestamp)| {
            self.issuer.token(&serde_json::from_str(person).unwrap(), *time)
        };
        tokens.entry((person.to_string(), time)).or_insert_with_key(sign).clone()
    }

    /// A proof as the store hands it to its signed-in buyer, good for so many seconds from now.
    pub fn proof(&self, partner: &str, account: &str, seconds: i64) -> String {
        let expiry = u64::try_from(self.seconds() + seconds).unwrap();
        demo::prove(self.id("secret"), partner, account, expiry).unwrap()
    }

    /// A GET.
    pub fn get(&self, path: &str) -> Call<'_> {
        self.call("GET", path)
    }

    /// A POST.
    pub fn post(&self, path: &str) -> Call<'_> {
        self.call("POST", path)
    }

    /// A PUT.
    pub fn put(&self, path: &str) -> Call<'_> {
        self.call("PUT", path)
    }

    /// A PATCH.
    pub fn patch(&self, path: &str) -> Call<'_> {
        self.call("PATCH", path)
    }

    /// A DELETE.
    pub fn delete(&self, path: &str) -> Call<'_> {
        self.call("DELETE", path)
    }

    /// Any method; the path may name ids of the demo world, such as `{partner}`.
    pub fn call(&self, method: &str, path: &str) -> Call<'_> {
        Call {
            world: self,
            method: method.to_owned(),
            path: self.fill(path),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Everything the table holds, by key. A local stack's is read in the process, in half the time of a
    /// request.
    pub async fn contents(&self) -> BTreeMap<(String, String), String> {
        let Some(stack) = &self.stack else {
            let items = items(&self.client, &self.table).await.into_iter();
            let json = |item| serde_dynamo::from_item::<_, Value>(item).unwrap().to_string();
            return items.map(|(key, item)| (key, json(item))).collect();
        };
        // A test may look again and again until something is there.
        tokio::task::yield_now().await;
        let text = |item: &Value, name: &str| item[name]["S"].as_str().unwrap().to_owned();
        let items = stack.contents().unwrap().into_iter();
        items.map(|item| ((text(&item, "pk"), text(&item, "sk")), item.to_string())).collect()
    }

    /// Expects the table to hold what it held.
    pub async fn assert_unchanged(&self, before: &BTreeMap<(String, String), String>) {
        let now = self.contents().await;
        let keys: BTreeSet<_> = before.keys().chain(now.keys()).collect();
        let changed = keys.into_iter().filter(|key| before.get(*key) != now.get(*key));
        let changed: Vec<_> = changed.map(|key| (key, before.get(key), now.get(key))).collect();
        assert!(changed.is_empty(), "the table changed: {changed:#?}");
    }

    /// A message of the demo world's store, signed now with this secret.
    pub fn message(&self, secret: &str, id: &str, body: &Value) -> Call<'_> {
        let body = body.to_string();
        let signed = demo::sign(secret, id, self.now(), body.as_bytes()).unwrap();
        let call = self.post("/v1/webhooks/{source}").header("content-type", "application/json");
        signed.iter().fold(call, |call, (name, value)| call.header(name, value)).bytes(body.as_bytes())
    }

    /// An order of the demo world's partner, as its store says it.
    pub fn order(&self, id: &str, license_type: &str, quantity: u64) -> Value {
        let lines = json!([{"kind": "license", "sku": license_type, "quantity": quantity}]);
        let data = json!({"orderId": id, "storeAccount": "ec-4711", "lines": lines});
        json!({"type": "order.placed", "timestamp": self.now(), "data": data})
    }

    /// The pool of a license type as a partner's member sees it: purchased, available, assigned.
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

/// The demo world as a snapshot. The operations make it once per process; each test starts from a copy.
static DEMO: OnceCell<PathBuf> = OnceCell::const_new();

/// Writes the snapshot beside the executable, which is writable and goes with `cargo clean`. A concurrent process of
/// the same executable writes an equal world; renaming lets neither read half a file.
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
    /// With the token of one of the demo world's people.
    pub fn by(self, who: &str) -> Self {
        let token = self.world.token(who);
        self.token(&token)
    }

    /// With this token.
    pub fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without a header.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// With an idempotency key.
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// With a JSON body; its texts may name ids of the demo world, and until when it gives or asks is of the demo
    /// world's time.
    pub fn json(self, mut body: Value) -> Self {
        if let Some(Value::String(time)) = body.get_mut("expiresAt")
            && time.parse::<Timestamp>().is_ok()
        {
            *time = self.world.moved(time).to_string();
        }
        let body = self.world.fill(&body.to_string());
        self.header("content-type", "application/json").bytes(body.as_bytes())
    }

    /// With these bytes as body.
    pub fn bytes(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    /// Sends it. Whatever comes back is as the API's description says.
    pub async fn send(self) -> Reply {
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
        let reply = Reply { status: parts.status.as_u16(), headers: parts.headers, body, bytes };
        if !golden::updating() {
            reply.conforms(&self.method, &self.path);
        }
        reply
    }

    /// Sends it until the answer is another than to try again.
    pub async fn decided(self) -> Reply {
        loop {
            let reply = self.clone().send().await;
            if reply.status != 503 {
                return reply;
            }
        }
    }

    /// Sends it, expects this refusal, and the table as it was.
    pub async fn assert_rejected(self, status: u16, code: &str) -> Reply {
        let world = self.world;
        let before = world.contents().await;
        let reply = self.send().await;
        assert_eq!((reply.status, reply.code()), (status, code), "{}", reply.body);
        world.assert_unchanged(&before).await;
        reply
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body as JSON; null if it is none.
    pub body: Value,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl Reply {
    /// The body of a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.body);
        self.body
    }

    /// A problem's code.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// A problem's faults: where, and their codes, in the order of places.
    pub fn faults(&self) -> Vec<(String, String)> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let place = |error: &Value| text(&error["pointer"]).or(text(&error["parameter"])).unwrap();
        let mut faults: Vec<_> = errors.iter().map(|e| (place(e), text(&e["code"]).unwrap())).collect();
        faults.sort();
        faults
    }

    /// Holds the reply against the API's description: status, headers, and of refusals by state and rule, code.
    fn conforms(&self, method: &str, path: &str) {
        let path = path.split('?').next().unwrap();
        let matches = |template: &str| {
            let (template, path): (Vec<_>, Vec<_>) =
                (template.split('/').collect(), path.split('/').collect());
            let same = |(wanted, given): (&&str, &&str)| wanted.starts_with('{') || wanted == given;
            template.len() == path.len() && template.iter().zip(&path).all(same)
        };
        let paths = DOCUMENT["paths"].as_object().unwrap();
        let Some((_, item)) = paths.iter().find(|(template, _)| matches(template)) else {
            return;
        };
        let operation = &item[method.to_lowercase()];
        if operation.is_null() {
            return;
        }
        let documented = &operation["responses"][self.status.to_string()];
        assert!(!documented.is_null(), "{method} {path}: {} is not described: {}", self.status, self.body);
        for (sent, name) in [("etag", "ETag"), ("location", "Location"), ("link", "Link")] {
            let described = documented["headers"][name].is_object();
            assert!(self.header(sent).is_none() || described, "{method} {path}: `{name}` is not described");
        }
        if [409, 422].contains(&self.status) {
            let about = documented["description"].as_str().unwrap();
            let code = format!("`{}`", self.code());
            assert!(about.contains(&code), "{method} {path}: {code} is not described");
        }
        if self.status >= 400 && self.header("content-type") == Some("application/problem+json") {
            for name in ["type", "title", "detail", "instance", "code"] {
                assert!(self.body[name].is_string(), "{method} {path}: no `{name}` in {}", self.body);
            }
            assert_eq!(self.body["status"], json!(self.status));
        }
    }
}
