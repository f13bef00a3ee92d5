//! Links between subscriptions, which are stored at both ends.

use std::collections::BTreeSet;

use super::facts::Facts;
use crate::id::SubscriptionId;
use crate::order::{LinkEnd, Order, SubscriptionLine};
use crate::subscription::Subscription;
use crate::subscription::closure::Subscriptions;

/// Link of a new subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Link {
    /// Subscription at the other end.
    pub other: SubscriptionId,
    end: LinkRole,
}

/// Role of the other end in a link of a new subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LinkRole {
    Linked,
    Parent,
    App,
}

impl Link {
    /// Returns whether the other end already has the maximum number of links of this kind.
    pub fn exceeds_limit(&self, all: &Subscriptions, facts: &Facts) -> bool {
        all.get(&self.other).is_some_and(|other| {
            let links = match self.end {
                LinkRole::Linked => &other.linked,
                LinkRole::Parent => &other.apps,
                LinkRole::App => &other.parents,
            };
            facts.exceeds_limit(links, 1)
        })
    }

    /// Adds the link to both ends. If the other end stores many, those to deactivated subscriptions make room: they have
    /// no effect any more, and each deactivated one still names the other end.
    pub fn add_to_both_ends(self, one: &mut Subscription, all: &mut Subscriptions, facts: &Facts) {
        let Some(other) = all.get_mut(&self.other) else { return };
        let (here, there) = match self.end {
            LinkRole::Linked => (&mut one.linked, &mut other.linked),
            LinkRole::Parent => (&mut one.parents, &mut other.apps),
            LinkRole::App => (&mut one.apps, &mut other.parents),
        };
        if there.len() >= Subscription::MOST_STORED_LINKS {
            there.retain(|id| !facts.deactivated.contains(id));
        }
        here.insert(self.other);
        there.insert(one.id);
    }
}

/// Returns the links between a line and existing subscriptions, named by either of the two.
pub(super) fn links_of(
    order: &Order,
    index: usize,
    line: &SubscriptionLine,
    all: &Subscriptions,
) -> Vec<Link> {
    let existing = |end: &LinkEnd| match end {
        LinkEnd::Line(other) => order.subscriptions.get(*other).and_then(|other| other.subscription_id),
        LinkEnd::Subscription(_) | LinkEnd::Reference(_) => end.subscription_id(),
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
