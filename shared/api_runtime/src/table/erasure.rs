//! Erasures of people that are not complete, and what is remembered of recent ones.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::erasure::{Erasure, RecordIds};
use domain::{Email, Period, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::item::Entity;
use super::key::{ALONE, Key};
use super::pattern::patterns;

/// Erasure of the last days, without the e-mail. Until it is deleted, a token that was issued before the erasure opens
/// nothing, and a later call can redact the person's texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecentErasure {
    /// Key of the item, with a hash of the e-mail.
    #[serde(flatten)]
    at: Key,
    /// Records that were erased.
    pub records: RecordIds,
    /// Time from which the item is ignored.
    pub expires_at: Timestamp,
}

impl RecentErasure {
    /// Time for which an erasure is remembered: longer than a token is usually valid.
    pub const KEPT: Period = Period::days(7);

    /// Returns what is remembered of an erasure.
    pub fn of(erasure: &Erasure, now: Timestamp) -> Self {
        let at = recent_erasure_key(&erasure.email);
        Self { at, records: erasure.records.clone(), expires_at: now.after(Self::KEPT) }
    }
}

impl Entity for RecentErasure {
    const NAME: &'static str = "recent-erasure";

    fn key(&self) -> Key {
        self.at.clone()
    }

    fn forget_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

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
    /// what is remembered of the last erasure of the person with an e-mail
    lookup RecentErasureOf(email: Email) -> RecentErasure {
        recent_erasure_key(email),
        "`ERASED#<hash of the e-mail>` · `-`"
    }
}

/// Returns the key of an erasure. It has a hash instead of the e-mail, because the event about failed work, which is never
/// deleted, names the key.
pub(super) fn erasure_key(email: &Email) -> Key {
    Key::new(format!("ERASURE#{}", hash(email)), ALONE)
}

/// Returns the key of what is remembered of an erasure.
pub(super) fn recent_erasure_key(email: &Email) -> Key {
    Key::new(format!("ERASED#{}", hash(email)), ALONE)
}

fn hash(email: &Email) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(email.folded().as_bytes()))
}
