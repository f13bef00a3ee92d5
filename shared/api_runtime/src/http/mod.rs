//! HTTP layer: from a payload to an operation, and from its result to a response.

pub mod body;
pub mod call;
pub mod caller;
pub mod openapi;
pub mod operation;
pub mod parameters;
pub mod problem;
pub mod request;
pub mod response;
pub mod route;

use std::time::Duration;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use domain::Problem;
use tokio::time::Instant;

use crate::answer::{Failure, OrNotFound, Reply};
use crate::context::caller::CallerStatus;
use crate::context::{CallOptions, Context, Environment, Lease};
use crate::http::operation::{Operation, Request};
use crate::http::route::{Method, Route};
use crate::table;
use call::Call;
use caller::Caller;
use problem::ProblemDocument;
use request::parse;
use response::Response;

/// Handles one call, from its payload to its response. Every payload gets a response, and one line in the log.
pub async fn answer<O: Operation>(
    environment: &Environment,
    payload: ApiGatewayV2httpRequest,
    invocation: Invocation,
) -> ApiGatewayV2httpResponse {
    let begun = Instant::now();
    let (call, lease) = (Call::new(payload), Lease::default());
    let deadline = begun + invocation.remaining;
    let route = O::ROUTES.iter().find(|route| route.key() == call.route_key);
    let caller = in_time(deadline, O::NAME, || authenticate::<O>(environment, &call, route)).await;
    let (caller, replied) = match caller {
        Ok((route, caller)) => {
            let replied = match caller.authorize(route) {
                Ok(()) => {
                    let attempt = || execute::<O>(environment, (&call, &lease), route, &caller);
                    in_time(deadline, O::NAME, attempt).await
                }
                Err(problem) => Err(problem.into()),
            };
            (Some(caller), replied)
        }
        Err(failure) => (None, Err(failure)),
    };
    let of_problem =
        |problem: ProblemDocument| Response::of_problem(&problem, lease.seconds_left((environment.clock)()));
    let response = match replied {
        Ok(reply) => Response::of_reply::<O>(environment, &call, reply),
        Err(Failure::Problem(problem)) => Ok(of_problem(problem::document(problem, &call))),
        Err(Failure::Table(why)) => Err(why),
    };
    let response = response.unwrap_or_else(|why| {
        let try_again = !matches!(why, table::Error::Internal(_));
        let request_id = call.gateway_id.as_str();
        // The log level "error" is for failures that somebody must examine; a failure that a retry resolves is a
        // warning.
        match try_again {
            true => tracing::warn!(operation = O::NAME, gateway_request_id = request_id, %why, "no answer in time"),
            false => tracing::error!(operation = O::NAME, gateway_request_id = request_id, %why, "no answer"),
        }
        of_problem(problem::unexpected(try_again, &call))
    });
    let line = LogLine { call: &call, route, duration: begun.elapsed(), cold_start: invocation.is_cold };
    line.write::<O>(environment, caller.as_ref(), &response);
    response.written(&call)
}

/// Circumstances of one invocation of a function.
#[derive(Debug, Clone, Copy)]
pub struct Invocation {
    /// Time until the response must be ready.
    pub remaining: Duration,
    /// Whether it is the first invocation of the function's instance.
    pub is_cold: bool,
}

/// Line that the log has for each call.
struct LogLine<'a> {
    call: &'a Call,
    route: Option<&'a Route>,
    duration: Duration,
    cold_start: bool,
}

impl LogLine<'_> {
    /// Writes the line. The deployment can leave out who called: the subject of the token, and the caller's own request
    /// id, which may say it, too.
    fn write<O: Operation>(self, environment: &Environment, caller: Option<&O::Caller>, response: &Response) {
        let Self { call, route, duration, cold_start } = self;
        let author = caller.and_then(Caller::author);
        let request_id = Some(call.request_id()).filter(|_| environment.logs_callers);
        tracing::info!(
            operation = O::NAME,
            method = route.map(|route| route.method.name()),
            route = route.map(|route| route.path),
            status = response.status,
            code = response.code,
            duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            caller = author.as_ref().filter(|_| environment.logs_callers).map(|author| author.id.as_str()),
            role = author.as_ref().map(|author| author.kind.name()),
            org = caller.and_then(Caller::party),
            request_id,
            gateway_request_id = call.gateway_id,
            cold_start,
            "answered"
        );
    }
}

/// Repeats an attempt, with backoff, until it ends with anything other than contention, or until the deadline.
async fn in_time<T, F>(
    deadline: Instant,
    operation: &'static str,
    attempt: impl Fn() -> F,
) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let decided = async {
        let mut pause = table::Pause::default();
        loop {
            match attempt().await {
                Err(Failure::Table(table::Error::Contended(why))) => {
                    tracing::debug!(operation, %why, "contended, trying again");
                }
                decided => return decided,
            }
            pause.take().await;
        }
    };
    let out_of_time = || Failure::Table(table::Error::Unavailable("out of time".to_owned()));
    tokio::time::timeout_at(deadline, decided).await.unwrap_or_else(|_| Err(out_of_time()))
}

/// Authenticates the caller of a route; `None` is a route that the operation does not have.
async fn authenticate<O: Operation>(
    environment: &Environment,
    call: &Call,
    route: Option<&'static Route>,
) -> Result<(&'static Route, O::Caller), Failure> {
    let route = route.or_not_found()?;
    Ok((route, O::Caller::authenticate(call, &context::<O>(environment)).await?))
}

async fn execute<O: Operation>(
    environment: &Environment,
    (call, lease): (&Call, &Lease),
    route: &Route,
    caller: &O::Caller,
) -> Result<Reply<O::Output>, Failure> {
    let (input, options) = parse::<O>(environment, call, route, caller)?;
    let options = CallOptions { lease: lease.clone(), ..options };
    let context = Context { options, ..context::<O>(environment) };
    // On the heap, because the futures of large operations would fill the stack of a build without optimization.
    let executed = Box::pin(O::execute(Request::new(&context, caller, &input)));
    let writes = route.method != Method::Get && !context.validates_only();
    let staff_record = async { if writes { context.staff_record().await } else { None } };
    let (executed, status, staff_record) = tokio::join!(executed, context.caller_status(), staff_record);
    match (status, executed) {
        (Ok(Some(CallerStatus::Inactive)), _) if !O::OPEN_TO_INACTIVE => Err(Problem::not_found().into()),
        // A write needs the status for the author of its events, so it has read it.
        (Err(why), Ok(_)) if !writes => Err(why.into()),
        (_, Ok(reply)) => {
            if let Some(change) = staff_record {
                context.keep_staff_record(change).await;
            }
            Ok(reply)
        }
        (_, Err(failure)) => Err(failure),
    }
}

fn context<O: Operation>(environment: &Environment) -> Context<'_> {
    let context = environment.context();
    // In the cloud, the functions of other operations do not have the key.
    Context { key: context.key.filter(|_| O::USES_KEY), ..context }
}
