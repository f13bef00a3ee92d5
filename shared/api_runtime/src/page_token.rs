//! Page tokens: a position in a list, good only for the caller and query it was given to. It is sealed (RFC 8439), for a
//! position may be that of something the caller may not see.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::DeploymentKey;
use domain::key::mac;
use hmac::Mac;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// The token of a position. None only if the algorithm took no key of 32 bytes.
pub fn seal(key: &DeploymentKey, bound_to: &str, position: &str) -> Option<String> {
    // What the nonce follows from is what is sealed: so two texts never have one nonce.
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

/// The position of a token, if it was made here for the same caller and query.
pub fn open(key: &DeploymentKey, bound_to: &str, token: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>()?;
    // What the key before the present one has sealed is still good.
    key.derive_all(PURPOSE).find_map(|key| {
        let (nonce, mut sealed) = (Nonce::assume_unique_for_key(*nonce), sealed.to_vec());
        let position =
            cipher(&key)?.open_in_place(nonce, Aad::from(bound_to.as_bytes()), &mut sealed).ok()?;
        Some(std::str::from_utf8(position).ok()?.to_owned())
    })
}

/// Whether a text has the form of a token, for whatever it was made.
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
