//! Client of DynamoDB, created once per function instance.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedHttpClient};
use aws_sdk_dynamodb::{Client, Config};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

/// The five root certificates that sign AWS endpoints (<https://www.amazontrust.com/repository/>). Reading them takes a
/// tenth of the time that reading the system's store takes.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon_roots.pem");

/// Returns the settings that all clients of the table share: timeouts, number of attempts and backoff. A transaction
/// carries a client token, so a retry has no second effect. The caller limits the total time to the function's
/// remaining time.
pub fn settings() -> aws_sdk_dynamodb::config::Builder {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(4)
        .with_initial_backoff(Duration::from_millis(50))
        .with_max_backoff(Duration::from_secs(1));
    Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .timeout_config(timeouts)
        .retry_config(retries)
}

/// Returns the client of a deployed function. Environment variables set the region, the credentials and, for another
/// DynamoDB, its endpoint. `NATIVE_ROOTS=true` trusts the system's certificates instead of Amazon's alone.
pub fn from_environment() -> Client {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let endpoint = variable("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| variable("AWS_ENDPOINT_URL"));
    let native_roots = variable("NATIVE_ROOTS").is_some_and(|value| value == "true");
    let mut config = settings()
        .http_client(http_client(endpoint.as_deref(), native_roots))
        .region(variable("AWS_REGION").map(Region::new));
    // Lambda sets these variables, with new values in each new instance. `aws-config` would also look in other places,
    // at the price of a client for STS.
    if let Some((key, secret)) = variable("AWS_ACCESS_KEY_ID").zip(variable("AWS_SECRET_ACCESS_KEY")) {
        let token = variable("AWS_SESSION_TOKEN");
        config = config.credentials_provider(Credentials::new(key, secret, token, None, "environment"));
    }
    config.set_endpoint_url(endpoint);
    Client::from_conf(config.build())
}

/// Returns the HTTP client for DynamoDB. It uses TLS unless `endpoint` begins with `http://`.
pub fn http_client(endpoint: Option<&str>, native_roots: bool) -> SharedHttpClient {
    if endpoint.is_some_and(|url| url.starts_with("http://")) {
        return Builder::new().build_http();
    }
    let roots = match native_roots {
        true => TrustStore::default(),
        false => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
    };
    let builder = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    match TlsContext::builder().with_trust_store(roots).build() {
        Ok(context) => builder.tls_context(context).build_https(),
        Err(_) => builder.build_https(),
    }
}

/// Opens the connection before the first request needs it. The request is one that no function may make: its refusal
/// suffices to establish the connection, and it needs no permission on the table.
pub async fn open_connection(client: &Client) {
    let once = Config::builder().retry_config(RetryConfig::disabled());
    let _ = client.describe_endpoints().customize().config_override(once).send().await;
}

/// The table and its client. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Table {
    pub(super) client: Client,
    pub(super) name: String,
}

impl Table {
    /// Returns the table of this name.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }
}
