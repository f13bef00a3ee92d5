//! Lambda entry points: a function instance is set up once and then handles one invocation after another.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use domain::{DeploymentKey, Ids, Timestamp};
use lambda_runtime::{Context as LambdaContext, Diagnostic, Error, LambdaEvent, service_fn, tracing};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::context::Environment;
use crate::http::operation::Operation;
use crate::http::{self, Invocation};
use crate::schedule::{self, RunReport, Scheduled};
use crate::table::{Table, client};

/// Time that is reserved at the end of an invocation for sending the response.
const FOR_THE_ANSWER: Duration = Duration::from_millis(250);

/// Handler of an HTTP operation, as Lambda invokes it.
pub type Handler = Arc<dyn Fn(LambdaEvent<ApiGatewayV2httpRequest>) -> HandlerFuture + Send + Sync>;

/// Future of a handler: resolves to the HTTP response.
pub type HandlerFuture = Pin<Box<dyn Future<Output = ApiGatewayV2httpResponse> + Send>>;

/// Returns the handler of an operation; Lambda and the local stack use the same one.
pub fn handler<O: Operation>(environment: Arc<Environment>) -> Handler {
    let is_cold = AtomicBool::new(true);
    Arc::new(move |event| {
        let environment = environment.clone();
        let is_cold = is_cold.swap(false, Ordering::Relaxed);
        Box::pin(async move {
            let invocation = Invocation { remaining: remaining(&event.context), is_cold };
            http::answer::<O>(&environment, event.payload, invocation).await
        })
    })
}

/// Handler of scheduled work, as Lambda invokes it. It ignores the payload.
pub type JobHandler = Arc<dyn Fn(LambdaEvent<IgnoredAny>) -> JobFuture + Send + Sync>;

/// Future of a scheduled run: resolves to its report, or to an error message.
pub type JobFuture = Pin<Box<dyn Future<Output = Result<RunReport, String>> + Send>>;

/// Returns the handler of scheduled work; Lambda and the local stack use the same one.
pub fn job<S: Scheduled>(environment: Arc<Environment>) -> JobHandler {
    Arc::new(move |event| {
        let environment = environment.clone();
        Box::pin(async move { schedule::run::<S>(&environment, remaining(&event.context)).await })
    })
}

/// Returns the wall clock's time since 1970. The runtime's deadline is compared with it and, in the cloud, `now` is
/// taken from it.
#[expect(clippy::disallowed_methods, reason = "the one place that hands the time to everything else")]
fn unix_time() -> Duration {
    std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn remaining(context: &LambdaContext) -> Duration {
    let deadline = Duration::from_millis(context.deadline);
    deadline.saturating_sub(unix_time()).saturating_sub(FOR_THE_ANSWER)
}

/// Returns the current time of the system clock.
pub fn system_clock() -> Timestamp {
    Timestamp::from_unix_millis(u64::try_from(unix_time().as_millis()).unwrap_or(u64::MAX))
}

/// Runs an operation's handler as a Lambda function. Environment variables configure it: `TABLE_NAME`, `CLAIM_PREFIX`,
/// `LOG_CALLERS`, `DEPLOYMENT_KEY` if the operation uses it, and those that [`client::from_environment`] reads.
///
/// # Errors
///
/// Fails if a variable is missing or malformed, or if the runtime stops.
pub fn run(handler: fn(Arc<Environment>) -> Handler, uses_key: bool) -> Result<(), Error> {
    serve(uses_key, |environment| {
        let handler = handler(environment);
        move |event| {
            let answering = handler(event);
            async move { Ok::<_, Error>(answering.await) }
        }
    })
}

/// Runs scheduled work as a Lambda function. It is configured like [`run`], but without a deployment key.
///
/// # Errors
///
/// Fails if a variable is missing, or if the runtime stops.
pub fn run_scheduled(job: fn(Arc<Environment>) -> JobHandler) -> Result<(), Error> {
    serve(false, |environment| {
        let job = job(environment);
        move |event| {
            let running = job(event);
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
            logs_callers: variable("LOG_CALLERS")? == "true",
        });
        lambda_runtime::run(service_fn(handler(environment))).await
    })
}
