//! Links between subscriptions, known at both ends.

use std::collections::BTreeSet;

use crate::id::SubscriptionId;
use crate::order::{LinkEnd, Order, SubscriptionLine};
use crate::subscription::Subscription;
use crate::subscription::closure::Subscriptions;

/// A link of a new subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Link {
    /// The subscription at its other end.
    pub other: SubscriptionId,
    end: LinkRole,
}

/// What the other end of a link is to the new subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LinkRole {
    Linked,
    Parent,
    App,
}

impl Link {
    /// Whether its other end has as many links of the kind as it can have.
    pub fn is_one_too_many(&self, all: &Subscriptions) -> bool {
        let count = |one: &Subscription| match self.end {
            LinkRole::Linked => one.linked.len(),
            LinkRole::Parent => one.apps.len(),
            LinkRole::App => one.parents.len(),
        };
        all.get(&self.other).is_some_and(|one| count(one) >= Subscription::MOST_LINKS)
    }

    /// Makes it known at both ends.
    pub fn make(self, one: &mut Subscription, all: &mut Subscriptions) {
        let Some(other) = all.get_mut(&self.other) else { return };
        let (here, there) = match self.end {
            LinkRole::Linked => (&mut one.linked, &mut other.linked),
            LinkRole::Parent => (&mut one.parents, &mut other.apps),
            LinkRole::App => (&mut one.apps, &mut other.parents),
        };
        here.insert(self.other);
        there.insert(one.id);
    }
}

/// The links of a line to subscriptions that exist, whichever of the two names the other.
pub(super) fn links_of(
    order: &Order,
    index: usize,
    line: &SubscriptionLine,
    all: &Subscriptions,
) -> Vec<Link> {
    let existing = |end: &LinkEnd| match end {
        LinkEnd::Subscription(id) => Some(*id),
        LinkEnd::Line(other) => order.subscriptions.get(*other).and_then(|other| other.subscription_id),
    };
    let mut links: BTreeSet<Link> = BTreeSet::new();
    let linked = line.linked_to.iter().filter_map(existing);
    links.extend(linked.map(|other| Link { other, end: LinkRole::Linked }));
    let parents = line.parents.iter().filter_map(existing);
    links.extend(parents.map(|other| Link { other, end: LinkRole::Parent }));
    for one in &order.subscriptions {
        let Some(other) = one.subscription_id else { continue };
        if one.line.linked_to.contains(&LinkEnd::Line(index)) {
            links.insert(Link { other, end: LinkRole::Linked });
        }
        if one.line.parents.contains(&LinkEnd::Line(index)) {
            links.insert(Link { other, end: LinkRole::App });
        }
    }
    links.into_iter().filter(|link| all.contains_key(&link.other)).collect()
}
