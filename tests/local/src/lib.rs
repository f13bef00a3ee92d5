//! The whole system in one process: the gateway, every function, the embedded DynamoDB, a token issuer and
//! a clock that can be turned. One port, loopback only.

pub mod clock;
pub mod control;
pub mod demo;
pub mod gateway;
pub mod issuer;
pub mod seam;
pub mod store;

use std::path::PathBuf;
use std::sync::Arc;

use aws::Environment;
use aws::lambda::system_clock;
use aws::table::{Table, client};
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
use gateway::{Gateway, Request, Response};
use issuer::{CLAIM_PREFIX, Issuer};
use seam::Seam;

/// Whatever keeps the stack from starting.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Everybody has this key: webhook secrets of the local stack protect nothing.
const DEPLOYMENT_KEY: &str = "local";

/// How to start.
#[derive(Debug, Default)]
pub struct Options {
    /// Which port; 0 is any.
    pub port: u16,
    /// Where data is kept; none is in memory.
    pub file: Option<PathBuf>,
    /// Stops the clock at this instant; none lets it run from now on.
    pub stopped_at: Option<Timestamp>,
    /// Gives ids counted from here instead of random ones.
    pub counted_ids: Option<u64>,
}

/// What all requests share.
pub struct Shared {
    /// The clock.
    pub clock: Arc<Clock>,
    /// The issuer.
    pub issuer: Arc<Issuer>,
    /// The seam to the store.
    pub seam: Seam,
    /// The functions behind their routes.
    pub gateway: Gateway,
    table: Table,
}

impl Shared {
    /// The same functions and table with another clock and other ids.
    fn gateway_at(&self, clock: Arc<Clock>, ids: Ids) -> Gateway {
        let environment = environment(self.table.clone(), clock, ids);
        Gateway::new(environment, self.issuer.clone(), self.seam.clone())
    }
}

fn environment(table: Table, clock: Arc<Clock>, ids: Ids) -> Arc<Environment> {
    Arc::new(Environment {
        table,
        key: DeploymentKey::of(DEPLOYMENT_KEY),
        clock: Arc::new(move || clock.now()),
        ids,
        claim_prefix: CLAIM_PREFIX.to_owned(),
    })
}

/// The system, running.
pub struct Stack {
    /// Where it listens.
    pub url: String,
    /// Where its store listens.
    pub store_url: String,
    /// What its requests share.
    pub shared: Arc<Shared>,
    /// The SDK's client, for those who look behind the API.
    pub client: Client,
    stop: watch::Sender<bool>,
    serving: Vec<JoinHandle<()>>,
}

impl Stack {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// When the port is taken or the data cannot be opened.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = watch::channel(false);

        let mut serving = Vec::new();
        let elsewhere = std::env::var("AWS_ENDPOINT_URL_DYNAMODB").ok().filter(|url| !url.is_empty());
        let store_url = match elsewhere {
            Some(url) => url,
            None => {
                let (url, store) = store::start(options.file.as_deref(), stopped.clone()).await?;
                serving.push(store);
                url
            }
        };
        let seam = Seam::new(client::http_client(Some(&store_url), true));
        let config = client::settings()
            .http_client(seam.clone())
            .endpoint_url(&store_url)
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"));
        let client = Client::from_conf(config.build());
        store::make_table(&client).await?;

        let clock = Arc::new(match options.stopped_at {
            Some(instant) => Clock::stopped(instant),
            None => Clock::running(system_clock()),
        });
        let issuer = Arc::new(Issuer::new(&url)?);
        let table = Table::new(client.clone(), store::TABLE);
        let ids = options.counted_ids.map_or_else(Ids::random, Ids::counted_from);
        let environment = environment(table.clone(), clock.clone(), ids);
        let gateway = Gateway::new(environment, issuer.clone(), seam.clone());
        let shared = Arc::new(Shared { clock, issuer, seam, gateway, table });

        let router = axum::Router::new().fallback(serve).with_state(shared.clone());
        let mut stopping = stopped;
        serving.push(tokio::spawn(async move {
            let stopped = async move {
                let _ = stopping.wait_for(|stop| *stop).await;
            };
            let _ = axum::serve(listener, router).with_graceful_shutdown(stopped).await;
        }));
        Ok(Self { url, store_url, shared, client, stop, serving })
    }

    /// Lets requests under way end, and stops.
    pub async fn stop(self) {
        let Self { stop, serving, shared, client, .. } = self;
        let _ = stop.send(true);
        drop((shared, client));
        for task in serving {
            let _ = tokio::time::timeout(std::time::Duration::from_secs(3), task).await;
        }
    }
}

/// API Gateway's own bound on a request, in bytes.
const LARGEST: usize = 10 * 1024 * 1024;

async fn serve(
    State(shared): State<Arc<Shared>>,
    request: axum::extract::Request,
) -> axum::response::Response {
    let (parts, body) = request.into_parts();
    let answer = match axum::body::to_bytes(body, LARGEST).await {
        Err(_) => Response::message(413, "Request Entity Too Large"),
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
