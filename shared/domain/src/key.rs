//! The deployment's one secret, and what is derived from it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Keeps everything this deployment signs: page tokens, and the secrets it gives away. It never leaves the
/// process.
#[derive(Clone)]
pub struct DeploymentKey([u8; 32]);

impl DeploymentKey {
    /// The key of a deployment that is configured with this text.
    pub fn of(configured: &str) -> Self {
        Self(Sha256::digest(configured.as_bytes()).into())
    }

    /// A key for one purpose only.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        mac(&self.0, &[purpose.as_bytes()]).finalize().into_bytes().into()
    }
}

/// HMAC-SHA256 (RFC 2104) of the parts, one after another.
pub fn mac(key: &[u8; 32], parts: &[&[u8]]) -> Hmac<Sha256> {
    // The hash's block is 64 bytes; HMAC fills a shorter key up with zeros.
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
    fn a_key_of_32_bytes_is_used_as_rfc_2104_says() {
        let key = [7; 32];
        let expected =
            Hmac::<Sha256>::new_from_slice(&key).unwrap().chain_update(b"ab").finalize().into_bytes();
        assert_eq!(mac(&key, &[b"a", b"b"]).finalize().into_bytes(), expected);
    }

    #[test]
    fn one_purposes_key_is_not_anothers() {
        let key = DeploymentKey::of("x");
        assert_ne!(key.derive("a"), key.derive("b"));
        assert_ne!(key.derive("a"), DeploymentKey::of("y").derive("a"));
    }
}
