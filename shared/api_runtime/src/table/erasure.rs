//! Erasures of people that are not complete.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::erasure::Erasure;
use domain::{Email, Timestamp};
use sha2::{Digest, Sha256};

use super::item::Entity;
use super::key::{ALONE, Key};
use super::pattern::patterns;

impl Entity for Erasure {
    const NAME: &'static str = "erasure";

    fn key(&self) -> Key {
        erasure_key(&self.email)
    }

    fn due(&self) -> Option<Timestamp> {
        Some(self.resume_at)
    }
}

patterns! {
    /// the erasure of the person with an e-mail, until it is complete
    lookup ErasureOf(email: Email) -> Erasure {
        erasure_key(email),
        "`ERASURE#<hash of the e-mail>` · `-`"
    }
}

/// Returns the key of an erasure. It has a hash instead of the e-mail, because the event about failed work, which is never
/// deleted, names the key.
pub(super) fn erasure_key(email: &Email) -> Key {
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(email.folded().as_bytes()));
    Key::new(format!("ERASURE#{hash}"), ALONE)
}
