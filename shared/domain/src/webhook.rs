//! Webhooks that stores send: how a message proves its sender (Standard Webhooks 1.0), and how a buyer proves
//! an account.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::digest::CtOutput;
use hmac::{Hmac, Mac};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::id::{PartnerId, SourceId};
use crate::key::{DeploymentKey, mac};
use crate::party::Metadata;
use crate::text::{Name, StoreAccount};
use crate::time::{Period, Timestamp};
use crate::unicode::nfd;

/// A store that sends signed messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// What people call it.
    pub name: Name,
    /// Whether its orders may name the partner instead of an account.
    pub may_name_partners: bool,
    /// Which of its secrets is in force.
    pub secret_version: u32,
    /// Those before it that are still good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_secrets: Vec<EarlierSecret>,
    /// Since when none of its messages is taken any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// When, and which version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

/// A secret that another has taken the place of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EarlierSecret {
    /// Which of the source's secrets.
    pub version: u32,
    /// It is good before this instant.
    pub until: Timestamp,
}

impl EarlierSecret {
    fn is_good(&self, now: Timestamp) -> bool {
        now < self.until
    }
}

impl Source {
    /// As many earlier secrets are good at a time.
    const MOST_EARLIER: usize = 5;

    /// How long a secret is good after another has taken its place.
    const OVERLAP: Period = Period::days(1);

    /// The secrets that prove a message to be its own now; of a disabled source none does. While the deployment's key is
    /// rotated, there are as many of the key before.
    pub fn secrets(&self, key: &DeploymentKey, now: Timestamp) -> Vec<Secret> {
        let earlier = self.earlier_secrets.iter().filter(|earlier| earlier.is_good(now));
        let versions = std::iter::once(self.secret_version).chain(earlier.map(|earlier| earlier.version));
        let versions = versions.filter(|_| self.disabled_at.is_none());
        versions.flat_map(|version| key.derive_all(&purpose(self.id, version)).map(Secret)).collect()
    }

    /// The source with a new secret; the one before stays good for a day. None if it was rotated too often lately.
    pub fn rotated(mut self, now: Timestamp) -> Option<Self> {
        self.earlier_secrets.retain(|earlier| earlier.is_good(now));
        self.earlier_secrets
            .push(EarlierSecret { version: self.secret_version, until: now.after(Self::OVERLAP) });
        self.secret_version = self.secret_version.saturating_add(1);
        self.metadata = self.metadata.next(now);
        (self.earlier_secrets.len() <= Self::MOST_EARLIER).then_some(self)
    }

    /// The source, no message of which is taken any more.
    pub fn disabled(self, now: Timestamp) -> Self {
        Self { disabled_at: Some(now), metadata: self.metadata.next(now), ..self }
    }
}

/// A source's signing secret. Derived from the deployment's key, never stored.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// The secret number `version` of a source.
    pub fn derive(key: &DeploymentKey, source: SourceId, version: u32) -> Self {
        Self(key.derive(&purpose(source, version)))
    }

    /// The secret as its owner sees it: `whsec_` and base64.
    pub fn reveal(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0))
    }
}

/// What a source's secret is derived for.
fn purpose(source: SourceId, version: u32) -> String {
    format!("webhook-secret.{source}.{version}")
}

/// A signature of a scheme that is known here: HMAC-SHA256.
type Signature = CtOutput<Hmac<Sha256>>;

/// A signature as it is sent: `v1,<base64>`. Those of other schemes are passed over.
fn parse_signature(sent: &str) -> Option<Signature> {
    let bytes: [u8; 32] = STANDARD.decode(sent.strip_prefix("v1,")?).ok()?.try_into().ok()?;
    Some(Signature::new(bytes.into()))
}

/// Whether one of `signatures` is that of `content`: one hash of the content, however many signatures there are. Compares in
/// constant time.
fn signed(secret: &Secret, content: &[&[u8]], signatures: &[Signature]) -> bool {
    let own = mac(&secret.0, content).finalize();
    signatures.contains(&own)
}

/// What a message says of itself in its headers.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// `webhook-id`: 1 to 255 bytes, the same for every delivery of a message.
    pub id: &'a str,
    /// `webhook-timestamp`: Unix seconds of the attempt.
    pub timestamp: &'a str,
    /// `webhook-signature`: space-separated, several while a secret is being changed.
    pub signatures: &'a str,
}

/// How far a message's timestamp may be from our clock, either way.
const TOLERANCE_SECONDS: u64 = 5 * 60;

/// Maximum number of signatures of a message: a store sends one for each of its secrets.
pub const MOST_SIGNATURES: usize = 10;

/// Maximum size of a message in bytes.
pub const LARGEST_MESSAGE: usize = 256 * 1024;

/// An envelope that may vouch for its message, as far as can be told without a secret.
pub struct Sealed<'a> {
    envelope: Envelope<'a>,
    signatures: Vec<Signature>,
}

impl<'a> Envelope<'a> {
    /// It, if its id and timestamp are of their form, the timestamp is within five minutes of `now`, and at least one and at most
    /// [`MOST_SIGNATURES`] signatures are there.
    pub fn open(self, now: Timestamp) -> Option<Sealed<'a>> {
        let digits = !self.timestamp.is_empty() && self.timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let sent = self.timestamp.parse::<u64>().ok().filter(|_| digits)?;
        let fresh = now.unix_seconds().abs_diff(sent) <= TOLERANCE_SECONDS;
        let named = (1..=255).contains(&self.id.len());
        let few = self.signatures.split(' ').nth(MOST_SIGNATURES).is_none();
        let good = fresh && named && few;
        let signatures = self.signatures.split(' ').filter(|_| good).filter_map(parse_signature);
        let signatures: Vec<_> = signatures.collect();
        (!signatures.is_empty()).then_some(Sealed { envelope: self, signatures })
    }
}

impl Sealed<'_> {
    /// Whether the owner of one of `secrets` sent exactly these bytes. The message is hashed once per secret.
    pub fn vouches_for(&self, body: &[u8], secrets: &[Secret]) -> bool {
        let Envelope { id, timestamp, .. } = self.envelope;
        let content: [&[u8]; 5] = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
        secrets.iter().any(|secret| signed(secret, &content, &self.signatures))
    }
}

/// How far ahead a proof may expire.
const PROOF_SECONDS: u64 = 15 * 60;

/// What is wrong with a buyer's proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofFault {
    /// It is not the store's, or not for this partner and account, or reaches too far ahead.
    Invalid,
    /// It was good once.
    Expired,
}

/// Checks a buyer's proof, `<unix expiry>.v1,<base64>`: the store signed
/// `link.<partner id>.<account>.<unix expiry>` with its secret.
///
/// # Errors
///
/// [`ProofFault`].
pub fn check_proof(
    proof: &str,
    secret: &Secret,
    partner: PartnerId,
    account: &StoreAccount,
    now: Timestamp,
) -> Result<(), ProofFault> {
    let (expiry, signature) = proof.split_once('.').ok_or(ProofFault::Invalid)?;
    // A store may write the account otherwise than it is kept, to the same effect.
    let contents = [account.as_str().into(), nfd(account.as_str())]
        .map(|account: std::borrow::Cow<'_, str>| format!("link.{partner}.{account}.{expiry}"));
    let expiry: u64 = expiry.parse().map_err(|_| ProofFault::Invalid)?;
    let signature = parse_signature(signature).ok_or(ProofFault::Invalid)?;
    let signature = [signature];
    if !contents.iter().any(|content| signed(secret, &[content.as_bytes()], &signature)) {
        return Err(ProofFault::Invalid);
    }
    match expiry.checked_sub(now.unix_seconds()) {
        None | Some(0) => Err(ProofFault::Expired),
        Some(left) if left > PROOF_SECONDS => Err(ProofFault::Invalid),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hmac::KeyInit;

    fn secret() -> Secret {
        let source = "src_019b8c3e-5c00-7000-8000-000000000003".parse().unwrap();
        Secret::derive(&"key".parse().unwrap(), source, 1)
    }

    fn sign(content: &[&[u8]]) -> String {
        format!("v1,{}", STANDARD.encode(mac(&secret().0, content).finalize().into_bytes()))
    }

    fn now() -> Timestamp {
        "2026-01-05T09:00:00.500Z".parse().unwrap()
    }

    fn vouches(timestamp: &str, signatures: &str, body: &[u8]) -> bool {
        let sealed = Envelope { id: "msg_1", timestamp, signatures }.open(now());
        sealed.is_some_and(|sealed| sealed.vouches_for(body, &[secret()]))
    }

    #[test]
    fn hmac_sha256_matches_the_standard_webhooks_reference_vector() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let content: &[u8] = br#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#;
        let expected = STANDARD.decode("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=").unwrap();
        let mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap().chain_update(content);
        assert!(mac.verify_slice(&expected).is_ok());
    }

    #[test]
    fn message_more_than_five_minutes_off_is_refused() {
        for (offset, good) in [(-301, false), (-300, true), (0, true), (300, true), (301, false)] {
            let sent = now().unix_seconds().saturating_add_signed(offset).to_string();
            let signature = sign(&[b"msg_1.", sent.as_bytes(), b".", b"{}"]);
            assert_eq!(vouches(&sent, &signature, b"{}"), good, "{offset}");
        }
        for rubbish in ["", "-1", "+1767603600", "1e9", "99999999999999999999", "1767603600 "] {
            let signature = sign(&[b"msg_1.", rubbish.as_bytes(), b".", b"{}"]);
            assert!(!vouches(rubbish, &signature, b"{}"), "{rubbish}");
        }
    }

    #[test]
    fn one_good_signature_among_several_is_enough() {
        let sent = now().unix_seconds().to_string();
        let good = sign(&[b"msg_1.", sent.as_bytes(), b".", b"\xff\x00"]);
        assert!(vouches(&sent, &format!("v1a,xyz v1,AAAA {good}"), b"\xff\x00"));
        assert!(!vouches(&sent, &format!("v1a,xyz v1,AAAA {good}"), b"\xff\x01"));
        assert!(!vouches(&sent, &good.replacen("v1,", "v2,", 1), b"\xff\x00"));
        assert!(!vouches(&sent, "", b""));
    }

    #[test]
    fn more_than_ten_signatures_are_refused() {
        let sent = now().unix_seconds().to_string();
        let good = sign(&[b"msg_1.", sent.as_bytes(), b".", b"{}"]);
        let with = |others: usize| format!("{}{good}", "v1,AAAA ".repeat(others));
        assert!(vouches(&sent, &with(MOST_SIGNATURES - 1), b"{}"));
        assert!(!vouches(&sent, &with(MOST_SIGNATURES), b"{}"));
    }

    #[test]
    fn proof_for_another_account_or_beyond_15_minutes_is_refused() {
        let partner: PartnerId = "prt_019b8c3e-5c00-7000-8000-000000000001".parse().unwrap();
        let account: StoreAccount = "ec-47.11".parse().unwrap();
        let proof = |ahead: i64, account: &str| {
            let expiry = now().unix_seconds().saturating_add_signed(ahead);
            format!("{expiry}.{}", sign(&[format!("link.{partner}.{account}.{expiry}").as_bytes()]))
        };
        let check = |proof: &str| check_proof(proof, &secret(), partner, &account, now());
        assert_eq!(check(&proof(1, "ec-47.11")), Ok(()));
        assert_eq!(check(&proof(900, "ec-47.11")), Ok(()));
        assert_eq!(check(&proof(0, "ec-47.11")), Err(ProofFault::Expired));
        assert_eq!(check(&proof(901, "ec-47.11")), Err(ProofFault::Invalid));
        assert_eq!(check(&proof(60, "ec-4712")), Err(ProofFault::Invalid));
        for rubbish in ["", ".", "1.v1,", "x.v1,AAAA", "99999999999999999999999.v1,AAAA"] {
            assert_eq!(check(rubbish), Err(ProofFault::Invalid), "{rubbish}");
        }
    }
}
