//! What messages say about a subscription.

use serde::{Deserialize, Serialize};

use crate::id::PartnerId;
use crate::text::StoreAccount;
use crate::time::Timestamp;

/// Who pays for a subscription: a partner, by an account at the store or named by itself; or nobody but the organization.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Buyer {
    /// The partner that manages it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner_id: Option<PartnerId>,
    /// The account at the store to which it is billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_account: Option<StoreAccount>,
}

/// What of the messages about a subscription counts. In whatever order they come, and however often, the same is reported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportedState {
    /// Until when it was renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal: Option<Renewal>,
    /// To whom it was transferred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
    /// How much it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// One message about a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubscriptionUpdate {
    /// It runs longer.
    Renewal(Renewal),
    /// Somebody else pays.
    Transfer(Transfer),
    /// So many use it.
    Usage(Usage),
}

/// Until when a subscription was renewed: it never gets shorter by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Renewal {
    /// Until when, not included.
    pub ends_at: Timestamp,
    /// When the latest renewal happened.
    pub occurred_at: Timestamp,
}

/// To whom a subscription was transferred last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer {
    /// When that happened.
    pub occurred_at: Timestamp,
    /// To whom.
    #[serde(flatten)]
    pub to: Buyer,
}

/// How much a subscription was used last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Which of the source's reports: its number, or the milliseconds since 1970 of its time.
    pub mark: u64,
    /// How many use it.
    pub active_users: u64,
}

impl ReportedState {
    /// Whether nothing was reported.
    pub fn is_silent(&self) -> bool {
        *self == Self::default()
    }

    /// Hears a message; answers whether it says anything new.
    pub fn merge(&mut self, update: SubscriptionUpdate) -> bool {
        let before = self.clone();
        match update {
            SubscriptionUpdate::Renewal(new) => {
                let old = self.renewal.take().unwrap_or_else(|| new.clone());
                let (ends_at, occurred_at) =
                    (old.ends_at.max(new.ends_at), old.occurred_at.max(new.occurred_at));
                self.renewal = Some(Renewal { ends_at, occurred_at });
            }
            SubscriptionUpdate::Transfer(new) => self.transfer = self.transfer.take().max(Some(new)),
            SubscriptionUpdate::Usage(new) => self.usage = self.usage.take().max(Some(new)),
        }
        *self != before
    }
}
