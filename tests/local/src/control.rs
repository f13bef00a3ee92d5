//! Control routes, which only the local stack has.

use domain::{Period, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::gateway::{Request, Response};
use crate::issuer::TokenRequest;
use crate::{Shared, demo};

/// Answers a control route; returns `None` for any other route.
pub async fn answer(shared: &Shared, request: &Request) -> Option<Response> {
    let answer = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/.well-known/openid-configuration") => ok(&shared.issuer.configuration()),
        ("GET", "/.well-known/jwks.json") => ok(&shared.issuer.keys()),
        ("POST", "/_local/token") => match read::<TokenRequest>(request) {
            Ok(wanted) => ok(&json!({ "token": shared.issuer.token(&wanted, shared.clock.now()) })),
            Err(refusal) => refusal,
        },
        ("GET", "/_local/time") => time(shared),
        ("POST", "/_local/time") => match read::<ClockChange>(request) {
            Ok(turn) => turn_clock(shared, turn),
            Err(refusal) => refusal,
        },
        ("POST", "/_local/tick") => match shared.gateway.tick().await {
            Ok(_) => ok(&json!({ "fired": [functions::SCHEDULE.name] })),
            Err(crash) => Response::message(500, &crash.message),
        },
        ("GET", "/_local/mail") => ok(&json!({ "items": [] })),
        ("GET", "/_local/capacity") => ok(&json!({ "operations": shared.fault_proxy.take_costs() })),
        ("POST", "/_local/demo") => match demo::load(shared).await {
            Ok(world) => ok(&world),
            Err(error) => Response::message(
                409,
                &format!("{error}; the demo world needs a stack without other data: POST /_local/reset"),
            ),
        },
        ("POST", "/_local/reset") => match shared.reset().await {
            Ok(()) => ok(&json!({ "items": 0 })),
            Err(error) => Response::message(500, &error.to_string()),
        },
        ("POST", path) => invoke(shared, path.strip_prefix("/_local/invoke/")?, &request.body).await,
        _ => return None,
    };
    Some(answer)
}

fn ok(body: &Value) -> Response {
    Response::json(200, body)
}

fn read<T: for<'de> Deserialize<'de>>(request: &Request) -> Result<T, Response> {
    serde_json::from_slice(&request.body).map_err(|error| Response::message(400, &error.to_string()))
}

/// Change of the clock.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ClockChange {
    Set(Timestamp),
    Advance(Period),
    Run(bool),
}

fn turn_clock(shared: &Shared, turn: ClockChange) -> Response {
    match turn {
        ClockChange::Set(instant) if !shared.clock.stop_at(instant) => {
            return Response::message(409, "the clock never goes back");
        }
        ClockChange::Set(_) => {}
        ClockChange::Advance(period) => shared.clock.advance(period),
        ClockChange::Run(true) => shared.clock.run(),
        ClockChange::Run(false) => {
            return Response::message(400, "`run` must be true; `set` stops the clock");
        }
    }
    time(shared)
}

fn time(shared: &Shared) -> Response {
    ok(&json!({ "now": shared.clock.now(), "running": shared.clock.is_running() }))
}

/// Invokes a function. As with Lambda's own Invoke, a function's failure is returned in a successful answer.
async fn invoke(shared: &Shared, operation: &str, payload: &[u8]) -> Response {
    let payload = match serde_json::from_slice(payload) {
        Ok(payload) => payload,
        Err(error) => return Response::message(400, &format!("the payload is not JSON: {error}")),
    };
    match shared.gateway.invoke(operation, payload).await {
        None => Response::message(404, &format!("there is no function `{operation}`")),
        Some(Ok(answer)) => ok(&answer),
        Some(Err(crash)) => {
            let body = json!({ "errorType": crash.kind, "errorMessage": crash.message });
            let mut answer = ok(&body);
            answer.headers.push(("x-amz-function-error".to_owned(), "Unhandled".to_owned()));
            answer
        }
    }
}
