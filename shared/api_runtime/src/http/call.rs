//! Calls, read directly from API Gateway's payload (format 2.0).
//!
//! The payload is not converted to an `http::Request`: the conversion in `lambda_http` panics on a path, query or
//! base64 body that is not well-formed, and the payload contains everything that is needed.

use std::collections::BTreeMap;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{Actor, Fault, FaultPointer, Faults, Problem, ProblemKind};
use http::HeaderMap;

/// A call, as API Gateway passes it on.
#[derive(Debug)]
pub struct Call {
    pub(super) route_key: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) path_parameters: BTreeMap<String, String>,
    claims: BTreeMap<String, String>,
    /// API Gateway's request id, which no other call has; a random one if the payload has none.
    pub(super) gateway_id: String,
    /// Body, decoded if it was sent as base64, or its fault.
    body: Result<Vec<u8>, Faults>,
}

impl Call {
    pub(super) fn new(payload: ApiGatewayV2httpRequest) -> Self {
        let sent = payload.body.unwrap_or_default();
        let body = if payload.is_base64_encoded {
            STANDARD.decode(sent).map_err(|_| {
                let detail = "is marked as base64 but is not valid base64";
                Faults(vec![Fault::new(FaultPointer::pointer(&[]), "invalid-base64", detail)])
            })
        } else {
            Ok(sent.into_bytes())
        };
        let context = payload.request_context;
        let claims = context.authorizer.and_then(|authorizer| authorizer.jwt).map(|jwt| jwt.claims);
        Self {
            route_key: payload.route_key.or(context.route_key).unwrap_or_default(),
            gateway_id: context.request_id.unwrap_or_else(domain::id::nonce),
            path: payload.raw_path.unwrap_or_default(),
            query: payload.raw_query_string.unwrap_or_default(),
            headers: payload.headers,
            path_parameters: payload.path_parameters.into_iter().collect(),
            claims: claims.unwrap_or_default().into_iter().collect(),
            body,
        }
    }

    /// Returns the id by which the caller and the log know the request: the caller's `x-request-id` if it is 1 to 128
    /// letters, digits and `._:-`, otherwise API Gateway's request id.
    pub(super) fn request_id(&self) -> &str {
        let known = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
        let well_formed = |id: &&str| (1..=128).contains(&id.len()) && id.chars().all(known);
        self.header("x-request-id").filter(well_formed).unwrap_or(&self.gateway_id)
    }

    /// Returns the body, decoded if it was sent as base64.
    ///
    /// # Errors
    ///
    /// A fault if it is not valid base64.
    pub fn body(&self) -> Result<&[u8], Faults> {
        self.body.as_deref().map_err(Clone::clone)
    }

    /// Returns the value of a header; `None` if it is absent or not visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns a path parameter as it was received, unparsed.
    pub fn path_parameter(&self, name: &str) -> Option<&str> {
        self.path_parameters.get(name).map(String::as_str)
    }

    /// Returns the person whose token API Gateway verified.
    ///
    /// # Errors
    ///
    /// 403 if the claims do not identify a known kind of caller.
    pub fn actor(&self, claim_prefix: &str) -> Result<Actor, Problem> {
        let claim = |name: &str| self.claims.get(name).map(String::as_str);
        Actor::from_claims(claim_prefix, claim)
            .map_err(|why| Problem::new(ProblemKind::Forbidden, "unknown-caller", why))
    }
}
