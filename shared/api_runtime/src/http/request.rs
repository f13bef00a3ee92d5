//! Parses a call and reports all of its faults together.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::fault::collect;
use domain::{Fault, FaultPointer, Faults, Problem, ProblemKind};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::body::{Body, BodyError, strict_json};
use super::call::Call;
use super::caller::Caller;
use super::response::DIGEST_LENGTH;
use crate::condition::IfMatch;
use crate::context::{CallOptions, CallerSource, Environment, IdempotencySlot, PageRequest};
use crate::http::operation::{Input, Operation};
use crate::http::route::{Method, Route, RouteAuth};
use crate::page_token;
use crate::table::idempotency;

/// Parses all parts of a call and reports all of their faults. For a signed message only path and body are parsed; its
/// query, `Idempotency-Key` and `If-Match` are ignored.
pub(super) fn parse<O: Operation>(
    environment: &Environment,
    call: &Call,
    route: &Route,
    caller: &O::Caller,
) -> Result<(Input<O>, CallOptions), Problem> {
    let mut faults = Faults::default();
    let signed = matches!(route.access, RouteAuth::Signature);
    let texts = |pairs: &BTreeMap<String, String>| {
        Value::Object(pairs.iter().map(|(name, text)| (name.clone(), Value::String(text.clone()))).collect())
    };
    let path = deserr::deserialize(texts(&call.path_parameters)).map_err(Faults::of_parameters);
    let path: Option<O::Path> = collect(&mut faults, path);

    let ParsedQuery { query, validate_only, page } =
        parse_query::<O>(environment, call, route, caller, &mut faults);

    let key = match route.method {
        Method::Post if !signed => collect(&mut faults, idempotency_key(call)).flatten(),
        _ => None,
    };
    if O::KEY_REQUIRED && !validate_only && !call.headers.contains_key(KEY_HEADER) {
        let detail = "is required, because the operation is irreversible and a retry must not repeat it";
        faults.0.push(Fault::new(FaultPointer::parameter("Idempotency-Key"), KEY_MISSING, detail));
    }
    let if_match = match takes_if_match(route, O::TAKES_VERSION) {
        true => collect(&mut faults, if_match(call)).flatten(),
        false => None,
    };

    let body = read_body::<O>(call, route, &mut faults)?;

    // If only the required key is missing, the code of the problem says so.
    if let [Fault { code, .. }] = faults.0.as_slice()
        && code == KEY_MISSING
    {
        return Err(Problem::of(ProblemKind::Shape, faults.0));
    }
    let (Some(path), Some(query), Some(body), true) = (path, query, body, faults.0.is_empty()) else {
        return Err(Problem::shape(faults));
    };
    let idempotency = idempotency_slot::<O>(call, caller, key);
    let (caller_source, id) = (CallerSource::of(caller.identity()), call.gateway_id.clone());
    let options = CallOptions {
        id,
        caller: caller_source,
        validate_only,
        if_match,
        idempotency,
        page,
        ..CallOptions::default()
    };
    Ok((Input { path, query, body }, options))
}

/// Parsed query of a call.
struct ParsedQuery<Q> {
    /// Parameters of the operation; `None` if they have faults.
    query: Option<Q>,
    validate_only: bool,
    page: PageRequest,
}

fn parse_query<O: Operation>(
    environment: &Environment,
    call: &Call,
    route: &Route,
    caller: &O::Caller,
    faults: &mut Faults,
) -> ParsedQuery<O::Query> {
    let signed = matches!(route.access, RouteAuth::Signature);
    // Monitors and links add parameters of their own to what anyone may read.
    let ignored = signed || matches!(route.access, RouteAuth::Anyone);
    let mut sent = if ignored { Map::new() } else { query_parameters(&call.query, O::LISTS, faults) };
    let validate_only = take_validate_only(route, &mut sent, faults);
    let (mut page, token) =
        if O::PAGED { take_page::<O>(call, caller, &mut sent, faults) } else { Default::default() };
    let before = faults.0.len();
    let query = deserr::deserialize(Value::Object(sent)).map_err(Faults::of_parameters);
    let query = collect(faults, query.map_err(|faults| with_common_parameters::<O>(route, faults)));
    if let Some(token) = token {
        let wrong_query = faults.0.len() > before || faults.0.iter().any(|fault| fault.code == "duplicate");
        page.after = collect(faults, open_token(environment, &page.bound_to, &token, wrong_query)).flatten();
    }
    ParsedQuery { query, validate_only, page }
}

/// Reads the body; returns `None` if it has faults.
fn read_body<O: Operation>(
    call: &Call,
    route: &Route,
    faults: &mut Faults,
) -> Result<Option<O::Body>, Problem> {
    // The body of a GET has no meaning and is ignored.
    let reads = route.method == Method::Get;
    let most = O::Body::LARGEST;
    let signed = matches!(route.access, RouteAuth::Signature);
    let sent = match call.body() {
        _ if reads => &[][..],
        Ok(body) => body,
        Err(more) => return Ok(collect(faults, Err(more))),
    };
    if sent.len() > most && !signed {
        let detail = format!("the body has {} bytes; at most {most} are read", sent.len());
        return Err(Problem::new(ProblemKind::TooLarge, "body-too-large", detail));
    }
    match O::Body::read(call.header("content-type"), sent) {
        Ok(body) => Ok(Some(body)),
        Err(BodyError::Problem(problem)) => Err(problem),
        Err(BodyError::Faults(more)) => Ok(collect(faults, Err(more))),
    }
}

/// Returns the place at which the answer is stored for replay. A repeated message must have an equal body and replays
/// its answer at any time; a repeated request must be equal in all parts, and its key expires.
fn idempotency_slot<O: Operation>(
    call: &Call,
    caller: &O::Caller,
    key: Option<String>,
) -> Option<IdempotencySlot> {
    match (caller.message(), key) {
        (Some(message), _) => {
            let at = idempotency::message_key(&caller.name(), message);
            let request = digest([canonical_body(call).as_slice()]);
            Some(IdempotencySlot { at, request, is_message: true, is_claim: false })
        }
        (None, Some(key)) => {
            let at = idempotency::idempotency_key(&caller.name(), &key);
            Some(IdempotencySlot { at, request: request_digest(call), is_message: false, is_claim: false })
        }
        (None, None) => None,
    }
}

const KEY_HEADER: &str = "idempotency-key";
const KEY_MISSING: &str = "idempotency-key-missing";

/// Returns true if the writes of a route accept `validateOnly`.
pub fn takes_validate_only(route: &Route) -> bool {
    route.method != Method::Get && route.access.needs_token()
}

/// Returns true if the calls of a route accept `If-Match`: those that change an object.
pub fn takes_if_match(route: &Route, takes_version: bool) -> bool {
    match route.method {
        Method::Get => false,
        Method::Put | Method::Patch | Method::Delete => true,
        Method::Post => route.access.needs_token() && takes_version,
    }
}

/// Returns the parameters of a query. The values of those in `lists` are joined by commas.
fn query_parameters(query: &str, lists: &[&str], faults: &mut Faults) -> Map<String, Value> {
    let (mut parameters, mut twice) = (Map::new(), BTreeSet::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match parameters.get_mut(&*name) {
            Some(Value::String(values)) if lists.contains(&&*name) => {
                values.push(',');
                values.push_str(&value);
            }
            Some(_) => {
                twice.insert(name);
            }
            None => {
                parameters.insert(name.into_owned(), Value::String(value.into_owned()));
            }
        }
    }
    // The value of a repeated parameter is ambiguous, so none of its values is parsed.
    for name in twice {
        parameters.remove(&*name);
        faults.0.push(Fault::new(FaultPointer::parameter(name), "duplicate", "is given more than once"));
    }
    parameters
}

/// Adds the names of the parameters that all lists or all writes accept to the faults for unknown parameters.
fn with_common_parameters<O: Operation>(route: &Route, mut faults: Faults) -> Faults {
    let others = match (O::PAGED, takes_validate_only(route)) {
        (true, _) => "; every list takes `pageSize` and `pageToken`",
        (false, true) => "; every write takes `validateOnly`",
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
        let at = FaultPointer::parameter("validateOnly");
        faults.0.push(Fault::new(at, "invalid-boolean", "must be `true` or `false`"));
    }
    sent.as_deref() == Some("true")
}

/// Takes the requested page from the query, together with the page token, which is not yet opened.
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
            let at = FaultPointer::parameter("pageSize");
            faults.0.push(Fault::new(at, "out-of-range", "must be a whole number from 1 on"));
        }
        // A number with too many digits is larger than the maximum.
        size.parse().unwrap_or(MOST).min(MOST)
    });
    let bound_to = format!("{} {} {} {query:?}", caller.name(), O::NAME, call.path);
    (PageRequest { size, after: None, bound_to }, token)
}

/// Returns the position in a page token. If the query has faults, a token that does not match it is not reported,
/// because it may match the corrected query.
fn open_token(
    environment: &Environment,
    bound_to: &str,
    token: &str,
    wrong_query: bool,
) -> Result<Option<String>, Faults> {
    match environment.key.as_ref().and_then(|key| page_token::open(key, bound_to, token)) {
        None if wrong_query && page_token::is_well_formed(token) => Ok(None),
        None => fault("pageToken", "invalid-page-token", "was not issued for this caller and query"),
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
        text => etag_version(text).map(IfMatch::Version),
    };
    match parsed {
        Some(wish) => Ok(Some(wish)),
        None => {
            fault("If-Match", "invalid-etag", "must be `*` or one ETag exactly as received, such as `\"3\"`")
        }
    }
}

/// Returns the version in an `ETag`: `"<version>"` or `"<version>.<digest>"`.
fn etag_version(etag: &str) -> Option<u64> {
    let inner = etag.strip_prefix('"')?.strip_suffix('"')?;
    let (number, digest) = inner.split_once('.').map_or((inner, None), |(n, digest)| (n, Some(digest)));
    let is_digest = |text: &str| text.len() == DIGEST_LENGTH && URL_SAFE_NO_PAD.decode(text).is_ok();
    let version: u64 = number.parse().ok()?;
    (version.to_string() == number && digest.is_none_or(is_digest)).then_some(version)
}

fn fault<T>(parameter: &str, code: &str, detail: &str) -> Result<T, Faults> {
    Err(Faults(vec![Fault::new(FaultPointer::parameter(parameter), code, detail)]))
}

/// Returns a digest of the request's route, path, query and body. The order of query parameters does not change it.
fn request_digest(call: &Call) -> String {
    let mut query: Vec<_> = form_urlencoded::parse(call.query.as_bytes()).collect();
    query.sort();
    let (query, body) = (format!("{query:?}"), canonical_body(call));
    digest([call.route_key.as_bytes(), call.path.as_bytes(), query.as_bytes(), &body])
}

/// Returns the body in a form that the layout of JSON and the way in which its numbers are written do not change. A body
/// that is no JSON, or ambiguous, is returned as it is.
fn canonical_body(call: &Call) -> Vec<u8> {
    let sent = call.body().unwrap_or_default();
    match strict_json(sent) {
        Ok((json, faults)) if faults.0.is_empty() => json.to_string().into_bytes(),
        _ => sent.to_owned(),
    }
}

fn digest<const N: usize>(parts: [&[u8]; N]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    URL_SAFE_NO_PAD.encode(digest.finalize())
}
