//! Subscriptions, and what their sources call them.

use domain::subscription::ReportedState;
use domain::{
    ExternalId, Metadata, OrganizationId, Owner, PartnerId, SourceId, Subscription, SubscriptionId, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::entitlement::entitlement_key;
use super::item::Entity;
use super::key::{Key, segment, unique};
use super::organization::organization_partition;
use super::partner::partner_partition;
use super::pattern::{AccessPattern, Described, Index, ListPattern, patterns, starting_with};
use super::write::{Action, Expression, Write};

/// What the sort keys of subscriptions begin with.
pub(super) const SUBSCRIPTIONS: &str = "SUBSCRIPTION#";

/// What the sort keys, in `by-key`, of subscriptions by their renewal begin with.
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

/// Which subscription is somewhere in an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionRef {
    /// Its id.
    pub id: SubscriptionId,
    /// Whose it is.
    pub organization_id: OrganizationId,
}

/// Only its index entry is read as this.
impl Entity for SubscriptionRef {
    const NAME: &'static str = "subscription-ref";

    fn key(&self) -> Key {
        subscription_key(self.organization_id, self.id)
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
    #[serde(default, skip_serializing_if = "ReportedState::is_silent")]
    pub reported: ReportedState,
    /// When, and which version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

impl Entity for SubscriptionName {
    const NAME: &'static str = "subscription-name";

    fn key(&self) -> Key {
        subscription_name_key(self.source_id, &self.external_id)
    }
}

/// Finds a partner's subscriptions that are not deactivated, by their renewal.
#[derive(Debug, Clone)]
pub struct Renewals(
    /// Whose.
    pub PartnerId,
    /// Only those that renew before this instant.
    pub Option<Timestamp>,
);

impl AccessPattern for Renewals {
    type Entity = SubscriptionRef;
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
        // What renews at the very instant has its id behind that, and so is after it.
        (low, self.1.map_or(high, |before| format!("{}{before}", RENEWALS)))
    }
}

patterns! {
    /// a subscription
    lookup SubscriptionOf(organization: OrganizationId, subscription: SubscriptionId) -> Subscription {
        subscription_key(*organization, *subscription),
        "`ORG#<organization>` · `SUBSCRIPTION#<subscription>`"
    }
    /// what a source calls by an external id: a subscription, or what was said of one that is not there yet
    lookup SubscriptionNamed(source: SourceId, external_id: ExternalId) -> SubscriptionName {
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

/// A subscription of an organization.
pub(super) fn subscription_key(organization: OrganizationId, subscription: SubscriptionId) -> Key {
    Key::new(organization_partition(organization), format!("{SUBSCRIPTIONS}{subscription}"))
}

/// A subscription among those of its partner, in `by-key`, by its renewal.
pub(super) fn renewal_key(partner: PartnerId, ends_at: Timestamp, subscription: SubscriptionId) -> Key {
    Key::new(partner_partition(partner), format!("{RENEWALS}{ends_at}#{subscription}"))
}

/// What a source calls a subscription.
pub(super) fn subscription_name_key(source: SourceId, external_id: &ExternalId) -> Key {
    unique("subscription-external-id", format!("{source}#{}", segment(external_id.as_str())))
}

/// Lets the entitlement that a subscription gives begin and end as the subscription does now. Nothing else of it changes,
/// so that it need not be read.
pub fn follow_subscription(subscription: &Subscription, now: Timestamp) -> Write {
    let entitlement =
        entitlement_key(Owner::Organization(subscription.organization_id), subscription.id.entitlement());
    let text = "SET #endsAt = :ends, #updatedAt = :now, #version = #version + :one";
    let update = match subscription.ended_at() {
        Some(ended) => {
            Expression::new(&format!("{text}, #endedAt = :ended")).text("ended", ended.to_string())
        }
        None => Expression::new(&format!("{text} REMOVE #endedAt")),
    };
    let update = update.text("ends", subscription.ends_at().to_string()).text("now", now.to_string());
    Write::on(Expression::exists(), entitlement, Action::Update(update.number("one", 1)))
}
