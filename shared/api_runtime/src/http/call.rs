//! A call, as it comes: API Gateway's payload (format 2.0), read as it is.
//!
//! Not through an `http::Request`: `lambda_http`'s conversion to one panics on a path, query or base64 body that
//! is not well-formed, and everything needed is in the payload.

use std::collections::BTreeMap;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::{Actor, Fault, FaultPointer, Faults, Problem, ProblemKind};
use http::HeaderMap;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::http::route::{Access, Route};

/// A call, as API Gateway hands it over.
#[derive(Debug)]
pub struct Call {
    pub(super) route_key: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) path_parameters: BTreeMap<String, String>,
    claims: BTreeMap<String, String>,
    /// API Gateway's name for it.
    pub(super) id: String,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Call {
    pub(super) fn new(payload: ApiGatewayV2httpRequest) -> Result<Self, Problem> {
        let sent = payload.body.unwrap_or_default();
        let body = if payload.is_base64_encoded {
            STANDARD.decode(sent).map_err(|_| {
                let fault = Fault::new(
                    FaultPointer::pointer(&[]),
                    "invalid-base64",
                    "is said to be base64, and is not",
                );
                Problem::shape(Faults(vec![fault]))
            })?
        } else {
            sent.into_bytes()
        };
        let context = payload.request_context;
        let claims = context.authorizer.and_then(|authorizer| authorizer.jwt).map(|jwt| jwt.claims);
        Ok(Self {
            route_key: payload.route_key.or(context.route_key).unwrap_or_default(),
            id: context.request_id.unwrap_or_else(domain::id::nonce),
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
        let forbidden = |code, detail: String| Problem::new(ProblemKind::Forbidden, code, detail);
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
    pub(super) fn digest(&self) -> String {
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
        URL_SAFE_NO_PAD.encode(digest.finalize())
    }
}
