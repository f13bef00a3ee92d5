//! A function's life: set-up once, then one call after another.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use domain::{DeploymentKey, Ids, Timestamp};
use lambda_runtime::{Context as LambdaContext, Diagnostic, Error, LambdaEvent, service_fn, tracing};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::context::Environment;
use crate::http;
use crate::http::operation::Operation;
use crate::schedule::{self, RunReport, Scheduled};
use crate::table::{Table, client};

/// What is left for the answer to go out when a function's time is up.
const FOR_THE_ANSWER: Duration = Duration::from_millis(250);

/// An operation as Lambda calls it.
pub type Handler = Arc<dyn Fn(LambdaEvent<ApiGatewayV2httpRequest>) -> HandlerFuture + Send + Sync>;

/// A response on its way.
pub type HandlerFuture = Pin<Box<dyn Future<Output = ApiGatewayV2httpResponse> + Send>>;

/// The handler of an operation: the same in Lambda and in the local stack.
pub fn handler<O: Operation>(environment: Arc<Environment>) -> Handler {
    Arc::new(move |event| {
        let environment = environment.clone();
        Box::pin(async move {
            let remaining = remaining(&event.context);
            http::answer::<O>(&environment, event.payload, remaining).await
        })
    })
}

/// Scheduled work as Lambda calls it. The payload says nothing that matters.
pub type Timer = Arc<dyn Fn(LambdaEvent<IgnoredAny>) -> TimerFuture + Send + Sync>;

/// A run under way.
pub type TimerFuture = Pin<Box<dyn Future<Output = Result<RunReport, String>> + Send>>;

/// The handler of scheduled work: the same in Lambda and in the local stack.
pub fn timer<S: Scheduled>(environment: Arc<Environment>) -> Timer {
    Arc::new(move |event| {
        let environment = environment.clone();
        Box::pin(async move { schedule::run::<S>(&environment, remaining(&event.context)).await })
    })
}

/// The wall clock: where the runtime's deadline and, in the cloud, `now` come from.
#[expect(clippy::disallowed_methods, reason = "the one place that hands the time to everything else")]
fn unix_time() -> Duration {
    std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn remaining(context: &LambdaContext) -> Duration {
    let deadline = Duration::from_millis(context.deadline);
    deadline.saturating_sub(unix_time()).saturating_sub(FOR_THE_ANSWER)
}

/// The system's clock.
pub fn system_clock() -> Timestamp {
    Timestamp::from_unix_millis(u64::try_from(unix_time().as_millis()).unwrap_or(u64::MAX))
}

/// Runs an operation's handler as a Lambda function, configured by its environment: `TABLE_NAME`, `CLAIM_PREFIX`,
/// `DEPLOYMENT_KEY` if the operation uses it, and what [`client::from_environment`] reads.
///
/// # Errors
///
/// When a variable is missing, or the runtime ends.
pub fn run(handler: fn(Arc<Environment>) -> Handler, uses_key: bool) -> Result<(), Error> {
    serve(uses_key, |environment| {
        let handler = handler(environment);
        move |event| {
            let answering = handler(event);
            async move { Ok::<_, Error>(answering.await) }
        }
    })
}

/// Runs scheduled work as a Lambda function, configured as by [`run`].
///
/// # Errors
///
/// When a variable is missing, or the runtime ends.
pub fn run_scheduled(timer: fn(Arc<Environment>) -> Timer) -> Result<(), Error> {
    serve(false, |environment| {
        let timer = timer(environment);
        move |event| {
            let running = timer(event);
            let failed = |error_message| Diagnostic { error_type: "Unfinished".to_owned(), error_message };
            async move { running.await.map_err(failed) }
        }
    })
}

fn serve<E, A, W, H, F>(uses_key: bool, handler: impl FnOnce(Arc<Environment>) -> H) -> Result<(), Error>
where
    E: DeserializeOwned,
    A: Serialize,
    W: Into<Diagnostic> + Debug,
    H: Fn(LambdaEvent<E>) -> F,
    F: Future<Output = Result<A, W>>,
{
    tracing::init_default_subscriber();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let variable =
            |name: &str| std::env::var(name).map_err(|_| Error::from(format!("`{name}` is not set")));
        let key = match uses_key {
            true => Some(variable("DEPLOYMENT_KEY")?.parse::<DeploymentKey>()?),
            false => None,
        };
        let client = client::from_environment();
        client::open_connection(&client).await;
        let environment = Arc::new(Environment {
            table: Table::new(client, variable("TABLE_NAME")?),
            key,
            clock: Arc::new(system_clock),
            ids: Ids::random(),
            claim_prefix: variable("CLAIM_PREFIX")?,
        });
        lambda_runtime::run(service_fn(handler(environment))).await
    })
}
