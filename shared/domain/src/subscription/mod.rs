//! Subscriptions: running contracts of an organization, their links, and their joint deactivation.

pub mod cancellations;
pub mod closure;
pub mod contact;
pub mod ordered_term;
pub mod set_up_target;
pub mod update;

use std::collections::BTreeSet;

use deserr::Deserr;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::entitlement::{Entitlement, EntitlementNumber, Owner};
use crate::event::{
    EventKind, NewEvent, SubscriptionCancelled, SubscriptionRenewed, SubscriptionResumed,
    SubscriptionSuspended, SubscriptionTransferred, SubscriptionTransferredAway,
};
use crate::fault::Faults;
use crate::id::{CustomerId, OrganizationId, ProductId, SourceId, SubscriptionId};
use crate::license::Quantity;
use crate::party::Metadata;
use crate::problem::ErrorKind;
use crate::text::{Description, Email, ExternalId, OrderId, Plan, ProductCode};
use crate::time::Timestamp;
use crate::value::Details;

pub use cancellations::Cancellations;
pub use contact::{ContactPerson, SubscriptionContact};
pub use ordered_term::OrderedTerm;
pub use set_up_target::{SetUpTarget, Site, WholeOrganization};
pub use update::{Buyer, Renewal, ReportedState, SubscriptionUpdate, Suspension, Transfer, Usage};

/// Kind of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Deserr)]
#[serde(rename_all = "camelCase")]
#[deserr(error = Faults, rename_all = camelCase)]
pub enum SubscriptionKind {
    /// A single product.
    Subscription,
    /// A product that is installed in other subscriptions, its parents.
    App,
    /// Several products in one.
    Collection,
}

/// Status of a subscription. It is derived from the time and never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SubscriptionStatus {
    /// The subscription has not started.
    Upcoming,
    /// The subscription has started, but is not set up.
    #[serde(rename = "pending-set-up")]
    PendingSetUp,
    /// The subscription is running, and is set up.
    Active,
    /// The store suspended the subscription. It has not ended.
    Suspended,
    /// The subscription has ended, was cancelled, or was deactivated.
    Inactive,
    /// The subscription was deactivated, and those linked to it are still being deactivated.
    Deactivating,
}

/// Running contract of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Id of the subscription.
    pub id: SubscriptionId,
    /// Organization that owns the subscription.
    pub organization_id: OrganizationId,
    /// Kind of the subscription.
    pub kind: SubscriptionKind,
    /// Product of the subscription.
    pub product_id: ProductId,
    /// Code of the product when the subscription was created; 1 to 100 characters.
    pub sku: ProductCode,
    /// Plan under which the subscription is sold; 1 to 100 characters. Absent if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// Sold quantity; 1 to 100,000.
    pub quantity: Quantity,
    /// Start, length and end of the subscription, as they were ordered.
    #[serde(flatten)]
    pub ordered: OrderedTerm,
    /// Linked subscriptions; at most 500, of which 100 are not over. The other ends store the link, too.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub linked: BTreeSet<SubscriptionId>,
    /// Subscriptions that an app is installed in; at most 500, of which 100 are not over. They store it in `apps`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub parents: BTreeSet<SubscriptionId>,
    /// Apps that are installed in the subscription; at most 500, of which 100 are not over.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub apps: BTreeSet<SubscriptionId>,
    /// Customers who manage the subscription; at most 20 can be added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<SubscriptionContact>,
    /// Site or organization for which the subscription is set up; absent until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_up_target: Option<SetUpTarget>,
    /// Time at which it was set up or, according to its source, migrated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_up_at: Option<Timestamp>,
    /// Webhook source that sold the subscription. No other source can change it.
    pub source_id: SourceId,
    /// The store's number of the order that created the subscription.
    pub order_id: OrderId,
    /// The store's own id of the subscription; 1 to 100 characters, unique per source. Absent if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Original buyer; [`Self::buyer()`] returns the current one.
    #[serde(flatten)]
    pub buyer: Buyer,
    /// Times of the cancellations of its order, according to the source; [`Self::cancelled_at()`] is the one that counts.
    #[serde(
        default,
        alias = "cancelledAt",
        deserialize_with = "cancellations::stored",
        skip_serializing_if = "Cancellations::is_empty"
    )]
    pub cancellations: Cancellations,
    /// State that messages about the subscription reported.
    #[serde(default, skip_serializing_if = "ReportedState::is_empty")]
    pub reported: ReportedState,
    /// Irreversible deactivation; absent if the subscription is not deactivated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivation: Option<Deactivation>,
    /// Times of creation and of the latest update, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

impl From<WholeOrganization> for bool {
    fn from(_: WholeOrganization) -> Self {
        true
    }
}

/// Irreversible deactivation of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deactivation {
    /// Time of the deactivation; RFC 3339, UTC.
    pub at: Timestamp,
    /// Subscription that a person deactivated: this one, or one that this one was deactivated with.
    pub cause: SubscriptionId,
    /// Reason that the person gave; 1 to 1,000 characters. Absent if none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Description>,
    /// While linked subscriptions are still being deactivated: time from which the scheduled job resumes if the call
    /// that began was interrupted; RFC 3339, UTC. Absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume_at: Option<Timestamp>,
}

impl Subscription {
    /// The subscription was deactivated irreversibly.
    pub const DEACTIVATED: ErrorKind = ErrorKind::state(
        "subscription-deactivated",
        "the subscription was deactivated, which is irreversible: contact the vendor for a new one",
    );

    /// Maximum number each of links, parents and apps of a subscription that are not over.
    pub const MOST_LINKS: usize = 100;

    /// Maximum number each of stored links, parents and apps of a subscription, so that its item stays small. Those that
    /// are over count, because they can be renewed, but deactivated ones make room for new ones.
    pub const MOST_STORED_LINKS: usize = 500;

    /// Maximum number of contacts of a subscription.
    pub const MOST_CONTACTS: usize = 20;

    /// Returns the current buyer.
    pub fn buyer(&self) -> &Buyer {
        self.reported.transfer.as_ref().map_or(&self.buyer, |transfer| &transfer.to)
    }

    /// Returns the time of the latest renewal.
    pub fn renewed_at(&self) -> Option<Timestamp> {
        self.reported.renewal.as_ref().map(|renewal| renewal.occurred_at)
    }

    /// Returns the time of the cancellation that counts: the first one at or after the last renewal. `None` if the order
    /// was not cancelled, or the subscription was renewed since.
    pub fn cancelled_at(&self) -> Option<Timestamp> {
        self.cancellations.first_since(self.renewed_at())
    }

    /// Returns the end of the subscription, exclusive, unless it ends early. This is its bill date. A renewal never
    /// shortens it; but if the order was cancelled and the subscription renewed later, the latest end of all renewals
    /// replaces the ordered end. It is never before the start.
    pub fn ends_at(&self) -> Timestamp {
        let (starts_at, ordered) = (self.ordered.starts_at(), self.ordered.ends_at());
        match &self.reported.renewal {
            None => ordered,
            Some(renewal) if self.cancellations.first().is_some_and(|at| at < renewal.occurred_at) => {
                renewal.ends_at.max(starts_at)
            }
            Some(renewal) => ordered.max(renewal.ends_at),
        }
    }

    /// Returns the time at which the subscription ended before [`Self::ends_at`]: its order was cancelled and it was not
    /// renewed since, or it was deactivated, whichever came first. A deactivation ends nothing that is over already. The
    /// end of one that was cancelled or deactivated before its start is its start.
    pub fn ended_at(&self) -> Option<Timestamp> {
        let deactivated = self.deactivation.as_ref().map(|deactivation| deactivation.at);
        let first = self.cancelled_at().into_iter().chain(deactivated).min();
        let ended = first.map(|at| at.max(self.ordered.starts_at()));
        ended.filter(|at| *at < self.ends_at())
    }

    /// Returns whether the subscription has ended, was cancelled, or was deactivated.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.deactivation.is_some()
            || self.cancelled_at().is_some()
            || self.ends_at() <= now.max(self.ordered.starts_at())
    }

    /// Returns the suspension that is in force, unless the store resumed the subscription later.
    pub fn suspension(&self) -> Option<&Suspension> {
        self.reported.suspension.as_ref().filter(|suspension| suspension.is_suspended)
    }

    /// Returns the status at the given time.
    pub fn status(&self, now: Timestamp) -> SubscriptionStatus {
        match &self.deactivation {
            Some(Deactivation { resume_at: Some(_), .. }) => SubscriptionStatus::Deactivating,
            _ if self.is_over(now) => SubscriptionStatus::Inactive,
            _ if self.suspension().is_some() => SubscriptionStatus::Suspended,
            _ if self.ordered.starts_at() > now => SubscriptionStatus::Upcoming,
            _ if self.set_up_target.is_none() => SubscriptionStatus::PendingSetUp,
            _ => SubscriptionStatus::Active,
        }
    }

    /// Returns whether the subscription is still to be set up.
    pub fn set_up_due(&self, now: Timestamp) -> bool {
        self.set_up_target.is_none() && !self.is_over(now)
    }

    /// Returns the number of active users, if it was reported.
    pub fn active_users(&self) -> Option<u64> {
        self.reported.usage.as_ref().map(|usage| usage.active_users)
    }

    /// Returns the contact that a person still is, given its e-mail, its customer record if it has one, and the time at
    /// which a customer with this e-mail was last removed.
    pub fn contact(
        &self,
        email: &Email,
        record: Option<CustomerId>,
        removed_at: Option<Timestamp>,
    ) -> Option<&SubscriptionContact> {
        let mut own = self.contacts.iter().filter(|contact| contact.is_of(Some(email), record));
        own.find(|contact| contact.lasts(record, removed_at))
    }

    /// Returns the entitlement that the subscription grants to its organization on creation. The stored entitlement
    /// follows the subscription afterwards.
    pub fn new_entitlement(&self) -> Entitlement {
        let id = self.id.entitlement();
        Entitlement {
            id,
            number: EntitlementNumber::of(id),
            owner: Owner::Organization(self.organization_id),
            product_id: self.product_id,
            external_id: None,
            subscription_id: Some(self.id),
            starts_at: Some(self.ordered.starts_at()),
            ends_at: Some(self.ends_at()),
            ended_at: self.ended_at(),
            suspended_at: self.suspension().map(|suspension| suspension.occurred_at),
            followed_at: None,
            details: Details::default(),
            details_changed: None,
            metadata: self.metadata,
        }
    }

    /// Returns the events of a transfer, or none if the buyer is still `from`: one for the current buyer, and one for
    /// the partner that no longer manages the subscription.
    pub fn transferred_from(&self, from: &Buyer) -> Vec<NewEvent> {
        let (to, subscription_id) = (self.buyer(), self.id);
        if from == to {
            return Vec::new();
        }
        let away = from.partner_id.filter(|partner| to.partner_id != Some(*partner)).map(|partner| {
            let away = SubscriptionTransferredAway { subscription_id };
            NewEvent::of_both(away, partner, self.organization_id).about(self.metadata)
        });
        let here = self.event(SubscriptionTransferred { subscription_id });
        away.into_iter().chain([here]).collect()
    }

    /// Returns the event of a renewal, with the end and the cancellation that count after it.
    pub fn renewed(&self) -> NewEvent {
        let (ends_at, cancelled_at) = (self.ends_at(), self.cancelled_at());
        self.event(SubscriptionRenewed { subscription_id: self.id, ends_at, cancelled_at })
    }

    /// Returns the event of a cancellation, with the one that counts after it.
    pub fn cancelled(&self) -> NewEvent {
        let (source_id, order_id) = (self.source_id, self.order_id.clone());
        let (subscription_id, cancelled_at) = (self.id, self.cancelled_at());
        self.event(SubscriptionCancelled { subscription_id, source_id, order_id, cancelled_at })
    }

    /// Returns the event of a suspension or resumption.
    pub fn suspended_or_resumed(
        &self,
        Suspension { occurred_at, is_suspended, reason }: &Suspension,
    ) -> NewEvent {
        let (subscription_id, at) = (self.id, *occurred_at);
        match is_suspended {
            true => {
                let reason = reason.clone();
                self.event(SubscriptionSuspended { subscription_id, suspended_at: at, reason })
            }
            false => self.event(SubscriptionResumed { subscription_id, resumed_at: at }),
        }
    }

    /// Returns an event that concerns the subscription's organization and the partner that manages it now, if any.
    pub fn event(&self, kind: impl Into<EventKind>) -> NewEvent {
        let event = NewEvent::of_parties(kind, self.buyer().partner_id, Some(self.organization_id));
        event.about(self.metadata)
    }
}

#[cfg(test)]
mod tests;
