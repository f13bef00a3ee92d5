//! The deployment's secret key, and the keys derived from it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Key from which the deployment derives the keys of page tokens and the secrets that it issues. It never leaves the
/// process. During a rotation, everything made with the previous key remains valid.
#[derive(Clone)]
pub struct DeploymentKey {
    current: [u8; 32],
    before: Option<[u8; 32]>,
}

impl std::str::FromStr for DeploymentKey {
    type Err = &'static str;

    /// Parses the configured key: one text without white space or, during a rotation, the new key and the previous
    /// one, separated by white space.
    fn from_str(configured: &str) -> Result<Self, Self::Err> {
        let mut keys = configured.split_whitespace().map(|key| Sha256::digest(key.as_bytes()).into());
        match (keys.next(), keys.next(), keys.next()) {
            (Some(current), before, None) => Ok(Self { current, before }),
            (None, ..) => Err("the deployment key is empty"),
            _ => Err("the deployment key has more than two parts: the new key and the one before it"),
        }
    }
}

impl DeploymentKey {
    /// Derives the key for one purpose from the current key. Everything new is made with this key.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        derive(&self.current, purpose)
    }

    /// Derives the valid keys for one purpose: from the current key and, during a rotation, from the previous one.
    pub fn derive_all(&self, purpose: &str) -> impl Iterator<Item = [u8; 32]> + use<> {
        let of = |key| derive(&key, purpose);
        [Some(self.current), self.before].map(|key| key.map(of)).into_iter().flatten()
    }
}

fn derive(key: &[u8; 32], purpose: &str) -> [u8; 32] {
    mac(key, &[purpose.as_bytes()]).finalize().into_bytes().into()
}

/// Returns the HMAC-SHA256 (RFC 2104) over the parts in sequence.
pub fn mac(key: &[u8; 32], parts: &[&[u8]]) -> Hmac<Sha256> {
    // SHA-256 has a block of 64 bytes; HMAC pads a shorter key with zeros.
    let mut block = [0; 64];
    let (head, _) = block.split_at_mut(key.len());
    head.copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    parts.iter().for_each(|part| mac.update(part));
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mac_with_a_32_byte_key_equals_hmac_sha256() {
        let key = [7; 32];
        let expected =
            Hmac::<Sha256>::new_from_slice(&key).unwrap().chain_update(b"ab").finalize().into_bytes();
        assert_eq!(mac(&key, &[b"a", b"b"]).finalize().into_bytes(), expected);
    }

    fn key(configured: &str) -> DeploymentKey {
        configured.parse().unwrap()
    }

    #[test]
    fn derived_keys_differ_by_purpose_and_by_deployment_key() {
        assert_ne!(key("x").derive("a"), key("x").derive("b"));
        assert_ne!(key("x").derive("a"), key("y").derive("a"));
    }

    #[test]
    fn rotated_key_derives_from_the_new_key_and_accepts_both() {
        let rotated = key("new\n old");
        assert_eq!(rotated.derive("a"), key("new").derive("a"));
        let all: Vec<_> = rotated.derive_all("a").collect();
        assert_eq!(all, [key("new").derive("a"), key("old").derive("a")]);
        assert_eq!(key("new").derive_all("a").count(), 1);
        for wrong in ["", " \n", "one two three"] {
            assert!(wrong.parse::<DeploymentKey>().is_err(), "{wrong:?}");
        }
    }
}
