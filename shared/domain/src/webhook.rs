//! Webhooks that stores send: how a message proves its sender (Standard Webhooks 1.0), and how a buyer proves that an
//! account is its own.

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

/// Webhook source: a store that sends signed messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// Id of the webhook source.
    pub id: SourceId,
    /// Display name of the store; 1 to 200 characters.
    pub name: Name,
    /// Whether its messages may name any partner by `partnerId`, and sell subscriptions without a partner. If not, they
    /// name the buyer's account at the store.
    pub may_name_partners: bool,
    /// Number of its current secret; the first is 1, and each rotation adds 1.
    pub secret_version: u32,
    /// Replaced secrets, oldest first; at most 5. Expired ones are removed by the next rotation. Absent if there are
    /// none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_secrets: Vec<EarlierSecret>,
    /// Time from which its messages are rejected; RFC 3339, UTC. Absent if the source is not disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// Times of creation and of the latest update, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

/// Replaced secret of a webhook source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EarlierSecret {
    /// Number of the secret.
    pub version: u32,
    /// Time until which the secret is valid, exclusive; RFC 3339, UTC.
    pub until: Timestamp,
}

impl EarlierSecret {
    fn is_good(&self, now: Timestamp) -> bool {
        now < self.until
    }
}

impl Source {
    /// Maximum number of replaced secrets that are valid at a time.
    const MOST_EARLIER: usize = 5;

    /// Time for which a secret stays valid after it was replaced.
    const OVERLAP: Period = Period::days(1);

    /// Returns the secrets that are valid now; none for a disabled source. While the deployment's key is rotated, each
    /// secret is returned twice: derived from the current key and from the previous one.
    pub fn secrets(&self, key: &DeploymentKey, now: Timestamp) -> Vec<Secret> {
        let earlier = self.earlier_secrets.iter().filter(|earlier| earlier.is_good(now));
        let versions = std::iter::once(self.secret_version).chain(earlier.map(|earlier| earlier.version));
        let versions = versions.filter(|_| self.disabled_at.is_none());
        versions.flat_map(|version| key.derive_all(&purpose(self.id, version)).map(Secret)).collect()
    }

    /// Returns the source with a new secret; the replaced one stays valid for a day. Returns `None` if that would
    /// exceed the maximum number of replaced secrets.
    pub fn rotated(mut self, now: Timestamp) -> Option<Self> {
        self.earlier_secrets.retain(|earlier| earlier.is_good(now));
        self.earlier_secrets
            .push(EarlierSecret { version: self.secret_version, until: now.after(Self::OVERLAP) });
        self.secret_version = self.secret_version.saturating_add(1);
        self.metadata = self.metadata.next(now);
        (self.earlier_secrets.len() <= Self::MOST_EARLIER).then_some(self)
    }

    /// Returns the source as disabled: its messages are rejected.
    pub fn disabled(self, now: Timestamp) -> Self {
        Self { disabled_at: Some(now), metadata: self.metadata.next(now), ..self }
    }
}

/// Signing secret of a source. It is derived from the deployment's key, and never stored.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Derives the secret with number `version` of a source.
    pub fn derive(key: &DeploymentKey, source: SourceId, version: u32) -> Self {
        Self(key.derive(&purpose(source, version)))
    }

    /// Returns the secret in the form that its owner gets: `whsec_` and base64.
    pub fn reveal(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0))
    }
}

/// Returns the purpose for which a source's secret is derived from the key.
fn purpose(source: SourceId, version: u32) -> String {
    format!("webhook-secret.{source}.{version}")
}

/// Signature of the only supported scheme: HMAC-SHA256.
type Signature = CtOutput<Hmac<Sha256>>;

/// Parses a signature of the form `v1,<base64>`. Signatures of other schemes are skipped.
fn parse_signature(sent: &str) -> Option<Signature> {
    let bytes: [u8; 32] = STANDARD.decode(sent.strip_prefix("v1,")?).ok()?.try_into().ok()?;
    Some(Signature::new(bytes.into()))
}

/// Returns whether one of `signatures` is that of `content`. The content is hashed once, however many signatures there
/// are, and the comparison takes constant time.
fn signed(secret: &Secret, content: &[&[u8]], signatures: &[Signature]) -> bool {
    let own = mac(&secret.0, content).finalize();
    signatures.contains(&own)
}

/// Headers that identify and sign a message.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// `webhook-id`: 1 to 255 bytes, the same for every delivery of a message.
    pub id: &'a str,
    /// `webhook-timestamp`: time of the delivery attempt in Unix seconds.
    pub timestamp: &'a str,
    /// `webhook-signature`: signatures separated by spaces; several while a secret is rotated.
    pub signatures: &'a str,
}

/// Maximum difference between a message's timestamp and the current time, in either direction.
const TOLERANCE_SECONDS: u64 = 5 * 60;

/// Maximum number of signatures of a message: a store sends one for each of its secrets.
pub const MOST_SIGNATURES: usize = 10;

/// Maximum size of a message in bytes.
pub const LARGEST_MESSAGE: usize = 256 * 1024;

/// Envelope that passed all checks that need no secret.
pub struct Sealed<'a> {
    envelope: Envelope<'a>,
    signatures: Vec<Signature>,
}

impl<'a> Envelope<'a> {
    /// Returns the envelope as sealed if it passes all checks that need no secret.
    ///
    /// # Errors
    ///
    /// One sentence for the store's developers: a header is missing or malformed, the timestamp is more than five
    /// minutes off `now`, there are more than [`MOST_SIGNATURES`] signatures, or none is of the supported scheme.
    pub fn open(self, now: Timestamp) -> Result<Sealed<'a>, &'static str> {
        if self.id.is_empty() || self.timestamp.is_empty() || self.signatures.is_empty() {
            return Err("the message must have the headers `webhook-id`, `webhook-timestamp` and \
                `webhook-signature`");
        }
        if self.id.len() > 255 {
            return Err("`webhook-id` must have at most 255 characters");
        }
        let digits = self.timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let sent = self.timestamp.parse::<u64>().ok().filter(|_| digits);
        let sent = sent.ok_or("`webhook-timestamp` must be the Unix time of the attempt in seconds")?;
        if now.unix_seconds().abs_diff(sent) > TOLERANCE_SECONDS {
            return Err(
                "`webhook-timestamp` is more than 5 minutes off: sign each attempt with its own time",
            );
        }
        if self.signatures.split(' ').nth(MOST_SIGNATURES).is_some() {
            return Err("`webhook-signature` must have at most 10 signatures");
        }
        let signatures: Vec<_> = self.signatures.split(' ').filter_map(parse_signature).collect();
        match signatures.is_empty() {
            true => Err("`webhook-signature` must have a signature of the form `v1,<base64>`"),
            false => Ok(Sealed { envelope: self, signatures }),
        }
    }
}

impl Sealed<'_> {
    /// Returns whether the owner of one of `secrets` sent exactly these bytes. The message is hashed once per secret.
    pub fn vouches_for(&self, body: &[u8], secrets: &[Secret]) -> bool {
        let Envelope { id, timestamp, .. } = self.envelope;
        let content: [&[u8]; 5] = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
        secrets.iter().any(|secret| signed(secret, &content, &self.signatures))
    }
}

/// Maximum time in which a proof must expire.
const PROOF_SECONDS: u64 = 15 * 60;

/// Reason why a buyer's proof is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofFault {
    /// The store did not sign it, it is for another partner or account, or it expires too far in the future.
    Invalid,
    /// It has expired.
    Expired,
}

/// Checks a buyer's proof, `<unix expiry>.v1,<base64>`: the store signed `link.<partner id>.<account>.<unix expiry>`
/// with its secret.
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
    // A store may write the account in decomposed form (NFD), although it is kept in composed form (NFC).
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
        sealed.is_ok_and(|sealed| sealed.vouches_for(body, &[secret()]))
    }

    #[test]
    fn reference_vector_of_standard_webhooks_verifies() {
        // HMAC pads short keys with zeros: the vector's 24 bytes and 8 zeros are the same key.
        let mut key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        key.resize(32, 0);
        let secret = Secret(key.try_into().unwrap());
        let envelope = Envelope {
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp: "1614265330",
            signatures: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        };
        let sealed = envelope.open(Timestamp::from_unix_millis(1_614_265_330_000)).unwrap();
        assert!(sealed.vouches_for(br#"{"test": 2432232314}"#, &[secret]));
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
