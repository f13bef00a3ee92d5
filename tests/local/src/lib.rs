//! The whole system in one process: the gateway, all functions, the embedded DynamoDB, a token issuer and a clock that
//! can be set. It uses one port, on loopback only.

pub mod clock;
pub mod control;
pub mod cors;
pub mod demo;
mod error;
pub mod fault_proxy;
pub mod gateway;
pub mod issuer;
pub mod store;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use api_runtime::lambda::system_clock;
use api_runtime::table::{Table, client};
use api_runtime::{Environment, Size};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Region;
use axum::body::Body;
use axum::extract::State;
use domain::{DeploymentKey, Ids, Timestamp};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use clock::Clock;
pub use error::Error;
use fault_proxy::FaultProxy;
use gateway::{Gateway, Request, Response};
use issuer::{CLAIM_PREFIX, Issuer};

/// This key is published: the webhook secrets of the local stack protect nothing.
const DEPLOYMENT_KEY: &str = "local";

/// Options of a stack.
#[derive(Debug, Default)]
pub struct Options {
    /// Port of the gateway; 0 is any free port.
    pub port: u16,
    /// URL of another DynamoDB; `None` uses the embedded one.
    pub store_url: Option<String>,
    /// File in which the embedded DynamoDB stores its data; `None` keeps the data in memory.
    pub file: Option<PathBuf>,
    /// Snapshot ([`Stack::snapshot`]) that replaces the data of the embedded DynamoDB at the start.
    pub snapshot: Option<PathBuf>,
    /// Time at which the clock is stopped; `None` lets it run from the current time on.
    pub stopped_at: Option<Timestamp>,
    /// First number of counted ids; `None` generates random ids.
    pub counted_ids: Option<u64>,
    /// Deployment key; `None` is the published one.
    pub deployment_key: Option<String>,
    /// Whether the log leaves out who calls.
    pub hides_callers: bool,
    /// Web origins that may call the API from a browser.
    pub cors_origins: Vec<String>,
}

/// State that all requests share.
pub struct Shared {
    /// Clock of the stack.
    pub clock: Arc<Clock>,
    /// Token issuer.
    pub issuer: Arc<Issuer>,
    /// Proxy in front of the store.
    pub fault_proxy: FaultProxy,
    /// Gateway with all functions.
    pub gateway: Gateway,
    client: Client,
    table: Table,
    key: DeploymentKey,
}

impl Shared {
    /// Returns a gateway with the same functions and table, but another clock and other ids.
    fn gateway_at(&self, clock: Arc<Clock>, ids: Ids) -> Gateway {
        let environment = environment(self.table.clone(), self.key.clone(), clock, ids, true);
        Gateway::new(environment, self.issuer.clone(), self.fault_proxy.clone(), Vec::new())
    }

    /// Deletes all data.
    pub(crate) async fn reset(&self) -> Result<(), Error> {
        let deleted = self.client.delete_table().table_name(store::TABLE).send().await;
        deleted.map_err(|error| format!("the table could not be deleted: {}", store::root_cause(&error)))?;
        // Another DynamoDB than the embedded one takes a moment.
        while self.client.describe_table().table_name(store::TABLE).send().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        store::make_table(&self.client).await
    }
}

fn environment(
    table: Table,
    key: DeploymentKey,
    clock: Arc<Clock>,
    ids: Ids,
    logs_callers: bool,
) -> Arc<Environment> {
    Arc::new(Environment {
        table,
        key: Some(key),
        clock: Arc::new(move || clock.now()),
        ids,
        claim_prefix: CLAIM_PREFIX.to_owned(),
        logs_callers,
    })
}

/// A running stack.
pub struct Stack {
    /// URL of the gateway.
    pub url: String,
    /// URL of the store.
    pub store_url: String,
    /// State that all requests share.
    pub shared: Arc<Shared>,
    /// SDK client of the store, for access behind the API.
    pub client: Client,
    gateway: Served,
    store: Option<Store>,
}

/// The running embedded DynamoDB.
struct Store {
    database: dynoxide::Database,
    served: Served,
}

/// A running server that can be stopped.
struct Served {
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Served {
    /// Stops the server after the requests in progress. It does not wait for a client that has sent only part of a
    /// request.
    async fn stop(self) {
        const PATIENCE: Duration = Duration::from_secs(Size::USUAL.seconds + 1);
        let _ = self.stop.send(true);
        let _ = tokio::time::timeout(PATIENCE, self.serving).await;
    }
}

impl Stack {
    /// Starts a stack.
    ///
    /// # Errors
    ///
    /// Fails if the port is taken or the data cannot be opened.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await;
        let listener = listener.map_err(|error| {
            format!("could not listen on port {}: {error}; PORT=0 takes any free port", options.port)
        })?;
        let url = format!("http://{}", listener.local_addr()?);
        let (store_url, store) = match options.store_url {
            Some(url) => (url, None),
            None => {
                let database = store::open(options.file.as_deref(), options.snapshot.as_deref())?;
                let (stop, stopped) = watch::channel(false);
                let (url, serving) = store::serve(database.clone(), stopped).await?;
                (url, Some(Store { database, served: Served { stop, serving } }))
            }
        };
        let fault_proxy = FaultProxy::new(client::http_client(Some(&store_url), true));
        let config = client::settings()
            .http_client(fault_proxy.clone())
            .endpoint_url(&store_url)
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"));
        let client = Client::from_conf(config.build());
        if options.snapshot.is_none() {
            let made = store::make_table(&client).await;
            made.map_err(|error| format!("the DynamoDB at {store_url} does not answer: {error}"))?;
        }

        let clock = Arc::new(match options.stopped_at {
            Some(instant) => Clock::stopped(instant),
            None => Clock::running(system_clock()),
        });
        let issuer = Arc::new(Issuer::new(&url)?);
        let table = Table::new(client.clone(), store::TABLE);
        let ids = options.counted_ids.map_or_else(Ids::random, Ids::counted_from);
        let key: DeploymentKey = options.deployment_key.as_deref().unwrap_or(DEPLOYMENT_KEY).parse()?;
        let environment = environment(table.clone(), key.clone(), clock.clone(), ids, !options.hides_callers);
        let gateway = Gateway::new(environment, issuer.clone(), fault_proxy.clone(), options.cors_origins);
        let shared =
            Arc::new(Shared { clock, issuer, fault_proxy, gateway, client: client.clone(), table, key });

        let router = axum::Router::new().fallback(serve).with_state(shared.clone());
        let (stop, mut stopped) = watch::channel(false);
        let serving = tokio::spawn(async move {
            let stopped = async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            let _ = axum::serve(listener, router).with_graceful_shutdown(stopped).await;
        });
        let gateway = Served { stop, serving };
        Ok(Self { url, store_url, shared, client, gateway, store })
    }

    /// Writes all data of the embedded store to a file, from which other stacks can start.
    ///
    /// # Errors
    ///
    /// Fails if the store is not the embedded one, or if the file exists or cannot be written.
    pub fn snapshot(&self, file: &Path) -> Result<(), Error> {
        let store = self.store.as_ref().ok_or("only the embedded store writes snapshots")?;
        Ok(store.database.vacuum_into(&file.to_string_lossy())?)
    }

    /// Returns all items of the embedded store's table, as JSON with DynamoDB's types, without sending a request.
    ///
    /// # Errors
    ///
    /// Fails if the store is not the embedded one or cannot be read.
    pub fn contents(&self) -> Result<Vec<serde_json::Value>, Error> {
        let store = self.store.as_ref().ok_or("only the embedded store is read without a request")?;
        store::contents(&store.database)
    }

    /// Stops the stack after the requests in progress. The store is stopped last, because the requests need it.
    pub async fn stop(self) {
        let Self { gateway, store, shared, client, .. } = self;
        gateway.stop().await;
        drop((shared, client));
        if let Some(store) = store {
            store.served.stop().await;
        }
    }
}

/// API Gateway's limit for the body of a request, in bytes.
const LARGEST: usize = 10 * 1024 * 1024;

async fn serve(
    State(shared): State<Arc<Shared>>,
    request: axum::extract::Request,
) -> axum::response::Response {
    let (parts, body) = request.into_parts();
    let answer = match axum::body::to_bytes(body, LARGEST).await {
        Err(error) if too_long(&error) => Response::message(413, "Request Entity Too Large"),
        Err(_) => Response::message(400, "Bad Request"),
        Ok(body) => {
            let text =
                |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let request = Request {
                method: parts.method.to_string(),
                path: parts.uri.path().to_owned(),
                query: parts.uri.query().unwrap_or_default().to_owned(),
                headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
                body: body.to_vec(),
            };
            match control::answer(&shared, &request).await {
                Some(answer) => answer,
                None => shared.gateway.answer(request).await,
            }
        }
    };
    let mut response = axum::response::Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body)).unwrap_or_default()
}

fn too_long(error: &axum::Error) -> bool {
    let source = std::error::Error::source(error);
    source.is_some_and(|source| source.is::<http_body_util::LengthLimitError>())
}
