//! Faults of the lines of an order: all at once before the order is accepted, and per line when it is fulfilled.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use super::facts::{Facts, can_be_refused, link_ends, open_lines};
use crate::deactivation::{DEACTIVATED_ORGANIZATION, DEACTIVATED_PARTNER};
use crate::fault::Fault;
use crate::id::SubscriptionId;
use crate::order::{LinkEnd, Order};
use crate::problem::ErrorKind;

/// A line names a product that does not exist.
pub const UNKNOWN_PRODUCT: ErrorKind =
    ErrorKind::rule("unknown-product", "there is no product with this code");
/// A line names an archived product.
pub const ARCHIVED_PRODUCT: ErrorKind =
    ErrorKind::rule("archived-product", "the product is archived and cannot be sold: restore it first");
/// A line names an organization that does not exist for this partner: it is not in the partner's directory, was not
/// removed from it, and gives the partner no access.
pub const UNKNOWN_ORGANIZATION: ErrorKind = ErrorKind::rule(
    "unknown-organization",
    "there is no such organization, or it never was in the partner's directory and gives the partner no access",
);
/// A line or a message names a subscription that does not exist for its source, organization and partner.
pub const UNKNOWN_SUBSCRIPTION: ErrorKind = ErrorKind::rule(
    "unknown-subscription",
    "there is no such subscription for this source, organization and partner",
);
/// A line is linked to a subscription that already has the maximum number of links.
pub const TOO_MANY_LINKS: ErrorKind = ErrorKind::rule(
    "too-many-links",
    "a subscription has at most 100 links, 100 parents and 100 apps that have not ended, been cancelled or been deactivated",
);
/// Another subscription of the source already has the external id.
pub const EXTERNAL_ID_TAKEN: ErrorKind = ErrorKind::rule(
    "subscription-external-id-taken",
    "another subscription of this source has this external id",
);
/// A line is linked to a deactivated subscription.
pub const LINKED_TO_DEACTIVATED: ErrorKind = ErrorKind::rule(
    "subscription-deactivated",
    "the linked subscription was deactivated, which is irreversible: sell a new one",
);
/// A line is linked to another line that has no effect.
pub const LINKED_TO_IGNORED: ErrorKind =
    ErrorKind::rule("linked-line-ignored", "the line is linked to another line that cannot take effect");
/// A line is linked to a subscription of another organization.
pub const OTHER_ORGANIZATION: ErrorKind =
    ErrorKind::rule("other-organization", "a subscription can only be linked within its organization");
/// A change names other lines than those of its order.
pub const LINES_DIFFER: ErrorKind = ErrorKind::rule(
    "lines-differ",
    "a change must list the order's subscriptions in the same sequence, with the same kinds, products and external ids",
);

/// Returns the index in the message of an order's subscription line: there, license lines count, too.
pub fn place_in_message(places: &[usize], index: usize) -> usize {
    places.get(index).copied().unwrap_or(index)
}

/// Returns every fault of the open lines of an order; `places` holds their indexes in the message.
pub fn find_faults(order: &Order, facts: &Facts, places: &[usize]) -> Vec<Fault> {
    let mut faults = LineFaults { order, facts, places, found: Vec::new() };
    for (index, _) in open_lines(order) {
        for (reason, field) in line_faults(facts, index, can_be_refused(order)) {
            faults.add_fault(&reason, index, &[&field]);
        }
        if facts.organizations.contains_key(&index) {
            faults.check_ends(index);
        }
    }
    faults.check_links();
    faults.found
}

/// Returns the reasons why a line cannot be fulfilled, whatever it is linked to, each with the field that it concerns.
pub(super) fn line_faults(
    facts: &Facts,
    index: usize,
    can_be_refused: bool,
) -> Vec<(ErrorKind, &'static str)> {
    let mut faults = Vec::new();
    match facts.products.get(&index) {
        None => faults.push((UNKNOWN_PRODUCT, "sku")),
        // Once an order's fulfillment has begun, it is completed.
        Some(product) if product.archived_at.is_some() && can_be_refused => {
            faults.push((ARCHIVED_PRODUCT, "sku"));
        }
        Some(_) => {}
    }
    match facts.organizations.get(&index) {
        None => faults.push((UNKNOWN_ORGANIZATION, "organization")),
        Some(organization) if organization.deactivated_at.is_some() => {
            faults.push((DEACTIVATED_ORGANIZATION, "organization"));
        }
        Some(_) => {}
    }
    if facts.names.get(&index).is_some_and(|name| name.is_taken) {
        faults.push((EXTERNAL_ID_TAKEN, "externalId"));
    }
    let transfer = facts.names.get(&index).and_then(|name| name.reported.transfer.as_ref());
    let transferee = transfer.and_then(|transfer| transfer.to.partner_id);
    if transferee.is_some_and(|partner| facts.deactivated_partners.contains(&partner)) {
        faults.push((DEACTIVATED_PARTNER, "externalId"));
    }
    faults
}

struct LineFaults<'a> {
    order: &'a Order,
    facts: &'a Facts,
    places: &'a [usize],
    found: Vec<Fault>,
}

impl LineFaults<'_> {
    fn add_fault(&mut self, reason: &ErrorKind, index: usize, steps: &[&dyn Display]) {
        let index = place_in_message(self.places, index);
        let mut all: Vec<&dyn Display> = vec![&"data", &"lines", &index];
        all.extend(steps);
        self.found.push(reason.at(&all));
    }

    /// Checks the links of a line to subscriptions that existed before the order. If the order can no longer be
    /// refused, a line with an invalid link is ignored later instead.
    fn check_ends(&mut self, index: usize) {
        let Some(one) = self.order.subscriptions.get(index).filter(|_| can_be_refused(self.order)) else {
            return;
        };
        let organization = self.facts.organizations.get(&index).map(|organization| organization.id);
        for (name, place, end) in link_ends(&one.line) {
            if matches!(end, LinkEnd::Line(_)) {
                continue;
            }
            let other = end.subscription_id().and_then(|id| self.facts.end(self.order, id));
            match other.filter(|other| Some(other.organization_id) == organization) {
                None => self.add_fault(&UNKNOWN_SUBSCRIPTION, index, &[&name, &place]),
                Some(other) if other.deactivation.is_some() => {
                    self.add_fault(&LINKED_TO_DEACTIVATED, index, &[&name, &place]);
                }
                Some(_) => {}
            }
        }
    }

    /// Checks for links that exceed the maximum, or lead to another organization.
    fn check_links(&mut self) {
        let (order, facts) = (self.order, self.facts);
        let mut counts: BTreeMap<(&str, SubscriptionId), usize> = BTreeMap::new();
        for (index, line) in open_lines(order) {
            let mut named = BTreeSet::new();
            for (name, place, end) in link_ends(line) {
                match end {
                    LinkEnd::Subscription(_) | LinkEnd::Reference(_) => {
                        let other = end.subscription_id().and_then(|id| facts.end(order, id));
                        let Some(other) = other else { continue };
                        let id = other.id;
                        if !named.insert((name, id)) {
                            continue;
                        }
                        let before = if name == "parents" { &other.apps } else { &other.linked };
                        let count = counts.entry((name, id)).or_default();
                        *count += 1;
                        if facts.exceeds_limit(before, *count) && can_be_refused(order) {
                            self.add_fault(&TOO_MANY_LINKS, index, &[&name, &place]);
                        }
                    }
                    LinkEnd::Line(other) => {
                        let both = facts.organizations.get(&index).zip(facts.organizations.get(&other));
                        if both.is_some_and(|(one, other)| one.id != other.id) {
                            self.add_fault(&OTHER_ORGANIZATION, index, &[&name, &place]);
                        }
                    }
                }
            }
        }
    }
}
