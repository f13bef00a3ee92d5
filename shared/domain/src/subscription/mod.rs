//! Subscriptions: an organization's running contracts, what is linked to them, and what goes down with them.

pub mod closure;
pub mod contact;
pub mod set_up_target;
pub mod update;

use std::collections::BTreeSet;

use deserr::Deserr;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::entitlement::{Entitlement, EntitlementNumber, Owner};
use crate::event::{EventKind, NewEvent, SubscriptionTransferred, SubscriptionTransferredAway};
use crate::fault::Faults;
use crate::id::{OrganizationId, ProductId, SourceId, SubscriptionId};
use crate::license::Quantity;
use crate::party::Metadata;
use crate::problem::ErrorKind;
use crate::text::{Description, Email, ExternalId, OrderId, Plan, ProductCode};
use crate::time::{Period, Timestamp};
use crate::value::Details;

pub use contact::SubscriptionContact;
pub use set_up_target::{SetUpTarget, Site, WholeOrganization};
pub use update::{Buyer, Renewal, ReportedState, SubscriptionUpdate, Transfer, Usage};

/// What a subscription is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Deserr)]
#[serde(rename_all = "camelCase")]
#[deserr(error = Faults, rename_all = camelCase)]
pub enum SubscriptionKind {
    /// A product of its own.
    Subscription,
    /// What is installed in other subscriptions, its parents.
    App,
    /// Several products in one.
    Collection,
}

/// How far a subscription is. It follows from the time, and is nowhere kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SubscriptionStatus {
    /// It has not begun.
    Upcoming,
    /// It runs.
    Active,
    /// It has ended, or was deactivated.
    Inactive,
    /// It was deactivated, and what is linked to it is still going down.
    Deactivating,
}

/// A running contract of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// Whose.
    pub organization_id: OrganizationId,
    /// What it is for.
    pub kind: SubscriptionKind,
    /// The product.
    pub product_id: ProductId,
    /// The product's code then.
    pub sku: ProductCode,
    /// What it is sold as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// For how many.
    pub quantity: Quantity,
    /// From when on.
    pub starts_at: Timestamp,
    /// For how long, as it was ordered.
    pub term: Period,
    /// What is linked to it; they know it, too.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub linked: BTreeSet<SubscriptionId>,
    /// Of an app: what it is installed in; they know it, too.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub parents: BTreeSet<SubscriptionId>,
    /// The apps that are installed in it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub apps: BTreeSet<SubscriptionId>,
    /// The customers who look after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<SubscriptionContact>,
    /// Where it was set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_up_target: Option<SetUpTarget>,
    /// Since when: it was set up then or, as its source says, moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_up_at: Option<Timestamp>,
    /// Who sold it: nobody else changes it.
    pub source_id: SourceId,
    /// In which order.
    pub order_id: OrderId,
    /// Its source's own id for it; unique among what the source sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Who bought it for the organization.
    #[serde(flatten)]
    pub buyer: Buyer,
    /// When its order was cancelled, as the source says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    /// What was reported of it since.
    #[serde(default, skip_serializing_if = "ReportedState::is_silent")]
    pub reported: ReportedState,
    /// That somebody deactivated it, for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivation: Option<Deactivation>,
    /// When, and which version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

impl From<WholeOrganization> for bool {
    fn from(_: WholeOrganization) -> Self {
        true
    }
}

/// That a subscription was deactivated, for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deactivation {
    /// When.
    pub at: Timestamp,
    /// The subscription that somebody deactivated; this one went down with it.
    pub cause: SubscriptionId,
    /// Why, as who deactivated it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Description>,
    /// While what is linked to it is still going down: when somebody else goes on with it, if who began does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume_at: Option<Timestamp>,
}

impl Subscription {
    /// It was deactivated, and nothing brings it back.
    pub const DEACTIVATED: ErrorKind = ErrorKind::state(
        "subscription-deactivated",
        "the subscription was deactivated, for good: contact the vendor for a new one",
    );

    /// As many links, parents, and apps each a subscription has.
    pub const MOST_LINKS: usize = 100;

    /// As many contacts a subscription has.
    pub const MOST_CONTACTS: usize = 20;

    /// Who pays for it now.
    pub fn buyer(&self) -> &Buyer {
        self.reported.transfer.as_ref().map_or(&self.buyer, |transfer| &transfer.to)
    }

    /// Until when it runs, not included, if nobody ends it before: its bill date. What was cancelled, and is renewed later, runs
    /// until the latest end of all its renewals: none makes it shorter.
    pub fn ends_at(&self) -> Timestamp {
        let ordered = self.starts_at.after(self.term);
        match &self.reported.renewal {
            None => ordered,
            Some(renewal) if self.cancelled_at.is_some_and(|at| at < renewal.occurred_at) => renewal.ends_at,
            Some(renewal) => ordered.max(renewal.ends_at),
        }
    }

    /// Since when it is over though its time is not: it was deactivated, or its order was cancelled and not renewed since.
    pub fn ended_at(&self) -> Option<Timestamp> {
        let renewed = self.reported.renewal.as_ref().map(|renewal| renewal.occurred_at);
        let cancelled = self.cancelled_at.filter(|at| renewed.is_none_or(|renewed| renewed <= *at));
        self.deactivation.as_ref().map(|deactivation| deactivation.at).or(cancelled)
    }

    /// How far it is.
    pub fn status(&self, now: Timestamp) -> SubscriptionStatus {
        match &self.deactivation {
            Some(Deactivation { resume_at: Some(_), .. }) => SubscriptionStatus::Deactivating,
            Some(_) => SubscriptionStatus::Inactive,
            None if self.ended_at().is_some() || self.ends_at() <= now => SubscriptionStatus::Inactive,
            None if self.starts_at > now => SubscriptionStatus::Upcoming,
            None => SubscriptionStatus::Active,
        }
    }

    /// Whether somebody still has to say where it is used.
    pub fn set_up_due(&self) -> bool {
        self.set_up_target.is_none() && self.deactivation.is_none()
    }

    /// How many use it, as far as anybody said.
    pub fn active_users(&self) -> Option<u64> {
        self.reported.usage.as_ref().map(|usage| usage.active_users)
    }

    /// The contact of this e-mail.
    pub fn contact(&self, email: &Email) -> Option<&SubscriptionContact> {
        self.contacts.iter().find(|contact| contact.email == *email)
    }

    /// The entitlement it gives its organization, when it is made. It follows the subscription from then on.
    pub fn entitle(&self) -> Entitlement {
        let id = self.id.entitlement();
        Entitlement {
            id,
            number: EntitlementNumber::of(id),
            owner: Owner::Organization(self.organization_id),
            product_id: self.product_id,
            external_id: None,
            subscription_id: Some(self.id),
            starts_at: Some(self.starts_at),
            ends_at: Some(self.ends_at()),
            ended_at: self.ended_at(),
            details: Details::default(),
            details_changed: None,
            metadata: self.metadata,
        }
    }

    /// What a transfer leaves, if it is one: an event for who has it now, and one for the partner that has it no longer.
    pub fn transferred_from(&self, from: &Buyer) -> Vec<NewEvent> {
        let (to, subscription_id) = (self.buyer(), self.id);
        if from == to {
            return Vec::new();
        }
        let away = from.partner_id.filter(|partner| to.partner_id != Some(*partner)).map(|partner| {
            let away = SubscriptionTransferredAway { subscription_id };
            NewEvent::of_both(away, partner, self.organization_id)
        });
        let here = self.event(SubscriptionTransferred { subscription_id });
        away.into_iter().chain([here]).collect()
    }

    /// What happened to it: its organization's business, and its partner's.
    pub fn event(&self, kind: impl Into<EventKind>) -> NewEvent {
        match self.buyer().partner_id {
            Some(partner) => NewEvent::of_both(kind, partner, self.organization_id),
            None => NewEvent::of_organization(kind, self.organization_id),
        }
    }
}

#[cfg(test)]
mod tests;
