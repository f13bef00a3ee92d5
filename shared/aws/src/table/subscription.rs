//! Subscriptions and their sites in the table, and how entitlements follow subscriptions.

use domain::subscription::Heard;
use domain::{
    Email, Entitlement, ExternalId, OrganizationId, Owner, Site, SourceId, Stamp, Subscription,
    SubscriptionId, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::change::{Change, Expression, Refusal, Update};
use super::entity::Entity;
use super::key::{self, Key};
use super::pattern::{EntitlementOf, WelcomeOf};

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
    /// Whether it was a customer and was removed: then it is a contact by its e-mail alone no more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
}

/// Remembers that somebody is a contact of an organization's subscriptions; it must be for the first time.
pub fn welcome<O: 'static>(change: &mut Change<O>, organization: OrganizationId, email: &Email) {
    let condition = Expression::new("attribute_not_exists(#welcomed)");
    let update = remember(organization, email, "welcomed");
    let lookup = WelcomeOf(organization, email.clone());
    change.update(&lookup, Update { update, condition }, |_| Refusal::Outdated);
}

/// Remembers that somebody is no customer of an organization any more.
pub fn say_goodbye<O: 'static>(change: &mut Change<O>, organization: OrganizationId, email: &Email) {
    change.add_up(key::welcome(organization, email), remember(organization, email, "removed"));
}

fn remember(organization: OrganizationId, email: &Email, what: &str) -> Expression {
    let text =
        format!("SET #entity = :entity, #organizationId = :organization, #email = :email, #{what} = :yes");
    let update = Expression::new(&text).text("entity", Welcome::NAME).text("email", email.as_str());
    update.text("organization", organization.to_string()).truth("yes", true)
}

impl Entity for Welcome {
    const NAME: &'static str = "welcome";

    fn key(&self) -> Key {
        key::welcome(self.organization_id, &self.email)
    }
}

/// Lets the entitlement that a subscription gives begin and end as the subscription does now. Nothing else of it changes,
/// so that it need not be read.
pub fn follow<O: 'static>(change: &mut Change<O>, subscription: &Subscription, now: Timestamp) {
    let entitlement =
        EntitlementOf(Owner::Organization(subscription.organization_id), subscription.id.entitlement());
    let text = "SET #endsAt = :ends, #updatedAt = :now, #version = #version + :one";
    let update = match subscription.ended_at() {
        Some(ended) => {
            Expression::new(&format!("{text}, #endedAt = :ended")).text("ended", ended.to_string())
        }
        None => Expression::new(&format!("{text} REMOVE #endedAt")),
    };
    let update = update.text("ends", subscription.ends_at().to_string()).text("now", now.to_string());
    let update =
        Update { update: update.number("one", 1), condition: Expression::new("attribute_exists(#pk)") };
    change.update(&entitlement, update, |_: Option<Entitlement>| Refusal::Impossible);
}
