//! Subscriptions, and the external ids that their sources use.

use domain::subscription::ReportedState;
use domain::{
    ExternalId, Metadata, OrganizationId, Owner, PartnerId, SourceId, Subscription, SubscriptionId, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::entitlement::entitlement_key;
use super::item::Entity;
use super::key::{Key, segment, unique};
use super::order::AWAITED_FOR;
use super::organization::organization_partition;
use super::partner::partner_partition;
use super::pattern::{AccessPattern, Described, Index, ListPattern, patterns, starting_with};
use super::write::{Action, Expression, Write};

/// Prefix of the sort keys of subscriptions.
pub(super) const SUBSCRIPTIONS: &str = "SUBSCRIPTION#";

/// Prefix of the sort keys, in `by-key`, of subscriptions by their renewal.
pub(super) const RENEWALS: &str = "RENEWAL#";

impl Entity for Subscription {
    const NAME: &'static str = "subscription";

    fn key(&self) -> Key {
        subscription_key(self.organization_id, self.id)
    }

    fn by_key(&self) -> Option<Key> {
        let partner = self.buyer().partner_id.filter(|_| self.deactivation.is_none())?;
        Some(renewal_key(partner, self.ends_at(), self.id))
    }

    fn due(&self) -> Option<Timestamp> {
        self.deactivation.as_ref()?.resume_at
    }
}

/// External id of a subscription at a source. It is stored as soon as the source reports anything about the
/// subscription; reports that arrive before the order are kept here until the order arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionExternalId {
    /// Webhook source that uses the external id.
    pub source_id: SourceId,
    /// External id of the subscription at the source.
    pub external_id: ExternalId,
    /// Id of the subscription; absent until its order has arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<SubscriptionId>,
    /// Organization that the subscription belongs to; absent until its order has arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// State that was reported before the order arrived; absent if nothing was.
    #[serde(default, skip_serializing_if = "ReportedState::is_empty")]
    pub reported: ReportedState,
    /// Creation time, update time and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

impl Entity for SubscriptionExternalId {
    const NAME: &'static str = "subscription-name";

    fn key(&self) -> Key {
        subscription_name_key(self.source_id, &self.external_id)
    }

    fn forget_at(&self) -> Option<Timestamp> {
        self.subscription_id.is_none().then(|| self.metadata.updated_at.after(AWAITED_FOR))
    }
}

/// Finds a partner's subscriptions that are not deactivated, by their renewal.
#[derive(Debug, Clone)]
pub struct Renewals(
    /// Partner that manages the subscriptions.
    pub PartnerId,
    /// If set, only subscriptions that renew at or after this time.
    pub Option<Timestamp>,
    /// If set, only subscriptions that renew before this time.
    pub Option<Timestamp>,
);

impl AccessPattern for Renewals {
    type Entity = Subscription;
    const DESCRIBED: Described = Described {
        name: "Renewals",
        about: "a partner's subscriptions that are not deactivated, by their renewal",
        place: "in `by-key` `PARTNER#<partner>` · `RENEWAL#<time>#<subscription>`",
    };
}

impl ListPattern for Renewals {
    fn index(&self) -> Index {
        Index::ByKey
    }

    fn partition(&self) -> String {
        partner_partition(self.0)
    }

    fn range(&self) -> (String, String) {
        let (low, high) = starting_with(RENEWALS);
        // A subscription that renews exactly at this time sorts after the end, because its id follows the time.
        let at = |time: Timestamp| format!("{RENEWALS}{time}");
        (self.1.map_or(low, at), self.2.map_or(high, at))
    }
}

patterns! {
    /// a subscription of an organization
    lookup SubscriptionOf(organization: OrganizationId, subscription: SubscriptionId) -> Subscription {
        subscription_key(*organization, *subscription),
        "`ORG#<organization>` · `SUBSCRIPTION#<subscription>`"
    }
    /// the subscription with an external id at a source, or the reports about it that came before its order
    lookup SubscriptionByExternalId(source: SourceId, external_id: ExternalId) -> SubscriptionExternalId {
        subscription_name_key(*source, external_id),
        "`UNIQUE#subscription-external-id#<source>#<external id>` · `-`"
    }
    /// the subscriptions of an organization
    list SubscriptionsOf(organization: OrganizationId) -> Subscription {
        Index::Table, organization_partition(*organization), SUBSCRIPTIONS,
        "`ORG#<organization>` · `SUBSCRIPTION#…`"
    }
    custom Renewals {}
}

/// Returns the key of a subscription.
pub(super) fn subscription_key(organization: OrganizationId, subscription: SubscriptionId) -> Key {
    Key::new(organization_partition(organization), format!("{SUBSCRIPTIONS}{subscription}"))
}

/// Returns the key of a subscription among those of its partner, by its renewal, in `by-key`.
pub(super) fn renewal_key(partner: PartnerId, ends_at: Timestamp, subscription: SubscriptionId) -> Key {
    Key::new(partner_partition(partner), format!("{RENEWALS}{ends_at}#{subscription}"))
}

/// Returns the key of a subscription's external id at a source.
pub(super) fn subscription_name_key(source: SourceId, external_id: &ExternalId) -> Key {
    unique("subscription-external-id", format!("{source}#{}", segment(external_id.as_str())))
}

/// Sets the end and the suspension of the entitlement that a subscription gives to those that the subscription has now.
/// Nothing else of the entitlement changes, so that it need not be read.
pub fn follow_subscription(subscription: &Subscription, now: Timestamp) -> Write {
    let entitlement =
        entitlement_key(Owner::Organization(subscription.organization_id), subscription.id.entitlement());
    let ended = ("endedAt", "ended", subscription.ended_at());
    let suspended = ("suspendedAt", "suspended", subscription.suspension().map(|one| one.occurred_at));
    let (mut set, mut removed) = (String::new(), Vec::new());
    for (attribute, value, time) in [ended, suspended] {
        match time {
            Some(_) => set.push_str(&format!(", #{attribute} = :{value}")),
            None => removed.push(format!("#{attribute}")),
        }
    }
    let remove = if removed.is_empty() { String::new() } else { format!(" REMOVE {}", removed.join(", ")) };
    let text = format!("SET #endsAt = :ends, #followedAt = :now, #version = #version + :one{set}{remove}");
    let mut update = Expression::new(&text)
        .text("ends", subscription.ends_at().to_string())
        .text("now", now.to_string())
        .number("one", 1);
    for (_, value, time) in [ended, suspended] {
        if let Some(time) = time {
            update = update.text(value, time.to_string());
        }
    }
    Write::on(Expression::exists(), entitlement, Action::Update(update))
}
