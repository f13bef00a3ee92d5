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
use tokio::time::Instant;

use crate::answer::{Failure, OrNotFound, Reply};
use crate::context::{Context, Environment};
use crate::http::operation::{Operation, Request};
use crate::http::route::Route;
use crate::table;
use call::Call;
use caller::Caller;
use request::parse;
use response::{problem_response, write, written};

/// Handles one call, from its payload to its response. Every payload gets a response.
pub async fn answer<O: Operation>(
    environment: &Environment,
    payload: ApiGatewayV2httpRequest,
    remaining: Duration,
) -> ApiGatewayV2httpResponse {
    let path = payload.raw_path.clone().unwrap_or_default();
    let call = match Call::new(payload) {
        Ok(call) => call,
        Err(problem) => return problem_response::<O>(problem::document(problem, &path), None),
    };
    let deadline = Instant::now() + remaining;
    let caller = in_time(deadline, O::NAME, || authenticate::<O>(environment, &call)).await;
    let (party, replied) = match caller {
        Ok((route, caller)) => {
            let replied = in_time(deadline, O::NAME, || execute::<O>(environment, &call, route, &caller));
            (caller.party(), replied.await)
        }
        Err(failure) => (None, Err(failure)),
    };
    let response = match replied {
        Ok(reply) => written::<O>(environment, &call, reply),
        Err(Failure::Problem(problem)) => {
            return problem_response::<O>(problem::document(problem, &path), party);
        }
        Err(Failure::Table(why)) => Err(why),
    };
    match response {
        Ok(response) => write::<O>(response, party, None),
        Err(why) => {
            let try_again = !matches!(why, table::Error::Internal(_));
            // The log level "error" is for failures that somebody must examine; a failure that a retry resolves is a
            // warning.
            match try_again {
                true => tracing::warn!(operation = O::NAME, %why, "no answer in time"),
                false => tracing::error!(operation = O::NAME, %why, "no answer"),
            }
            problem_response::<O>(problem::unexpected(try_again, &path), party)
        }
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

/// Finds the route that was called, and authenticates the caller.
async fn authenticate<O: Operation>(
    environment: &Environment,
    call: &Call,
) -> Result<(&'static Route, O::Caller), Failure> {
    let route = O::ROUTES.iter().find(|route| route.key() == call.route_key);
    let route = route.or_not_found()?;
    Ok((route, O::Caller::authenticate(call, route, &context::<O>(environment)).await?))
}

async fn execute<O: Operation>(
    environment: &Environment,
    call: &Call,
    route: &Route,
    caller: &O::Caller,
) -> Result<Reply<O::Output>, Failure> {
    let (input, options) = parse::<O>(environment, call, route, caller)?;
    let context = Context { options, ..context::<O>(environment) };
    O::execute(Request::new(&context, caller, &input)).await
}

fn context<O: Operation>(environment: &Environment) -> Context<'_> {
    let context = environment.context();
    // In the cloud, the functions of other operations do not have the key.
    Context { key: context.key.filter(|_| O::USES_KEY), ..context }
}
