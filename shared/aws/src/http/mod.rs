//! From a payload to an operation and back.
//!
//! API Gateway's payload is read as it is (format 2.0), not through an `http::Request`: that conversion
//! panics on a path, query or base64 body that is not well-formed, and everything needed is in the payload.

pub mod body;
pub mod caller;
pub mod openapi;
pub mod problem;
pub mod token;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body as ResponseBody;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::fault::collect;
use domain::{Actor, At, Fault, Faults, Problem, Stage, Version};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::context::{CallOptions, Context, Environment, IdempotencySlot, IfMatch, PageRequest};
use crate::operation::{Access, Answer, Failure, Input, Method, Operation, Output, Route};
use crate::table::{self, IdempotencyRecord, key};
use body::{Body, Unread};
use caller::Caller;
use problem::ProblemDocument;

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
        Ok(answer) => fresh::<O>(environment, &answer),
        Err(Failure::Before(record)) => repeated::<O>(environment, *record),
        Err(Failure::Problem(problem)) => return refuse::<O>(problem::written(problem, &path), party),
        Err(Failure::Table(why)) => Err(why),
    };
    match response {
        Ok(response) => write::<O>(response, party, None),
        Err(why) => {
            let try_again = !matches!(why, table::Error::Internal(_));
            tracing::error!(operation = O::NAME, %why, "no answer");
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
    let mut context = Context {
        table: &environment.table,
        key: &environment.key,
        now: (environment.clock)(),
        ids: &environment.ids,
        claim_prefix: &environment.claim_prefix,
        options: CallOptions::default(),
    };
    let caller = O::Caller::authenticate(call, route, &context).await?;
    *party = caller.party();
    let (input, options) = parse::<O>(environment, call, route, &caller)?;
    context.options = options;
    O::execute(&context, &caller, &input).await
}

/// Parses all of a call, naming all faults of all its parts. Of a message, which a signature vouches for, only
/// path and body are ours to judge.
fn parse<O: Operation>(
    environment: &Environment,
    call: &Call,
    route: &Route,
    caller: &O::Caller,
) -> Result<(Input<O>, CallOptions), Problem> {
    let mut faults = Faults::default();
    let signed = matches!(route.access, Access::Signature);
    let texts = |pairs: &BTreeMap<String, String>| {
        Value::Object(pairs.iter().map(|(name, text)| (name.clone(), Value::String(text.clone()))).collect())
    };
    let path = deserr::deserialize(texts(&call.path_parameters)).map_err(Faults::of_parameters);
    let path: Option<O::Path> = collect(&mut faults, path);

    let mut query = if signed { Map::new() } else { query_parameters(&call.query, &mut faults) };
    let validate_only = take_validate_only(route, &mut query, &mut faults);
    let page =
        if O::PAGED { take_page::<O>(call, caller, &mut query, &mut faults) } else { Default::default() };
    let (mut page, token): (PageRequest, Option<String>) = page;
    let before = faults.0.len();
    let query = deserr::deserialize(Value::Object(query)).map_err(Faults::of_parameters);
    let query: Option<O::Query> =
        collect(&mut faults, query.map_err(|faults| also_known::<O>(route, faults)));
    if let Some(token) = token {
        let wrong_query = faults.0.len() > before || faults.0.iter().any(|fault| fault.code == "duplicate");
        page.after =
            collect(&mut faults, open_token(environment, &page.bound_to, &token, wrong_query)).flatten();
    }

    let key = match route.method {
        Method::Post if !signed => collect(&mut faults, idempotency_key(call)).flatten(),
        _ => None,
    };
    if O::KEY_REQUIRED && !validate_only && !call.headers.contains_key(KEY_HEADER) {
        let detail = "is required here: what is done cannot be undone, and a repeat must not do it twice";
        faults.0.push(Fault::new(At::parameter("Idempotency-Key"), "idempotency-key-missing", detail));
    }
    let if_match = match route.method {
        Method::Put => collect(&mut faults, if_match(call)).flatten(),
        _ => None,
    };

    // What a GET sends along means nothing.
    let reads = route.method == Method::Get;
    if call.body.len() > body::LARGEST && !signed && !reads {
        let detail = format!("the body has {} bytes; at most {} are read", call.body.len(), body::LARGEST);
        return Err(Problem::new(Stage::TooLarge, "body-too-large", detail));
    }
    let sent = if reads { &[][..] } else { &call.body };
    let body = match O::Body::read(call.header("content-type"), sent) {
        Ok(body) => Some(body),
        Err(Unread::Problem(problem)) => return Err(problem),
        Err(Unread::Faults(more)) => collect(&mut faults, Err(more)),
    };

    let (Some(path), Some(query), Some(body), true) = (path, query, body, faults.0.is_empty()) else {
        return Err(Problem::shape(faults));
    };
    // A message is the same message whatever it says at another attempt, and however late; a request is not.
    let idempotency = match (caller.message(), key) {
        (Some(message), _) => {
            let at = key::message(&caller.name(), message);
            Some(IdempotencySlot { at, request: String::new(), for_good: true })
        }
        (None, Some(key)) => {
            let at = key::idempotency(&caller.name(), &key);
            Some(IdempotencySlot { at, request: call.digest(), for_good: false })
        }
        (None, None) => None,
    };
    let options = CallOptions { author: caller.author(), validate_only, if_match, idempotency, page };
    Ok((Input { path, query, body }, options))
}

const KEY_HEADER: &str = "idempotency-key";

/// Whether a route's writes can be asked for without being done.
pub fn takes_validate_only(route: &Route) -> bool {
    route.method != Method::Get && route.access.needs_token()
}

fn query_parameters(query: &str, faults: &mut Faults) -> Map<String, Value> {
    let (mut parameters, mut twice) = (Map::new(), BTreeSet::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if !twice.contains(&name) && parameters.contains_key(&*name) {
            twice.insert(name);
        } else {
            parameters.insert(name.into_owned(), Value::String(value.into_owned()));
        }
    }
    // Nobody knows which of both is meant, so neither is judged.
    for name in twice {
        parameters.remove(&*name);
        faults.0.push(Fault::new(At::parameter(name), "duplicate", "is given more than once"));
    }
    parameters
}

/// The parameters that all lists, or all writes, know beside their own.
fn also_known<O: Operation>(route: &Route, mut faults: Faults) -> Faults {
    let others = match (O::PAGED, takes_validate_only(route)) {
        (true, _) => "; of every list: `pageSize`, `pageToken`",
        (false, true) => "; of every write: `validateOnly`",
        (false, false) => "",
    };
    for fault in faults.0.iter_mut().filter(|fault| fault.code == "unknown-field") {
        fault.detail.push_str(others);
    }
    faults
}

fn take(query: &mut Map<String, Value>, name: &str) -> Option<String> {
    match query.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn take_validate_only(route: &Route, query: &mut Map<String, Value>, faults: &mut Faults) -> bool {
    let sent = if takes_validate_only(route) { take(query, "validateOnly") } else { None };
    if sent.as_ref().is_some_and(|sent| !["true", "false"].contains(&sent.as_str())) {
        let at = At::parameter("validateOnly");
        faults.0.push(Fault::new(at, "invalid-boolean", "must be `true` or `false`"));
    }
    sent.as_deref() == Some("true")
}

/// The page that is wanted, and the token that says after which position it begins.
fn take_page<O: Operation>(
    call: &Call,
    caller: &O::Caller,
    query: &mut Map<String, Value>,
    faults: &mut Faults,
) -> (PageRequest, Option<String>) {
    const USUAL: usize = 25;
    const MOST: usize = 100;
    let (size, token) = (take(query, "pageSize"), take(query, "pageToken"));
    let size = size.map_or(USUAL, |size| {
        let digits = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || size.bytes().all(|byte| byte == b'0') {
            let at = At::parameter("pageSize");
            faults.0.push(Fault::new(at, "out-of-range", "must be a whole number from 1 on"));
        }
        // Digits that do not fit a number are more than enough.
        size.parse().unwrap_or(MOST).min(MOST)
    });
    let bound_to = format!("{} {} {} {query:?}", caller.name(), O::NAME, call.path);
    (PageRequest { size, after: None, bound_to }, token)
}

/// The position in a page token. Of a wrong query nobody can say whether the token is good for the right one.
fn open_token(
    environment: &Environment,
    bound_to: &str,
    token: &str,
    wrong_query: bool,
) -> Result<Option<String>, Faults> {
    match token::open(&environment.key, bound_to, token) {
        None if wrong_query && token::is_well_formed(token) => Ok(None),
        None => fault("pageToken", "invalid-page-token", "was not given out for this caller and query"),
        position => Ok(position),
    }
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
            let same = |version: &u64| number == Some(version.to_string().as_str());
            number.and_then(|number| number.parse().ok()).filter(same).map(IfMatch::Version)
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

/// What is written, whatever it is.
struct Response {
    status: u16,
    content_type: &'static str,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// The answer to this call.
fn fresh<O: Operation>(
    environment: &Environment,
    answer: &Answer<O::Output>,
) -> Result<Response, table::Error> {
    let body = answer.written()?;
    let (status, location) = (answer.status, answer.location.clone());
    // What was only tried does not exist: it has no version and no secret.
    let (version, body) = match answer.trial {
        true => (None, body),
        false => (answer.body.version(), reveal::<O>(environment, body)?),
    };
    Ok(success(status, location, version, body, None))
}

/// The answer to an earlier, equal call, to the letter.
fn repeated<O: Operation>(
    environment: &Environment,
    record: IdempotencyRecord,
) -> Result<Response, table::Error> {
    let IdempotencyRecord { status, location, version, body, .. } = record;
    let replayed = Some(("idempotent-replayed", "true".to_owned()));
    Ok(success(status, location, version, reveal::<O>(environment, body)?, replayed))
}

fn reveal<O: Operation>(environment: &Environment, body: String) -> Result<String, table::Error> {
    O::reveal(&environment.key, body).map_err(|error| table::Error::Internal(error.to_string()))
}

fn success(
    status: u16,
    location: Option<String>,
    version: Option<Version>,
    body: String,
    replayed: Option<(&'static str, String)>,
) -> Response {
    let location = location.map(|location| ("location", location));
    let version = version.map(|version| ("etag", format!("\"{version}\"")));
    let headers = location.into_iter().chain(version).chain(replayed).collect();
    Response { status, content_type: "application/json", headers, body }
}

fn refuse<O: Operation>(problem: ProblemDocument, party: Option<String>) -> ApiGatewayV2httpResponse {
    let headers = (problem.status == 503).then(|| ("retry-after", "1".to_owned())).into_iter().collect();
    // Our own types always serialize.
    let body = serde_json::to_string(&problem).unwrap_or_default();
    let content_type = "application/problem+json";
    write::<O>(Response { status: problem.status, content_type, headers, body }, party, Some(&problem.code))
}

fn write<O: Operation>(
    written: Response,
    party: Option<String>,
    code: Option<&str>,
) -> ApiGatewayV2httpResponse {
    tracing::info!(operation = O::NAME, org = party, status = written.status, code, "answered");
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = i64::from(written.status);
    response.headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(written.content_type));
    response.headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in written.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers.insert(HeaderName::from_static(name), value);
        }
    }
    response.body = Some(ResponseBody::Text(written.body));
    response
}
