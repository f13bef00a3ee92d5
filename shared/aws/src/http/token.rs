//! Page tokens: a position in a list, good only for the caller and query it was given to.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::DeploymentKey;
use domain::key::mac;
use hmac::Mac;

/// Half a SHA-256 is as much as guessing needs to be hopeless.
const TAG: usize = 16;

/// The token of a position.
pub fn seal(key: &DeploymentKey, bound_to: &str, position: &str) -> String {
    let tag = tag(key, bound_to, position).finalize().into_bytes();
    let bytes: Vec<u8> = tag.iter().take(TAG).copied().chain(position.bytes()).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The position of a token, if it was made here for the same caller and query.
pub fn open(key: &DeploymentKey, bound_to: &str, token: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (given, position) = bytes.split_at_checked(TAG)?;
    let position = std::str::from_utf8(position).ok()?;
    tag(key, bound_to, position).verify_truncated_left(given).ok()?;
    Some(position.to_owned())
}

/// Whether a text has the form of a token, for whatever it was made.
pub fn is_well_formed(token: &str) -> bool {
    URL_SAFE_NO_PAD.decode(token).is_ok_and(|bytes| bytes.len() > TAG)
}

fn tag(key: &DeploymentKey, bound_to: &str, position: &str) -> hmac::Hmac<sha2::Sha256> {
    let length = (bound_to.len() as u64).to_be_bytes();
    mac(&key.derive("page-token"), &[&length, bound_to.as_bytes(), position.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_caller_and_query_only() {
        let key = DeploymentKey::of("k");
        let token = seal(&key, "query", "evt_1");
        assert_eq!(open(&key, "query", &token).as_deref(), Some("evt_1"));
        assert_eq!(open(&key, "other", &token), None);
        assert_eq!(open(&key, "quer", &seal(&key, "query", "evt_1")), None);
        assert_eq!(open(&DeploymentKey::of("l"), "query", &token), None);
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
