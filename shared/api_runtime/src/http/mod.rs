//! From a payload to an operation and back.

pub mod body;
pub mod call;
pub mod caller;
pub mod openapi;
pub mod problem;
pub mod request;
pub mod response;
pub mod sheet;
pub mod token;

use std::time::Duration;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use domain::Problem;

use crate::context::Environment;
use crate::operation::{Answer, Failure, Operation};
use crate::table;
use call::Call;
use caller::Caller;
use request::parse;
use response::{fresh, refuse, repeated, write};

/// Takes one call from payload to response. Whatever the payload, there is a response.
pub async fn answer<O: Operation>(
    environment: &Environment,
    payload: ApiGatewayV2httpRequest,
    remaining: Duration,
) -> ApiGatewayV2httpResponse {
    let path = payload.raw_path.clone().unwrap_or_default();
    let call = match Call::new(payload) {
        Ok(call) => call,
        Err(problem) => return refuse::<O>(problem::written(problem, &path), None),
    };
    let mut party = None;
    let answered = tokio::time::timeout(remaining, persist::<O>(environment, &call, &mut party)).await;
    let answered =
        answered.unwrap_or_else(|_| Err(Failure::Table(table::Error::Unavailable("out of time".to_owned()))));
    let response = match answered {
        Ok(answer) => fresh::<O>(environment, &call, &answer),
        Err(Failure::Before(record)) => repeated::<O>(environment, *record),
        Err(Failure::Problem(problem)) => return refuse::<O>(problem::written(problem, &path), party),
        Err(Failure::Table(why)) => Err(why),
    };
    match response {
        Ok(response) => write::<O>(response, party, None),
        Err(why) => {
            let try_again = !matches!(why, table::Error::Internal(_));
            // An error is for somebody to look into; what the next try heals is none.
            match try_again {
                true => tracing::warn!(operation = O::NAME, %why, "no answer in time"),
                false => tracing::error!(operation = O::NAME, %why, "no answer"),
            }
            refuse::<O>(problem::ours(try_again, &path), party)
        }
    }
}

/// Attempts a call until it is decided: contention decides nothing. The deadline is the caller's.
async fn persist<O: Operation>(
    environment: &Environment,
    call: &Call,
    party: &mut Option<String>,
) -> Result<Answer<O::Output>, Failure> {
    let mut pause = table::Pause::default();
    loop {
        match attempt::<O>(environment, call, party).await {
            Err(Failure::Table(table::Error::Contended(why))) => {
                tracing::debug!(operation = O::NAME, %why, "contended, trying again");
            }
            decided => return decided,
        }
        pause.take().await;
    }
}

async fn attempt<O: Operation>(
    environment: &Environment,
    call: &Call,
    party: &mut Option<String>,
) -> Result<Answer<O::Output>, Failure> {
    let Some(route) = O::ROUTES.iter().find(|route| route.key() == call.route_key) else {
        return Err(Problem::not_found().into());
    };
    let mut context = environment.context();
    // In the cloud, other functions have no key at all.
    context.key = context.key.filter(|_| O::USES_KEY);
    let caller = O::Caller::authenticate(call, route, &context).await?;
    *party = caller.party();
    let (input, options) = parse::<O>(environment, call, route, &caller)?;
    context.options = options;
    O::execute(&context, &caller, &input).await
}
