//! Subscriptions and their sites.

use domain::subscription::Heard;
use domain::{
    Email, ExternalId, OrganizationId, Site, SourceId, Stamp, Subscription, SubscriptionId, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::Entity;
use crate::table::key::{self, Key};

impl Entity for Subscription {
    const NAME: &'static str = "subscription";

    fn key(&self) -> Key {
        key::subscription(self.organization_id, self.id)
    }

    fn by_key(&self) -> Option<Key> {
        let partner = self.buyer().partner_id.filter(|_| self.deactivation.is_none())?;
        Some(key::renewal(partner, self.ends_at(), self.id))
    }

    fn due(&self) -> Option<Timestamp> {
        self.deactivation.as_ref()?.goes_on_at
    }
}

/// Which subscription is somewhere in an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionPlace {
    /// Its id.
    pub id: SubscriptionId,
    /// Whose it is.
    pub organization_id: OrganizationId,
}

/// Only its index entry is read as this.
impl Entity for SubscriptionPlace {
    const NAME: &'static str = "subscription-place";

    fn key(&self) -> Key {
        key::subscription(self.organization_id, self.id)
    }
}

impl Entity for Site {
    const NAME: &'static str = "site";

    fn key(&self) -> Key {
        key::site(self.organization_id, self.id)
    }
}

/// What a source calls a subscription. It is there as soon as the source says anything of it: what comes before the order is
/// kept here until the order comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionName {
    /// The source.
    pub source_id: SourceId,
    /// What it calls it.
    pub external_id: ExternalId,
    /// The subscription; none before its order has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<SubscriptionId>,
    /// Whose that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// What was said before the order came.
    #[serde(default, skip_serializing_if = "Heard::is_silent")]
    pub heard: Heard,
    /// When, and which version.
    #[serde(flatten)]
    pub stamp: Stamp,
}

impl Entity for SubscriptionName {
    const NAME: &'static str = "subscription-name";

    fn key(&self) -> Key {
        key::subscription_name(self.source_id, &self.external_id)
    }
}

/// What is remembered of a person about an organization's subscriptions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Welcome {
    /// Whose subscriptions.
    pub organization_id: OrganizationId,
    /// Who.
    pub email: Email,
    /// Whether it is, or was, a contact of one: who is it again is not welcomed again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub welcomed: bool,
    /// When it was removed as a customer, last: where it had become a contact before, by its e-mail alone, it is none any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
}

impl Entity for Welcome {
    const NAME: &'static str = "welcome";

    fn key(&self) -> Key {
        key::welcome(self.organization_id, &self.email)
    }
}
