//! What is known about the lines of an order that are still to be fulfilled.

use std::collections::BTreeMap;

use crate::id::{CustomerId, OrganizationId, SubscriptionId};
use crate::order::{LinkEnd, Order, OrderedSubscription, SubscriptionLine};
use crate::party::Organization;
use crate::product::Product;
use crate::subscription::closure::Subscriptions;
use crate::subscription::{ReportedState, Subscription};
use crate::text::Email;
use crate::time::Timestamp;

/// What was read about the open lines of an order; lines go by their index in the order.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The product that each line's code names, if there is one.
    pub products: BTreeMap<usize, Product>,
    /// The organization that each line names, if it exists for the order's partner.
    pub organizations: BTreeMap<usize, OrganizationId>,
    /// What the source has called by a line's external id before.
    pub names: BTreeMap<usize, KnownName>,
    /// The subscriptions that lines name as ends of their links, by each line's own organization.
    pub ends: Subscriptions,
    /// The subscriptions of the order that exist already.
    pub made: Subscriptions,
    /// What organizations are called, where a transfer may put them into a directory.
    pub profiles: BTreeMap<OrganizationId, Organization>,
    /// The contacts that lines name.
    pub contacts: BTreeMap<(OrganizationId, Email), KnownContact>,
}

/// What a source called by an external id before the line that names it was fulfilled.
#[derive(Debug, Clone)]
pub struct KnownName {
    /// Whether a subscription has the name.
    pub is_taken: bool,
    /// What messages said of the subscription before its order came.
    pub reported: ReportedState,
}

/// What is known of a person about an organization's subscriptions.
#[derive(Debug, Clone, Default)]
pub struct KnownContact {
    /// The person's record as a customer, if there is one.
    pub customer_id: Option<CustomerId>,
    /// Whether the person is, or was, a contact of one of the organization's subscriptions.
    pub is_known: bool,
    /// When a customer of this e-mail was removed last.
    pub removed_at: Option<Timestamp>,
}

impl Facts {
    /// The existing subscription at the end of a link, if the order may be linked to it: one of the same source that the
    /// order's own partner manages, or no partner. A link deactivates one with the other, so it must not reach what another
    /// partner sold.
    pub(super) fn end(&self, order: &Order, id: SubscriptionId) -> Option<&Subscription> {
        self.ends.get(&id).filter(|other| {
            let of = other.buyer().partner_id;
            other.source_id == order.source_id && (of.is_none() || of == order.partner_id)
        })
    }

    /// What is known of a contact; nothing of one that was not read.
    pub(super) fn contact(&self, organization: OrganizationId, email: &Email) -> KnownContact {
        self.contacts.get(&(organization, email.clone())).cloned().unwrap_or_default()
    }
}

/// The lines of an order of which nothing exists yet.
pub fn open_lines(order: &Order) -> impl Iterator<Item = (usize, &SubscriptionLine)> {
    let lines = order.subscriptions.iter().enumerate();
    lines.filter(|(_, one)| one.is_open()).map(|(index, one)| (index, &one.line))
}

/// The ends of a line's links, each with its place in the line.
pub fn link_ends(line: &SubscriptionLine) -> impl Iterator<Item = (&'static str, usize, LinkEnd)> {
    let of = |name: &'static str, ends: &[LinkEnd]| {
        ends.iter()
            .copied()
            .enumerate()
            .map(move |(set_up_target, end)| (name, set_up_target, end))
            .collect::<Vec<_>>()
    };
    of("linkedTo", &line.linked_to).into_iter().chain(of("parents", &line.parents))
}

/// Whether an order can be refused still: nothing of it exists, and its store was not told that it waits.
pub(super) fn can_be_refused(order: &Order) -> bool {
    order.parking.is_none() && order.subscriptions.iter().all(OrderedSubscription::is_open)
}
