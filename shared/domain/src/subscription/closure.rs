//! What goes down with a subscription, and what keeps the rest up.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::SubscriptionId;
use crate::subscription::Subscription;

/// All subscriptions of an organization.
pub type Subscriptions = BTreeMap<SubscriptionId, Subscription>;

/// What goes down with a subscription, and what keeps the rest up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    /// What goes down, the subscription itself first. What is down already is part of it.
    pub down: Vec<SubscriptionId>,
    /// For each app that stays, though what goes down is above it, a parent that is left to it: as long as these are alive, the
    /// apps are not concerned. Some of them are such apps themselves.
    pub supports: BTreeSet<SubscriptionId>,
}

impl Closure {
    /// Everything that is linked to a subscription, through any number of links, and every app that has no parent left but
    /// such as go down themselves, or such as keep only each other up; with these what is linked to them, and so on.
    pub fn of(all: &Subscriptions, root: SubscriptionId) -> Self {
        let (mut known, mut down) = (BTreeSet::from([root]), vec![root]);
        let mut next = 0;
        loop {
            while let Some(one) = down.get(next).and_then(|id| all.get(id)) {
                next += 1;
                let linked = one.linked.iter().filter(|id| all.contains_key(id));
                down.extend(linked.filter(|id| known.insert(**id)));
            }
            let (orphans, supports) = orphans(all, &known);
            if orphans.is_empty() {
                return Self { down, supports };
            }
            down.extend(orphans.into_iter().filter(|id| known.insert(*id)));
        }
    }
}

/// The apps, and theirs, that lose their last parent with these; and the parents that are left to the others.
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
    // A parent that is not known may be alive.
    let alive = |id: &SubscriptionId| all.get(id).is_none_or(|one| one.deactivation.is_none());
    let outside = |id: &&SubscriptionId| !down.contains(id) && !concerned.contains(id) && alive(id);
    let mut kept = Vec::new();
    for app in concerned.iter().filter_map(|app| all.get(app)) {
        kept.extend(app.parents.iter().find(outside).map(|parent| (app.id, *parent)));
    }
    let mut supports = BTreeSet::new();
    while let Some((app, parent)) = kept.pop() {
        if alive(&app) && concerned.remove(&app) {
            supports.insert(parent);
            kept.extend(apps_of(&app).map(|next| (next, app)));
        }
    }
    (concerned, supports)
}
