//! Fulfillment: how the lines of an order become subscriptions. Facts are loaded before ([`facts::Facts`]), the
//! decision is made here, without the table, and its result is committed afterwards in one transaction. Before an order
//! is accepted, [`faults::find_faults`] names all of its faults at once. An order of many
//! lines takes several transactions, each with a new decision.
//!
//! A link is stored at both ends, and is made together with the later of its two subscriptions.

mod contacts;
mod directory;
pub mod facts;
pub mod faults;
mod links;

use std::collections::{BTreeMap, BTreeSet};

use crate::entitlement::Entitlement;
use crate::event::{NewEvent, OrderLineIgnored, SubscriptionOrdered, SubscriptionUsageReported};
use crate::id::{OrganizationId, PartnerId, SubscriptionId};
use crate::order::{LinkEnd, Order, OrderedSubscription, SubscriptionLine};
use crate::party::{EntryOrigin, Metadata, Organization, Version};
use crate::problem::ErrorKind;
use crate::product::Product;
use crate::subscription::closure::Subscriptions;
use crate::subscription::{Buyer, OrderedTerm, ReportedState, Subscription, SubscriptionContact};
use crate::text::Email;
use crate::time::Timestamp;
use contacts::{by_kind, contacts_of};
use facts::{Facts, can_be_refused, link_ends};
use faults::{
    LINKED_TO_DEACTIVATED, LINKED_TO_IGNORED, OTHER_ORGANIZATION, TOO_MANY_LINKS, UNKNOWN_ORGANIZATION,
    UNKNOWN_PRODUCT, UNKNOWN_SUBSCRIPTION, line_faults,
};
use links::{Link, links_of};

/// Decision about an order's fulfillment in one transaction.
#[derive(Debug)]
pub struct Fulfillment {
    /// Order with the results of the lines that were decided.
    pub order: Order,
    /// New subscriptions.
    pub created: Vec<CreatedSubscription>,
    /// Existing subscriptions with additional links, each with the version that was read.
    pub linked: Vec<(Version, Subscription)>,
    /// Persons who are contacts of an organization's subscriptions for the first time.
    pub first_contacts: Vec<(OrganizationId, Email)>,
    /// Organizations that must be in the directory of the partner that manages their new subscriptions, each with the
    /// reason for which it is added if it is not.
    pub directory: BTreeMap<(PartnerId, OrganizationId), EntryOrigin>,
    /// Events to record.
    pub events: Vec<NewEvent>,
}

/// New subscription, and the entitlement that it grants.
#[derive(Debug)]
pub struct CreatedSubscription {
    /// Index of its line in the order.
    pub line: usize,
    /// The subscription.
    pub subscription: Subscription,
    /// Entitlement that the subscription grants.
    pub entitlement: Entitlement,
}

/// Line that cannot be fulfilled, of an order that can still be refused.
#[derive(Debug, PartialEq, Eq)]
pub struct RefusedLine {
    /// Index of the line in the order.
    pub line: usize,
    /// Reason of the refusal.
    pub reason: ErrorKind,
}

/// Decides about the open lines of an order, in their order, as many as fit a transaction with room for `room` items. A
/// line that cannot be fulfilled is ignored if the order can no longer be refused.
///
/// # Errors
///
/// The first line that cannot be fulfilled, while the order can still be refused.
pub fn decide(
    order: Order,
    facts: &Facts,
    room: usize,
    now: Timestamp,
    next_id: impl Fn() -> SubscriptionId,
) -> Result<Fulfillment, RefusedLine> {
    let can_be_refused = can_be_refused(&order);
    let mut builder = FulfillmentBuilder::new(order, facts);
    for index in 0..builder.order.subscriptions.len() {
        let Some(one) = builder.order.subscriptions.get(index).filter(|one| one.is_open()) else { continue };
        let line = one.line.clone();
        if builder.items() + 1 > room {
            break;
        }
        match builder.check(index, &line, can_be_refused) {
            Err(reason) if can_be_refused => return Err(RefusedLine { line: index, reason }),
            Err(reason) => builder.ignore(index, &reason),
            Ok((product, organization, links)) => {
                let subscription =
                    builder.subscription(next_id(), (index, &line), (product, organization), now);
                if builder.items() + builder.max_items_for(&line, &subscription, &links) > room {
                    builder.add_entry_alone(&subscription, room);
                    break;
                }
                builder.create(index, subscription, links);
            }
        }
    }
    Ok(builder.finish(now))
}

/// Fulfillment that is being decided.
struct FulfillmentBuilder<'a> {
    order: Order,
    facts: &'a Facts,
    /// Subscriptions that lines may be linked to: existing ones, with the links added by this decision, and new ones.
    subscriptions: Subscriptions,
    /// Versions of the existing subscriptions, as they were read.
    versions_read: BTreeMap<SubscriptionId, Version>,
    created: Vec<(usize, SubscriptionId)>,
    relinked: BTreeSet<SubscriptionId>,
    first_contacts: Vec<(OrganizationId, Email)>,
    directory: BTreeMap<(PartnerId, OrganizationId), EntryOrigin>,
    events: Vec<NewEvent>,
}

impl<'a> FulfillmentBuilder<'a> {
    fn new(order: Order, facts: &'a Facts) -> Self {
        let mut subscriptions = facts.created_earlier.clone();
        let ends = facts.ends.keys().filter_map(|id| facts.end(&order, *id));
        subscriptions.extend(ends.map(|end| (end.id, end.clone())));
        Self {
            versions_read: subscriptions.iter().map(|(id, one)| (*id, one.metadata.version)).collect(),
            subscriptions,
            order,
            facts,
            created: Vec::new(),
            relinked: BTreeSet::new(),
            first_contacts: Vec::new(),
            directory: BTreeMap::new(),
            events: Vec::new(),
        }
    }

    /// Returns the number of transaction items that the decision takes. A new subscription takes itself, its
    /// entitlement, and the reservations of the entitlement's number and of its external id, if any.
    fn items(&self) -> usize {
        let named = |(_, id): &&(usize, SubscriptionId)| {
            self.subscriptions.get(id).is_some_and(|one| one.external_id.is_some())
        };
        let names = self.created.iter().filter(named).count();
        let created = self.created.len() * 3 + names;
        let entries = self.directory.keys().map(|place| self.items_of_entry(*place));
        let others = self.relinked.len() + self.first_contacts.len() + entries.sum::<usize>();
        created + others + self.events.len()
    }

    /// Returns the maximum number of items that a new subscription takes with its events, contacts and links.
    fn max_items_for(&self, line: &SubscriptionLine, one: &Subscription, links: &[Link]) -> usize {
        /// Events that reports of all kinds cause.
        const MAX_REPORT_EVENTS: usize = 5;
        let reported = if one.reported.is_empty() { 0 } else { MAX_REPORT_EVENTS };
        let entry = Self::entry_of(one).filter(|(place, _)| !self.directory.contains_key(place));
        let entry = entry.map_or(0, |(place, _)| self.items_of_entry(place));
        let cancelled = usize::from(self.order.cancelled_at.is_some());
        let contacts = self.first_contacts_of(line, one.organization_id).len();
        5 + contacts + self.newly_touched(links).len() + entry + reported + cancelled
    }

    /// Returns the existing ends of links that the decision does not write yet.
    fn newly_touched(&self, links: &[Link]) -> BTreeSet<SubscriptionId> {
        let others = links.iter().map(|link| link.other);
        others
            .filter(|other| self.versions_read.contains_key(other) && !self.relinked.contains(other))
            .collect()
    }

    /// Returns the product, the organization and the links of a line, or the reason why it cannot be fulfilled.
    fn check(
        &self,
        index: usize,
        line: &SubscriptionLine,
        can_be_refused: bool,
    ) -> Result<(&'a Product, &'a Organization, Vec<Link>), ErrorKind> {
        if let Some((reason, _)) = line_faults(self.facts, index, can_be_refused).into_iter().next() {
            return Err(reason);
        }
        let product = self.facts.products.get(&index).ok_or(UNKNOWN_PRODUCT)?;
        let organization = self.facts.organizations.get(&index).ok_or(UNKNOWN_ORGANIZATION)?;
        // The other end may have been transferred to another partner since the fulfillment began.
        let is_known = |end: &LinkEnd| match end {
            LinkEnd::Line(_) => true,
            _ => end.subscription_id().is_some_and(|id| self.subscriptions.contains_key(&id)),
        };
        if !link_ends(line).all(|(_, _, end)| is_known(&end)) {
            return Err(UNKNOWN_SUBSCRIPTION);
        }
        let links = links_of(&self.order, index, line, &self.subscriptions);
        let others = || links.iter().filter_map(|link| self.subscriptions.get(&link.other));
        if others().any(|other| other.deactivation.is_some()) {
            return Err(LINKED_TO_DEACTIVATED);
        }
        if others().any(|other| other.organization_id != organization.id) {
            return Err(OTHER_ORGANIZATION);
        }
        let is_ignored = |end: LinkEnd| match end {
            LinkEnd::Line(other) => {
                self.order.subscriptions.get(other).is_some_and(|other| other.ignored.is_some())
            }
            LinkEnd::Subscription(_) | LinkEnd::Reference(_) => false,
        };
        if link_ends(line).any(|(_, _, end)| is_ignored(end)) {
            return Err(LINKED_TO_IGNORED);
        }
        if links.iter().any(|link| link.exceeds_limit(&self.subscriptions, self.facts)) {
            return Err(TOO_MANY_LINKS);
        }
        Ok((product, organization, links))
    }

    /// Marks a line as having no effect.
    fn ignore(&mut self, line: usize, reason: &ErrorKind) {
        let reason = reason.about.to_owned();
        if let Some(one) = self.order.subscriptions.get_mut(line) {
            one.ignored = Some(reason.clone());
            one.line.contacts.clear();
        }
        let (source_id, order_id) = (self.order.source_id, self.order.order_id.clone());
        let ignored = OrderLineIgnored { source_id, order_id, line, reason };
        self.events
            .push(NewEvent::of_parties(ignored, self.order.partner_id, None).about(self.order.metadata));
    }

    /// Creates the subscription of a line, without links.
    fn subscription(
        &self,
        id: SubscriptionId,
        (index, line): (usize, &SubscriptionLine),
        (product, organization): (&Product, &Organization),
        now: Timestamp,
    ) -> Subscription {
        let name = self.facts.names.get(&index);
        let (partner_id, billing_account) = (self.order.partner_id, self.order.billing_account.clone());
        Subscription {
            id,
            organization_id: organization.id,
            kind: line.kind,
            product_id: product.id,
            // The code may have changed since the order arrived.
            sku: product.code.clone().unwrap_or_else(|| line.sku.clone()),
            plan: line.plan.clone(),
            quantity: line.quantity,
            ordered: OrderedTerm::new(line.starts_at, line.term, organization.effective_time_zone()),
            linked: BTreeSet::new(),
            parents: BTreeSet::new(),
            apps: BTreeSet::new(),
            contacts: self.contacts(line, organization.id).into_iter().map(|(_, contact)| contact).collect(),
            set_up_target: None,
            set_up_at: None,
            source_id: self.order.source_id,
            order_id: self.order.order_id.clone(),
            external_id: line.external_id.clone(),
            buyer: Buyer { partner_id, billing_account },
            cancellations: self.order.cancellations(),
            reported: name.map_or_else(ReportedState::default, |name| name.reported.clone()),
            deactivation: None,
            metadata: Metadata::new(now),
        }
    }

    /// Returns the contacts of a line with the e-mails that it names.
    fn contacts(
        &self,
        line: &SubscriptionLine,
        organization: OrganizationId,
    ) -> Vec<(Email, SubscriptionContact)> {
        contacts_of(line, organization, self.facts, self.order.arrived_at())
    }

    /// Returns those contacts of a line who are contacts in its organization for the first time.
    fn first_contacts_of(
        &self,
        line: &SubscriptionLine,
        organization: OrganizationId,
    ) -> Vec<(Email, SubscriptionContact)> {
        let is_first = |(email, _): &(Email, SubscriptionContact)| {
            let already = (organization, email.clone());
            !self.facts.contact(organization, email).was_contact && !self.first_contacts.contains(&already)
        };
        self.contacts(line, organization).into_iter().filter(is_first).collect()
    }

    /// Adds a new subscription, and its links at both ends.
    fn create(&mut self, line: usize, mut one: Subscription, links: Vec<Link>) {
        self.relinked.extend(self.newly_touched(&links));
        for link in links {
            link.add_to_both_ends(&mut one, &mut self.subscriptions, self.facts);
        }
        let (organization, ordered) = (one.organization_id, self.order.subscriptions.get(line));
        let (contacts, first) = ordered
            .map(|OrderedSubscription { line, .. }| {
                (self.contacts(line, organization), self.first_contacts_of(line, organization))
            })
            .unwrap_or_default();
        self.first_contacts.extend(first.iter().map(|(email, _)| (organization, email.clone())));
        let (contacts, customer_contacts) = by_kind(&contacts);
        let (first_time_contacts, first_time_customer_contacts) = by_kind(&first);
        let ordered = SubscriptionOrdered {
            subscription_id: one.id,
            sku: one.sku.clone(),
            quantity: one.quantity,
            source_id: one.source_id,
            order_id: one.order_id.clone(),
            entitlement_id: one.id.entitlement(),
            contacts,
            first_time_contacts,
            product_id: Some(one.product_id),
            plan: one.plan.clone(),
            starts_at: Some(one.ordered.starts_at()),
            ends_at: Some(one.ordered.ends_at()),
            linked: one.linked.iter().copied().collect(),
            parents: one.parents.iter().copied().collect(),
            apps: one.apps.iter().copied().collect(),
            customer_contacts,
            first_time_customer_contacts,
        };
        self.events.push(NewEvent { partner_id: self.order.partner_id, ..one.event(ordered) });
        if let Some((place, origin)) = Self::entry_of(&one) {
            self.directory.entry(place).or_insert(origin);
        }
        self.apply_reports(&one);
        if let Some(ordered) = self.order.subscriptions.get_mut(line) {
            (ordered.subscription_id, ordered.organization_id) = (Some(one.id), Some(one.organization_id));
            // The subscription has them now.
            ordered.line.contacts.clear();
        }
        self.created.push((line, one.id));
        self.subscriptions.insert(one.id, one);
    }

    /// Adds the effects of messages about a subscription that arrived before its order. Each event changes something that
    /// the events before it say.
    fn apply_reports(&mut self, one: &Subscription) {
        let subscription_id = one.id;
        if one.cancelled_at().is_some() {
            self.events.push(one.cancelled());
        }
        if one.ends_at() != one.ordered.ends_at() {
            self.events.push(one.renewed());
        }
        self.events.extend(one.suspension().map(|suspension| one.suspended_or_resumed(suspension)));
        if let Some(usage) = &one.reported.usage {
            let (active_users, sequence) = (usage.active_users, Some(usage.mark));
            let reported = SubscriptionUsageReported { subscription_id, active_users, sequence };
            self.events.push(one.event(reported));
        }
        self.events.extend(one.transferred_from(&one.buyer));
    }

    fn finish(self, now: Timestamp) -> Fulfillment {
        let Self { subscriptions, versions_read, .. } = self;
        let created = self.created.into_iter().filter_map(|(line, id)| {
            let subscription = subscriptions.get(&id)?.clone();
            // Links do not change the entitlement, so it is that of the subscription as it was ordered.
            Some(CreatedSubscription { line, entitlement: subscription.new_entitlement(), subscription })
        });
        let linked = self.relinked.into_iter().filter_map(|id| {
            let one = subscriptions.get(&id)?;
            Some((*versions_read.get(&id)?, Subscription { metadata: one.metadata.next(now), ..one.clone() }))
        });
        Fulfillment {
            created: created.collect(),
            linked: linked.collect(),
            order: self.order,
            first_contacts: self.first_contacts,
            directory: self.directory,
            events: self.events,
        }
    }
}

#[cfg(test)]
mod tests;
