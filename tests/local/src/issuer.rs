//! Token issuer of the local stack, and the checks of API Gateway's JWT authorizer.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::Timestamp;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::Error;

/// This key is published: it protects nothing, and only the local stack trusts it.
const KEY: &str = include_str!("issuer_key.pem");

/// Audience of the tokens.
pub const AUDIENCE: &str = "vouchsafe-local";

/// Prefix of this system's own claims.
pub const CLAIM_PREFIX: &str = "vouchsafe:";

const KEY_ID: &str = "local";
const LIFETIME_SECONDS: u64 = 12 * 3600;

/// Issues tokens and verifies them.
pub struct Issuer {
    key: RsaKeyPair,
    url: String,
}

/// Request for a token: the person that it identifies.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    sub: String,
    email: Option<String>,
    #[serde(default = "yes")]
    email_verified: bool,
    role: Option<String>,
    org: Option<String>,
    manager: Option<bool>,
}

fn yes() -> bool {
    true
}

impl Issuer {
    /// Returns the issuer at this URL, with the published key.
    pub fn new(url: &str) -> Result<Self, Error> {
        Self::with_key(url, KEY)
    }

    /// Returns the issuer at this URL, with an RSA key of its own (PKCS #8, as PEM).
    pub fn with_key(url: &str, pem: &str) -> Result<Self, Error> {
        let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(base64)?).map_err(|error| error.to_string())?;
        Ok(Self { key, url: url.to_owned() })
    }

    /// Issues a token that is valid for twelve hours from `now` on.
    pub fn token(&self, wanted: &TokenRequest, now: Timestamp) -> String {
        let mut claims = json!({
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": wanted.sub,
            "iat": now.unix_seconds(),
            "exp": now.unix_seconds() + LIFETIME_SECONDS,
        });
        let Value::Object(map) = &mut claims else {
            return String::new();
        };
        let mut put = |name: String, value: Option<Value>| value.map(|value| map.insert(name, value));
        put("email".to_owned(), wanted.email.clone().map(Value::from));
        put(
            "email_verified".to_owned(),
            wanted.email.is_some().then_some(Value::from(wanted.email_verified)),
        );
        put(format!("{CLAIM_PREFIX}role"), wanted.role.clone().map(Value::from));
        put(format!("{CLAIM_PREFIX}org"), wanted.org.clone().map(Value::from));
        put(format!("{CLAIM_PREFIX}manager"), wanted.manager.map(Value::from));
        self.sign(&claims)
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": KEY_ID });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let content = format!("{}.{}", part(&header), part(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        let signed =
            self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), content.as_bytes(), &mut signature);
        signed.map_or_else(|_| String::new(), |()| format!("{content}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Returns the claims of a token that this issuer signed and that is valid at `now`; `None` for any other. All
    /// claims are strings, as API Gateway passes them on.
    pub fn check(&self, authorization: Option<&str>, now: Timestamp) -> Option<Map<String, Value>> {
        let token = authorization?;
        let token = token.strip_prefix("Bearer ").or(token.strip_prefix("bearer ")).unwrap_or(token).trim();
        let (content, signature) = token.rsplit_once('.')?;
        let (header, claims) = content.split_once('.')?;
        let object = |part: &str| -> Option<Map<String, Value>> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
        };
        if object(header)?.get("alg")? != "RS256" {
            return None;
        }
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.key.public().as_ref());
        key.verify(content.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        let claims = object(claims)?;
        let ours = claims.get("iss")? == &self.url && claims.get("aud")? == AUDIENCE;
        let fresh = claims.get("exp")?.as_u64()? > now.unix_seconds();
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let texts = claims.into_iter().map(|(name, value)| (name, Value::String(text(value))));
        (ours && fresh).then(|| texts.collect())
    }

    /// Returns the document `/.well-known/openid-configuration`.
    pub fn configuration(&self) -> Value {
        json!({
            "issuer": self.url,
            "jwks_uri": format!("{}/.well-known/jwks.json", self.url),
            "token_endpoint": format!("{}/_local/token", self.url),
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        })
    }

    /// Returns the document `/.well-known/jwks.json`.
    pub fn keys(&self) -> Value {
        let public: PublicKeyComponents<Vec<u8>> = self.key.public().into();
        json!({ "keys": [{
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": KEY_ID,
            "n": URL_SAFE_NO_PAD.encode(public.n),
            "e": URL_SAFE_NO_PAD.encode(public.e),
        }] })
    }
}
