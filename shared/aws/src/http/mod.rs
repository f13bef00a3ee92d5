//! From a payload to an operation and back.
//!
//! API Gateway's payload is read as it is (format 2.0), not through an `http::Request`: that conversion
//! panics on a path, query or base64 body that is not well-formed, and everything needed is in the payload.

pub mod body;
pub mod delivery;
pub mod openapi;
pub mod problem;
pub mod token;

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::fault::collect;
use domain::{Actor, At, Fault, Faults, Problem, Stage};
use http::{HeaderMap, HeaderName, HeaderValue};
use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_http::aws_lambda_events::encodings::Body as ResponseBody;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::context::{Context, Environment, IfMatch, PageWish, Remember, Wishes};
use crate::operation::{Access, Answer, Caller, Failure, Input, Method, Of, Operation, Output, Route};
use crate::table::{self, key};
use body::{Body, Unread};

/// A call, as API Gateway hands it over.
#[derive(Debug)]
pub struct Call {
    route_key: String,
    path: String,
    query: String,
    headers: HeaderMap,
    path_parameters: BTreeMap<String, String>,
    claims: BTreeMap<String, String>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Call {
    fn new(payload: ApiGatewayV2httpRequest) -> Result<Self, Problem> {
        let sent = payload.body.unwrap_or_default();
        let body = if payload.is_base64_encoded {
            STANDARD.decode(sent).map_err(|_| {
                let fault =
                    Fault::new(At::pointer(&[]), "invalid-base64", "is said to be base64, and is not");
                Problem::shape(Faults(vec![fault]))
            })?
        } else {
            sent.into_bytes()
        };
        let context = payload.request_context;
        let claims = context.authorizer.and_then(|authorizer| authorizer.jwt).map(|jwt| jwt.claims);
        Ok(Self {
            route_key: payload.route_key.or(context.route_key).unwrap_or_default(),
            path: payload.raw_path.unwrap_or_default(),
            query: payload.raw_query_string.unwrap_or_default(),
            headers: payload.headers,
            path_parameters: payload.path_parameters.into_iter().collect(),
            claims: claims.unwrap_or_default().into_iter().collect(),
            body,
        })
    }

    /// A header's value, if it is a text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A path parameter, as it was sent.
    pub fn path_parameter(&self, name: &str) -> Option<&str> {
        self.path_parameters.get(name).map(String::as_str)
    }

    /// The person whose token API Gateway checked.
    ///
    /// # Errors
    ///
    /// 403 when the claims make nobody we know, or nobody this route is for.
    pub fn actor(&self, route: &Route, claim_prefix: &str) -> Result<Actor, Problem> {
        let claim = |name: &str| self.claims.get(name).map(String::as_str);
        let forbidden = |code, detail: String| Problem::new(Stage::Forbidden, code, detail);
        let actor =
            Actor::from_claims(claim_prefix, claim).map_err(|why| forbidden("unknown-caller", why))?;
        match route.access {
            Access::Roles(roles) if !actor.has_one_of(roles) => {
                let roles: Vec<_> = roles.iter().map(|role| role.name()).collect();
                Err(forbidden("role-not-allowed", format!("this is for: {}", roles.join(", "))))
            }
            _ => Ok(actor),
        }
    }

    /// What tells this request from every other: method, path, query and body, but not how its JSON is
    /// laid out.
    fn digest(&self) -> String {
        let body = match serde_json::from_slice::<Value>(&self.body) {
            Ok(json) => json.to_string().into_bytes(),
            Err(_) => self.body.clone(),
        };
        let mut query: Vec<_> = form_urlencoded::parse(self.query.as_bytes()).collect();
        query.sort();
        let mut digest = Sha256::new();
        for part in [self.route_key.as_bytes(), self.path.as_bytes(), format!("{query:?}").as_bytes(), &body]
        {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest.finalize())
    }
}

/// Takes one call from payload to response. Whatever the payload, there is a response.
pub async fn answer<O: Operation>(
    environment: &Environment,
    payload: ApiGatewayV2httpRequest,
    remaining: Duration,
) -> ApiGatewayV2httpResponse {
    let deadline = Instant::now() + remaining;
    let path = payload.raw_path.clone().unwrap_or_default();
    let call = match Call::new(payload) {
        Ok(call) => call,
        Err(problem) => return refuse::<O>(problem::written(problem, &path), None),
    };
    let mut party = None;
    let answered = tokio::time::timeout_at(deadline, persist::<O>(environment, &call, &mut party)).await;
    match answered {
        Ok(Ok(answer)) => respond::<O>(environment, answer, party),
        Ok(Err(Failure::Problem(problem))) => refuse::<O>(problem::written(problem, &path), party),
        Ok(Err(Failure::Table(table::Error::Internal(why)))) => {
            tracing::error!(operation = O::NAME, %why, "internal error");
            refuse::<O>(problem::ours(false, &path), party)
        }
        Ok(Err(Failure::Table(why))) => {
            tracing::warn!(operation = O::NAME, %why, "gave up");
            refuse::<O>(problem::ours(true, &path), party)
        }
        Err(_) => {
            tracing::warn!(operation = O::NAME, "out of time");
            refuse::<O>(problem::ours(true, &path), party)
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
    let mut context = Context {
        table: &environment.table,
        key: &environment.key,
        now: (environment.clock)(),
        ids: &environment.ids,
        claim_prefix: &environment.claim_prefix,
        wishes: Wishes::default(),
    };
    let caller = O::Caller::authenticate(call, route, &context).await?;
    *party = caller.party();
    let (input, wishes) = parse::<O>(call, route, &caller)?;
    context.wishes = wishes;
    O::execute(&context, &caller, &input).await
}

/// Parses all of a call, naming all faults of all its parts.
fn parse<O: Operation>(
    call: &Call,
    route: &Route,
    caller: &O::Caller,
) -> Result<(Input<O>, Wishes), Problem> {
    let mut faults = Faults::default();
    let texts = |pairs: &BTreeMap<String, String>| {
        Value::Object(pairs.iter().map(|(name, text)| (name.clone(), Value::String(text.clone()))).collect())
    };
    let path = deserr::deserialize(texts(&call.path_parameters)).map_err(Faults::of_parameters);
    let path: Option<O::Path> = collect(&mut faults, path);

    let mut query = collect(&mut faults, query_parameters(&call.query)).unwrap_or_default();
    let validate_only =
        takes_validate_only(route) && collect(&mut faults, validate_only(&mut query)).unwrap_or(false);
    let page = if O::PAGED { collect(&mut faults, page(&mut query)) } else { Some(PageWish::default()) };
    let bound_to = format!("{} {} {} {:?}", caller.name(), O::NAME, call.path, query);
    let query = deserr::deserialize(Value::Object(query)).map_err(Faults::of_parameters);
    let query: Option<O::Query> = collect(&mut faults, query);

    // A message has its id; whatever else its sender's headers say is not for us.
    let key = match route.method {
        Method::Post if route.access.needs_token() => collect(&mut faults, idempotency_key(call)).flatten(),
        _ => None,
    };
    if O::KEY_REQUIRED && key.is_none() && !validate_only && !call.headers.contains_key(KEY_HEADER) {
        let detail = "is required here: what is done cannot be undone, and a repeat must not do it twice";
        faults.0.push(Fault::new(At::parameter("Idempotency-Key"), "idempotency-key-missing", detail));
    }
    let if_match = match route.method {
        Method::Put => collect(&mut faults, if_match(call)).flatten(),
        _ => None,
    };

    if call.body.len() > body::LARGEST {
        let detail = format!("the body has {} bytes; at most {} are read", call.body.len(), body::LARGEST);
        return Err(Problem::new(Stage::TooLarge, "body-too-large", detail));
    }
    let body = match O::Body::read(call.header("content-type"), &call.body) {
        Ok(body) => Some(body),
        Err(Unread::Problem(problem)) => return Err(problem),
        Err(Unread::Faults(more)) => collect(&mut faults, Err(more)),
    };

    let (Some(path), Some(query), Some(body), Some(page), true) =
        (path, query, body, page, faults.0.is_empty())
    else {
        return Err(Problem::shape(faults));
    };
    // A message is the same message whatever it says at another attempt; a request is not.
    let remember = match (caller.message(), key) {
        (Some(message), _) => Some((message.to_owned(), String::new())),
        (None, Some(key)) => Some((key, call.digest())),
        (None, None) => None,
    };
    let remember = remember
        .map(|(key, request)| Remember { at: key::idempotency(&caller.name(), O::NAME, &key), request });
    let page = PageWish { bound_to, ..page };
    let wishes = Wishes { author: caller.author(), validate_only, if_match, remember, page };
    Ok((Input { path, query, body }, wishes))
}

const KEY_HEADER: &str = "idempotency-key";

/// Whether a route's writes can be asked for without being done.
pub fn takes_validate_only(route: &Route) -> bool {
    route.method != Method::Get && route.access.needs_token()
}

fn query_parameters(query: &str) -> Result<Map<String, Value>, Faults> {
    let mut parameters = Map::new();
    let mut faults = Faults::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if parameters.insert(name.to_string(), Value::String(value.into_owned())).is_some() {
            faults.0.push(Fault::new(At::parameter(name), "duplicate", "is given more than once"));
        }
    }
    if faults.0.is_empty() { Ok(parameters) } else { Err(faults) }
}

fn take(query: &mut Map<String, Value>, name: &str) -> Option<String> {
    match query.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn validate_only(query: &mut Map<String, Value>) -> Result<bool, Faults> {
    match take(query, "validateOnly").as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => fault("validateOnly", "invalid-boolean", "must be `true` or `false`"),
    }
}

fn page(query: &mut Map<String, Value>) -> Result<PageWish, Faults> {
    const USUAL: usize = 25;
    const MOST: usize = 100;
    let digits = |text: &String| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let size = match take(query, "pageSize") {
        None => USUAL,
        // Whatever does not fit a number is more than enough.
        Some(text) if digits(&text) && !text.trim_start_matches('0').is_empty() => {
            text.parse().unwrap_or(MOST).min(MOST)
        }
        Some(_) => return fault("pageSize", "out-of-range", "must be a whole number from 1 on"),
    };
    Ok(PageWish { size, token: take(query, "pageToken"), bound_to: String::new() })
}

fn idempotency_key(call: &Call) -> Result<Option<String>, Faults> {
    let Some(sent) = call.headers.get(KEY_HEADER) else {
        return Ok(None);
    };
    let printable =
        |text: &&str| (1..=255).contains(&text.len()) && text.bytes().all(|b| (0x20..0x7f).contains(&b));
    match sent.to_str().ok().filter(printable) {
        Some(key) => Ok(Some(key.to_owned())),
        None => {
            fault("Idempotency-Key", "invalid-idempotency-key", "must be 1 to 255 printable ASCII characters")
        }
    }
}

fn if_match(call: &Call) -> Result<Option<IfMatch>, Faults> {
    let Some(sent) = call.headers.get("if-match") else {
        return Ok(None);
    };
    let parsed = match sent.to_str().unwrap_or_default() {
        "*" => Some(IfMatch::Any),
        text => {
            let number = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            number.and_then(|number| number.parse().ok()).map(IfMatch::Version)
        }
    };
    match parsed {
        Some(wish) => Ok(Some(wish)),
        None => {
            fault("If-Match", "invalid-etag", "must be `*` or one ETag as it was given out, such as `\"3\"`")
        }
    }
}

fn fault<T>(parameter: &str, code: &str, detail: &str) -> Result<T, Faults> {
    Err(Faults(vec![Fault::new(At::parameter(parameter), code, detail)]))
}

fn respond<O: Operation>(
    environment: &Environment,
    mut answer: Answer<O::Output>,
    party: Option<String>,
) -> ApiGatewayV2httpResponse {
    // What was only tried does not exist: it has no secret and no version.
    let exists = answer.of != Of::Trial;
    if exists {
        O::reveal(&environment.key, &mut answer.body);
    }
    let mut headers = vec![("cache-control", "no-store".to_owned())];
    headers.extend(answer.location.map(|location| ("location", location)));
    let version = answer.body.version().filter(|_| exists);
    headers.extend(version.map(|version| ("etag", format!("\"{version}\""))));
    headers.extend((answer.of == Of::EarlierCall).then(|| ("idempotent-replayed", "true".to_owned())));
    write::<O>(answer.status, "application/json", headers, &answer.body, party)
}

fn refuse<O: Operation>(problem: problem::Written, party: Option<String>) -> ApiGatewayV2httpResponse {
    let mut headers = vec![("cache-control", "no-store".to_owned())];
    headers.extend((problem.status == 503).then(|| ("retry-after", "1".to_owned())));
    write::<O>(problem.status, "application/problem+json", headers, &problem, party)
}

fn write<O: Operation>(
    status: u16,
    content_type: &'static str,
    headers: Vec<(&'static str, String)>,
    body: &impl Serialize,
    party: Option<String>,
) -> ApiGatewayV2httpResponse {
    tracing::info!(operation = O::NAME, party, status, "answered");
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = i64::from(status);
    response.headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers.insert(HeaderName::from_static(name), value);
        }
    }
    // Our own types always serialize.
    response.body = Some(ResponseBody::Text(serde_json::to_string(body).unwrap_or_default()));
    response
}
