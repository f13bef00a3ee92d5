//! Page tokens: positions in a list, valid only for the caller and the query that they were issued for. They are
//! encrypted (RFC 8439), because a position may identify an object that the caller may not see.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::DeploymentKey;
use domain::key::mac;
use hmac::Mac;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// Seals a position into a token. Returns `None` only if the cipher rejects a key of 32 bytes, which it never does.
pub fn seal(key: &DeploymentKey, bound_to: &str, position: &str) -> Option<String> {
    // The nonce is derived from the sealed content, so that two different contents never share one.
    let length = (bound_to.len() as u64).to_be_bytes();
    let nonce = mac(&key.derive("page-nonce"), &[&length, bound_to.as_bytes(), position.as_bytes()]);
    let nonce: [u8; NONCE_LEN] = *nonce.finalize().into_bytes().first_chunk()?;
    let mut sealed = position.as_bytes().to_vec();
    let with = Nonce::assume_unique_for_key(nonce);
    cipher(&key.derive(PURPOSE))?
        .seal_in_place_append_tag(with, Aad::from(bound_to.as_bytes()), &mut sealed)
        .ok()?;
    Some(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
}

/// Returns the position in a token if this deployment issued it for the same caller and query.
pub fn open(key: &DeploymentKey, bound_to: &str, token: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>()?;
    // During a key rotation, tokens that were sealed with the previous key stay valid.
    key.derive_all(PURPOSE).find_map(|key| {
        let (nonce, mut sealed) = (Nonce::assume_unique_for_key(*nonce), sealed.to_vec());
        let position =
            cipher(&key)?.open_in_place(nonce, Aad::from(bound_to.as_bytes()), &mut sealed).ok()?;
        Some(std::str::from_utf8(position).ok()?.to_owned())
    })
}

/// Returns true if a text has the form of a page token, whatever caller and query it was issued for.
pub fn is_well_formed(token: &str) -> bool {
    URL_SAFE_NO_PAD.decode(token).is_ok_and(|bytes| bytes.len() > NONCE_LEN + CHACHA20_POLY1305.tag_len())
}

const PURPOSE: &str = "page-token";

fn cipher(key: &[u8; 32]) -> Option<LessSafeKey> {
    UnboundKey::new(&CHACHA20_POLY1305, key).ok().map(LessSafeKey::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_opens_only_with_its_query_and_deployment_key() {
        let key: DeploymentKey = "k".parse().unwrap();
        let token = seal(&key, "query", "evt_1").unwrap();
        assert_eq!(open(&key, "query", &token).as_deref(), Some("evt_1"));
        assert_eq!(open(&key, "other", &token), None);
        assert_eq!(open(&key, "quer", &token), None);
        assert_eq!(open(&"l".parse().unwrap(), "query", &token), None);
        assert_eq!(open(&"l k".parse().unwrap(), "query", &token).as_deref(), Some("evt_1"), "rotated");
        for rubbish in [
            "",
            "AAAA",
            "=",
            &token.replacen(char::is_alphanumeric, "", 1),
            &format!("{token}A"),
            &token.to_lowercase(),
        ] {
            assert_eq!(open(&key, "query", rubbish), None, "{rubbish}");
        }
    }
}
