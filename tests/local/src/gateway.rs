//! Acts as API Gateway for each route (authorizer, payload in format 2.0, response) and as Lambda (deadline, and a
//! function's failure that affects nothing else).

use std::collections::BTreeMap;
use std::sync::Arc;

use api_runtime::http::openapi::Description;
use api_runtime::lambda::{Handler, JobHandler, system_clock};
use api_runtime::{Environment, Route};
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use lambda_runtime::LambdaEvent;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use crate::cors;
use crate::fault_proxy::FaultProxy;
use crate::issuer::Issuer;

/// Timeout of the scheduled function in milliseconds, as in the template.
pub const SCHEDULE_TIMEOUT_MILLIS: u64 = 50_000;

/// Largest payload that Lambda accepts, in bytes.
const LARGEST: usize = 6 * 1024 * 1024;

/// All functions behind their routes.
pub struct Gateway {
    functions: Vec<(Description, Handler)>,
    job: JobHandler,
    environment: Arc<Environment>,
    issuer: Arc<Issuer>,
    fault_proxy: FaultProxy,
    cors_origins: Vec<String>,
}

/// A request, as it is received.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// HTTP method.
    pub method: String,
    /// Path, percent-encoded.
    pub path: String,
    /// Query, percent-encoded, without the question mark.
    pub query: String,
    /// Headers, with their names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// A response, as it is sent.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Response {
    /// Returns a response with a JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: format!("{body}\n").into_bytes() }
    }

    /// Returns an error response that API Gateway itself sends.
    pub fn message(status: u16, message: &str) -> Self {
        Self::json(status, &json!({ "message": message }))
    }
}

/// A function that failed without an answer.
#[derive(Debug)]
pub struct Crash {
    /// Kind of failure, as Lambda names it.
    pub kind: &'static str,
    /// Error message.
    pub message: String,
}

impl Crash {
    fn new(kind: &'static str, message: impl std::fmt::Display) -> Self {
        Self { kind, message: message.to_string() }
    }
}

/// Returns the Lambda context of a function with this much time.
fn context(millis: u64) -> lambda_runtime::Context {
    let mut context = lambda_runtime::Context::default();
    context.deadline = system_clock().unix_millis() + millis;
    context.request_id = domain::Ids::random().uuid(system_clock()).to_string();
    context
}

impl Gateway {
    /// Returns a gateway for all operations, in this environment.
    pub fn new(
        environment: Arc<Environment>,
        issuer: Arc<Issuer>,
        fault_proxy: FaultProxy,
        cors_origins: Vec<String>,
    ) -> Self {
        let entries = functions::operations().into_iter();
        let mounted = entries.map(|entry| (entry.description, (entry.handler)(environment.clone())));
        let job = (functions::SCHEDULE.job)(environment.clone());
        Self { functions: mounted.collect(), job, environment, issuer, fault_proxy, cors_origins }
    }

    /// Answers a request.
    pub async fn answer(&self, request: Request) -> Response {
        if request.method == "OPTIONS" {
            let headers = cors::preflight(&self.cors_origins, header(&request, "origin"));
            return Response { status: 204, headers, body: Vec::new() };
        }
        let id = domain::Ids::random().uuid((self.environment.clock)()).to_string();
        let mut response = self.routed(&request, &id).await;
        // A function logs its own answer. The path is left out, because it may hold what a caller mistyped.
        if !response.headers.iter().any(|(name, _)| name == "x-request-id") {
            let (method, status) = (&request.method, response.status);
            tracing::info!(method, status, gateway_request_id = id, "answered by the gateway");
        }
        response.headers.push(("apigw-requestid".to_owned(), id));
        response.headers.extend(cors::allowed(&self.cors_origins, header(&request, "origin")));
        response
    }

    /// Answers a request under this request id, by the function of its route if there is one.
    async fn routed(&self, request: &Request, id: &str) -> Response {
        let Some((description, route, parameters)) = self.find(request) else {
            return Response::message(404, "Not Found");
        };
        let now = (self.environment.clock)();
        let claims = if route.access.needs_token() {
            let sent = header(request, "authorization");
            match self.issuer.check(sent, now) {
                Some(claims) => Some(claims),
                None => {
                    let mut refused = Response::message(401, "Unauthorized");
                    let why = if sent.is_some() { "Bearer error=\"invalid_token\"" } else { "Bearer" };
                    refused.headers.push(("www-authenticate".to_owned(), why.to_owned()));
                    return refused;
                }
            }
        } else {
            None
        };
        let payload = payload(request, route, parameters, claims, (id, now));
        if payload.to_string().len() > LARGEST {
            return Response::message(413, "Request Entity Too Large");
        }
        match self.invoke(description.name, payload).await {
            Some(Ok(answer)) => respond(&answer),
            _ => Response::message(500, "Internal Server Error"),
        }
    }

    /// Invokes a function with a payload; returns `None` if there is no such function.
    pub async fn invoke(&self, operation: &str, payload: Value) -> Option<Result<Value, Crash>> {
        if operation == functions::SCHEDULE.name {
            return Some(self.tick().await);
        }
        let (description, handler) =
            self.functions.iter().find(|(described, _)| is_named(described, operation))?;
        let payload: ApiGatewayV2httpRequest = match serde_json::from_value(payload) {
            Ok(payload) => payload,
            Err(error) => return Some(Err(Crash::new("Runtime.UnmarshalError", error))),
        };
        let call = handler(LambdaEvent::new(payload, context(description.size.seconds * 1000)));
        Some(self.run(description.name, async { Ok(call.await) }).await)
    }

    /// Runs the scheduled function once.
    pub async fn tick(&self) -> Result<Value, Crash> {
        let run = (self.job)(LambdaEvent::new(IgnoredAny, context(SCHEDULE_TIMEOUT_MILLIS)));
        self.run(functions::SCHEDULE.name, run).await
    }

    async fn run<T: Serialize + Send + 'static>(
        &self,
        name: &'static str,
        call: impl Future<Output = Result<T, String>> + Send + 'static,
    ) -> Result<Value, Crash> {
        let fault_proxy = self.fault_proxy.clone();
        // The call is a task of its own: it continues if the client disconnects, and a panic ends only this task.
        match tokio::spawn(async move { fault_proxy.metered(name, call).await }).await {
            Ok(Some(Ok(response))) => {
                serde_json::to_value(response).map_err(|error| Crash::new("Runtime.MarshalError", error))
            }
            Ok(Some(Err(why))) => Err(Crash::new("Unfinished", why)),
            Ok(None) => Err(Crash::new("Runtime.ExitError", "the process was killed")),
            Err(error) => Err(Crash::new("Runtime.ExitError", error)),
        }
    }

    fn find(&self, request: &Request) -> Option<(&Description, &'static Route, BTreeMap<String, String>)> {
        self.functions.iter().find_map(|(description, _)| {
            let routes: &'static [Route] = description.routes;
            let method = |route: &&Route| route.method.name() == request.method;
            routes
                .iter()
                .filter(method)
                .find_map(|route| Some((description, route, bind(route.path, &request.path)?)))
        })
    }
}

/// Returns true if a name is that of an operation, or the id of one of its routes.
fn is_named(described: &Description, name: &str) -> bool {
    described.name == name || described.routes.iter().any(|route| described.operation_id(route) == name)
}

/// Returns the decoded parameters of a path; `None` if it does not match the template.
pub fn bind(template: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let (wanted, given): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    if wanted.len() != given.len() {
        return None;
    }
    let mut parameters = BTreeMap::new();
    for (wanted, given) in wanted.into_iter().zip(given) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if !given.is_empty() => {
                parameters
                    .insert(name.to_owned(), percent_decode_str(given).decode_utf8_lossy().into_owned());
            }
            _ if wanted == given => {}
            _ => return None,
        }
    }
    Some(parameters)
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Returns true if API Gateway passes a body of this type on as text.
fn is_text(content_type: Option<&str>) -> bool {
    let media = content_type.unwrap_or("text/plain").split(';').next().unwrap_or_default().trim();
    media.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&media)
}

/// Returns the payload for a request, with its request id and time.
pub fn payload(
    request: &Request,
    route: &Route,
    parameters: BTreeMap<String, String>,
    claims: Option<Map<String, Value>>,
    (id, now): (&str, Timestamp),
) -> Value {
    let mut headers: BTreeMap<&str, String> = BTreeMap::new();
    let mut cookies = Vec::new();
    for (name, value) in &request.headers {
        if name == "cookie" {
            cookies.extend(value.split("; "));
            continue;
        }
        let joined = headers.entry(name).or_default();
        if !joined.is_empty() {
            joined.push(',');
        }
        joined.push_str(value);
    }
    let raw_path = percent_decode_str(&request.path).decode_utf8_lossy();
    let host = headers.get("host").cloned().unwrap_or_default();
    let time = chrono::DateTime::from_timestamp_millis(i64::try_from(now.unix_millis()).unwrap_or_default());
    let time = time.unwrap_or_default().format("%d/%b/%Y:%H:%M:%S +0000").to_string();
    let mut payload = json!({
        "version": "2.0",
        "routeKey": route.key(),
        "rawPath": raw_path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": host,
            "domainPrefix": host.split('.').next(),
            "http": {
                "method": request.method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": headers.get("user-agent").cloned().unwrap_or_default(),
            },
            "requestId": id,
            "routeKey": route.key(),
            "stage": "$default",
            "time": time,
            "timeEpoch": now.unix_millis(),
        },
        "isBase64Encoded": false,
    });
    let mut put = |path: &[&str], value: Value| {
        let mut place = &mut payload;
        for name in path {
            let Value::Object(map) = place else { return };
            place = map.entry(*name).or_insert_with(|| json!({}));
        }
        *place = value;
    };
    if !cookies.is_empty() {
        put(&["cookies"], json!(cookies));
    }
    let query = query_parameters(&request.query);
    if !query.is_empty() {
        put(&["queryStringParameters"], json!(query));
    }
    if !parameters.is_empty() {
        put(&["pathParameters"], json!(parameters));
    }
    if let Some(claims) = claims {
        put(&["requestContext", "authorizer"], json!({ "jwt": { "claims": claims, "scopes": null } }));
    }
    if !request.body.is_empty() {
        match std::str::from_utf8(&request.body) {
            Ok(text) if is_text(header(request, "content-type")) => put(&["body"], json!(text)),
            _ => {
                put(&["body"], json!(STANDARD.encode(&request.body)));
                put(&["isBase64Encoded"], json!(true));
            }
        }
    }
    payload
}

/// Returns the decoded parameters of a query; repeated ones are joined by a comma.
fn query_parameters(query: &str) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name), decode(value));
        match parameters.get_mut(&name) {
            Some(joined) => *joined = format!("{joined},{value}"),
            None => {
                parameters.insert(name, value);
            }
        }
    }
    parameters
}

/// Converts a function's answer to an HTTP response.
fn respond(answer: &Value) -> Response {
    let status =
        answer.get("statusCode").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    let headers = answer.get("headers").and_then(Value::as_object).into_iter().flatten();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let headers = headers.filter_map(|(name, value)| Some((name.to_lowercase(), text(value)?)));
    let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
    let body = match answer.get("isBase64Encoded") {
        Some(Value::Bool(true)) => STANDARD.decode(body).unwrap_or_default(),
        _ => body.as_bytes().to_vec(),
    };
    Response { status: status.unwrap_or(500), headers: headers.collect(), body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_bound_segment_by_segment_and_decoded() {
        let bound = bind("/v1/partners/{partnerId}/store", "/v1/partners/a%2Fb%20c/store").unwrap();
        assert_eq!(bound["partnerId"], "a/b c");
        for path in ["/v1/partners//store", "/v1/partners/x/store/", "/v1/partners/x", "/V1/partners/x/store"]
        {
            assert_eq!(bind("/v1/partners/{partnerId}/store", path), None, "{path}");
        }
    }

    #[test]
    fn a_query_is_decoded_and_repeats_are_joined() {
        let parameters = query_parameters("a=1&b=x%20y+z&a=2&&c");
        assert_eq!(parameters["a"], "1,2");
        assert_eq!(parameters["b"], "x y z");
        assert_eq!(parameters["c"], "");
    }
}
