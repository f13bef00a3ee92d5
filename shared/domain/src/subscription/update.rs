//! State that messages report about a subscription.

use serde::{Deserialize, Serialize};

use crate::id::PartnerId;
use crate::text::{Description, StoreAccount};
use crate::time::Timestamp;

/// Buyer of a subscription: a partner, by an account at the store or by its id, or the organization itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Buyer {
    /// Partner that manages the subscription; absent if the organization is the buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner_id: Option<PartnerId>,
    /// Account at the store to which the subscription is billed; 1 to 100 characters. Absent if the message named none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_account: Option<StoreAccount>,
}

/// Merged state of the messages about a subscription. It does not depend on their order or repetition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportedState {
    /// Latest renewal; absent if none was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal: Option<Renewal>,
    /// Latest transfer; absent if none was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Transfer>,
    /// Latest usage; absent if none was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Latest suspension or resumption; absent if none was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspension: Option<Suspension>,
}

/// Update of a subscription by one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubscriptionUpdate {
    /// The subscription was extended.
    Renewal(Renewal),
    /// The subscription has another buyer.
    Transfer(Transfer),
    /// The number of active users was reported.
    Usage(Usage),
    /// The subscription was suspended or resumed.
    Suspension(Suspension),
}

/// Renewal of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Renewal {
    /// Latest end of all renewals, exclusive.
    pub ends_at: Timestamp,
    /// Time of the latest renewal.
    pub occurred_at: Timestamp,
}

/// Latest transfer of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer {
    /// Time of the transfer.
    pub occurred_at: Timestamp,
    /// New buyer.
    #[serde(flatten)]
    pub to: Buyer,
}

/// Latest usage of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Mark of the source's report: its sequence number, or its time in milliseconds since 1970.
    pub mark: u64,
    /// Number of active users.
    pub active_users: u64,
}

/// Latest suspension or resumption of a subscription. Of two at the same time, a suspension outranks a resumption.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suspension {
    /// Time of the suspension or resumption.
    pub occurred_at: Timestamp,
    /// Whether the subscription was suspended; otherwise it was resumed.
    pub is_suspended: bool,
    /// Reason of a suspension; 1 to 1,000 characters. Absent if none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Description>,
}

impl ReportedState {
    /// Returns whether nothing was reported.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Merges an update into the state; returns whether the state changed.
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
            SubscriptionUpdate::Suspension(new) => self.suspension = self.suspension.take().max(Some(new)),
        }
        *self != before
    }
}
