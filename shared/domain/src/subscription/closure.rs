//! Closure of a deactivation: the subscriptions that are deactivated together, and those that keep other apps active.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::SubscriptionId;
use crate::subscription::Subscription;

/// All subscriptions of an organization.
pub type Subscriptions = BTreeMap<SubscriptionId, Subscription>;

/// Subscriptions that are deactivated together with one of them, and those that keep other apps active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    /// Subscriptions to deactivate, the requested one first. Subscriptions that are already deactivated are included.
    pub down: Vec<SubscriptionId>,
    /// One remaining parent of each app that stays active although a subscription above it is deactivated. As long as
    /// these parents are active, the apps are not affected. A parent can be such an app itself.
    pub remaining_parents: BTreeSet<SubscriptionId>,
}

impl Closure {
    /// Returns the closure of `root`: everything that is linked to it, through any number of links, and every app
    /// without a parent that stays active. Apps that only keep each other active are included, and so is everything
    /// linked to an included app.
    pub fn of(all: &Subscriptions, root: SubscriptionId) -> Self {
        let (mut known, mut down) = (BTreeSet::from([root]), vec![root]);
        let mut next = 0;
        loop {
            while let Some(one) = down.get(next).and_then(|id| all.get(id)) {
                next += 1;
                let linked = one.linked.iter().filter(|id| all.contains_key(id));
                down.extend(linked.filter(|id| known.insert(**id)));
            }
            let (orphans, remaining_parents) = orphans(all, &known);
            if orphans.is_empty() {
                return Self { down, remaining_parents };
            }
            down.extend(orphans.into_iter().filter(|id| known.insert(*id)));
        }
    }
}

/// Returns the apps, at any depth below `down`, that lose their last parent, and the parents that the other apps keep.
fn orphans(
    all: &Subscriptions,
    down: &BTreeSet<SubscriptionId>,
) -> (BTreeSet<SubscriptionId>, BTreeSet<SubscriptionId>) {
    let apps_of = |id: &SubscriptionId| all.get(id).map(|one| one.apps.iter().copied()).into_iter().flatten();
    let mut concerned = BTreeSet::new();
    let mut reached: Vec<_> = down.iter().flat_map(apps_of).collect();
    while let Some(app) = reached.pop() {
        if all.contains_key(&app) && !down.contains(&app) && concerned.insert(app) {
            reached.extend(apps_of(&app));
        }
    }
    // An unknown parent may be active.
    let alive = |id: &SubscriptionId| all.get(id).is_none_or(|one| one.deactivation.is_none());
    let outside = |id: &&SubscriptionId| !down.contains(id) && !concerned.contains(id) && alive(id);
    let mut kept = Vec::new();
    for app in concerned.iter().filter_map(|app| all.get(app)) {
        kept.extend(app.parents.iter().find(outside).map(|parent| (app.id, *parent)));
    }
    let mut remaining_parents = BTreeSet::new();
    while let Some((app, parent)) = kept.pop() {
        if alive(&app) && concerned.remove(&app) {
            remaining_parents.insert(parent);
            kept.extend(apps_of(&app).map(|next| (next, app)));
        }
    }
    (concerned, remaining_parents)
}
