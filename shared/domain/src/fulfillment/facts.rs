//! Facts about the lines of an order that are still to be fulfilled.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{CustomerId, OrganizationId, PartnerId, SubscriptionId};
use crate::order::{LinkEnd, Order, OrderedSubscription, SubscriptionLine};
use crate::party::{Organization, PartnerOrganization};
use crate::product::Product;
use crate::subscription::closure::Subscriptions;
use crate::subscription::{ReportedState, Subscription};
use crate::text::Email;
use crate::time::Timestamp;

/// Facts that were read about the open lines of an order; lines are identified by their index in the order.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Product of each line, if its code exists.
    pub products: BTreeMap<usize, Product>,
    /// Organization of each line, if it exists for the order's partner.
    pub organizations: BTreeMap<usize, Organization>,
    /// Deactivated partners to which subscriptions were transferred before the order arrived.
    pub deactivated_partners: BTreeSet<PartnerId>,
    /// Entries of partners' directories, also removed ones: those of the order's partner, and of the partners to which
    /// subscriptions were transferred before the order arrived.
    pub directory: BTreeMap<(PartnerId, OrganizationId), PartnerOrganization>,
    /// Stored record of each line's external id at the source, if there is one.
    pub names: BTreeMap<usize, KnownExternalId>,
    /// Existing subscriptions that lines are linked to, each read from the organization of its line.
    pub ends: Subscriptions,
    /// Deactivated subscriptions among those that the ends name. Read only for ends with many links.
    pub deactivated: BTreeSet<SubscriptionId>,
    /// Subscriptions that have ended or were cancelled among those that the ends name; they can be renewed. Read only for
    /// ends with many links.
    pub over: BTreeSet<SubscriptionId>,
    /// Subscriptions of the order that exist already.
    pub created_earlier: Subscriptions,
    /// Facts about the contacts that lines name.
    pub contacts: BTreeMap<(OrganizationId, Email), KnownContact>,
}

/// Record of an external id at a source, before the line with this id is fulfilled.
#[derive(Debug, Clone)]
pub struct KnownExternalId {
    /// Whether a subscription already has the external id.
    pub is_taken: bool,
    /// State that messages reported before the order arrived.
    pub reported: ReportedState,
}

/// Facts about a person as a contact of an organization's subscriptions.
#[derive(Debug, Clone, Default)]
pub struct KnownContact {
    /// Customer record of the person, if there is one.
    pub customer_id: Option<CustomerId>,
    /// Whether the person is, or was, a contact of one of the organization's subscriptions.
    pub was_contact: bool,
    /// Time at which a customer with this e-mail was last removed.
    pub removed_at: Option<Timestamp>,
}

impl Facts {
    /// Returns the number of organizations of the lines.
    pub fn organization_count(&self) -> usize {
        self.organizations.values().map(|organization| organization.id).collect::<BTreeSet<_>>().len()
    }

    /// Returns the existing subscription at the end of a link, if the order may be linked to it: it must have been sold
    /// by the same source, and be managed by the order's own partner or by none. Linked subscriptions are deactivated
    /// together, so a link must not reach a subscription that another partner manages.
    pub(super) fn end(&self, order: &Order, id: SubscriptionId) -> Option<&Subscription> {
        self.ends.get(&id).filter(|other| {
            let of = other.buyer().partner_id;
            other.source_id == order.source_id && (of.is_none() || of == order.partner_id)
        })
    }

    /// Returns whether `more` links would be too many beside these. Only those to subscriptions that are not over count;
    /// those that are over, but not deactivated, are stored, too, because they can be renewed.
    pub(super) fn exceeds_limit(&self, links: &BTreeSet<SubscriptionId>, more: usize) -> bool {
        let stored = links.difference(&self.deactivated).count();
        let living =
            links.iter().filter(|id| !self.deactivated.contains(id) && !self.over.contains(id)).count();
        living + more > Subscription::MOST_LINKS || stored + more > Subscription::MOST_STORED_LINKS
    }

    /// Returns the facts about a contact; empty if none were read.
    pub(super) fn contact(&self, organization: OrganizationId, email: &Email) -> KnownContact {
        self.contacts.get(&(organization, email.clone())).cloned().unwrap_or_default()
    }
}

/// Returns the lines of an order that are still to be fulfilled.
pub fn open_lines(order: &Order) -> impl Iterator<Item = (usize, &SubscriptionLine)> {
    let lines = order.subscriptions.iter().enumerate();
    lines.filter(|(_, one)| one.is_open()).map(|(index, one)| (index, &one.line))
}

/// Returns the ends of a line's links, each with its field and its index there.
pub fn link_ends(line: &SubscriptionLine) -> impl Iterator<Item = (&'static str, usize, LinkEnd)> {
    let of = |name: &'static str, ends: &[LinkEnd]| {
        ends.iter().cloned().enumerate().map(move |(index, end)| (name, index, end)).collect::<Vec<_>>()
    };
    of("linkedTo", &line.linked_to).into_iter().chain(of("parents", &line.parents))
}

/// Returns whether the order can still be refused: nothing of it exists, and no line was ignored. An order that was
/// parked cannot be refused, because the store already got an answer.
pub(super) fn can_be_refused(order: &Order) -> bool {
    order.parking.is_none() && order.subscriptions.iter().all(OrderedSubscription::is_open)
}
