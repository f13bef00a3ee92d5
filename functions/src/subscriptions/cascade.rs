//! Deactivates a subscription and everything that depends on it: in one transaction if it fits, else in a sequence that
//! starts with the subscription itself and continues until nothing linked to it, and no app without another parent, is
//! left active.
//!
//! Every write has the condition that the item is unchanged since it was read, and a link is written at both ends: a
//! link that is created concurrently is either found or not created. In one transaction, one remaining parent of each app
//! that is spared is a condition, too: of two concurrent deactivations that take the last two parents of an app, one
//! fails and then sees the effect of the other. A sequence reads again until nothing that depends on it is left.

use api_runtime::table::{Error, Expression, Pause, SubscriptionOf, SubscriptionsOf, follow_subscription};
use api_runtime::{Change, ConditionFailure, Context, Failure, OrNotFound, Replay};
use domain::event::SubscriptionDeactivated;
use domain::subscription::Deactivation;
use domain::subscription::closure::{Closure, Subscriptions};
use domain::{OrganizationId, Period, Subscription, SubscriptionId};

/// Maximum number of items in a change that deactivates a closure. A transaction takes 100 items, and each subscription
/// needs three: itself, its entitlement and its event. The rest is for items that are added to the change last.
const MAX_CHANGE_ITEMS: usize = 96;
/// Number of subscriptions that one transaction of a sequence deactivates.
const BATCH_SIZE: usize = 30;

/// Lease of the call that runs a sequence: longer than a call may last plus the difference between clocks. After it,
/// another call or the scheduled job takes over.
const LEASE: Period = Period::minutes(1);

/// Number of subscriptions that are deactivated before the call is answered; the scheduled job continues with the rest.
const MAX_PER_CALL: usize = 1200;

/// Returns all subscriptions of an organization, from consistent reads.
///
/// # Errors
///
/// If after three reads a subscription still names one that does not exist.
pub async fn read_all(context: &Context<'_>, organization: OrganizationId) -> Result<Subscriptions, Failure> {
    // A list is not a snapshot: a subscription may be created at a position that was read already, and linked to a
    // later one.
    for _ in 0..3 {
        let all = context.table.list(&SubscriptionsOf(organization), true).await?;
        let all: Subscriptions = all.into_iter().map(|one| (one.id, one)).collect();
        let is_there = |id| all.contains_key(id);
        if all.values().all(|one| [&one.linked, &one.parents, &one.apps].into_iter().flatten().all(is_there))
        {
            return Ok(all);
        }
    }
    Err(Error::Internal(format!("a subscription of {organization} names one that is not there")).into())
}

/// Returns the subscriptions of a closure that are not deactivated yet, in the order of the closure.
pub fn still_active(all: &Subscriptions, down: &[SubscriptionId]) -> Vec<SubscriptionId> {
    let up = |id: &&SubscriptionId| all.get(id).is_some_and(|one| one.deactivation.is_none());
    down.iter().filter(up).copied().collect()
}

/// Adds the deactivation of some subscriptions to a change, with the end of their entitlements and their events.
/// `If-Match` applies to the root of the cascade only.
fn deactivate_all(
    context: &Context<'_>,
    change: &mut Change,
    all: &Subscriptions,
    these: &[SubscriptionId],
    deactivation: &Deactivation,
) -> Result<(), Failure> {
    for before in these.iter().filter_map(|id| all.get(id)) {
        let is_root = before.id == deactivation.cause;
        let resume_at = deactivation.resume_at.filter(|_| is_root);
        let deactivated = Deactivation { resume_at, ..deactivation.clone() };
        let metadata = before.metadata.next(context.now);
        let after = Subscription { deactivation: Some(deactivated), metadata, ..before.clone() };
        let meant = context.if_match().filter(|_| is_root);
        change.replace(&after, before.metadata.version, meant)?;
        change.add(follow_subscription(&after, context.now));
        let (subscription_id, cause) = (after.id, Some(deactivation.cause));
        let (reason, at) = (deactivation.reason.clone(), Some(deactivation.at));
        change.record(after.event(SubscriptionDeactivated { subscription_id, cause, reason, at }));
    }
    Ok(())
}

/// Adds the deactivation of a whole closure to a change. Returns false, and leaves the change as it is, if the closure
/// does not fit one transaction.
pub fn deactivate_at_once(
    context: &Context<'_>,
    change: &mut Change,
    all: &Subscriptions,
    Closure { down, remaining_parents }: &Closure,
    deactivation: &Deactivation,
) -> Result<bool, Failure> {
    let up = still_active(all, down);
    if change.items() + up.len() * 3 + remaining_parents.len() > MAX_CHANGE_ITEMS {
        return Ok(false);
    }
    deactivate_all(context, change, all, &up, deactivation)?;
    for parent in remaining_parents.iter().filter_map(|id| all.get(id)) {
        let alive = Expression::new("attribute_exists(#pk) AND attribute_not_exists(#deactivation)");
        let lookup = SubscriptionOf(parent.organization_id, parent.id);
        change.require_that(&lookup, alive, |_| ConditionFailure::Stale);
    }
    Ok(true)
}

/// Starts a sequence: deactivates the root, which stays due until everything linked to it is deactivated. Returns the
/// stored answer if an earlier, equal call has finished.
pub async fn begin(
    context: &Context<'_>,
    mut change: Change,
    all: &Subscriptions,
    deactivation: &Deactivation,
) -> Result<Option<Replay>, Failure> {
    let lease_end = context.now.after(LEASE);
    context.declare_lease(lease_end);
    let deactivation = Deactivation { resume_at: Some(lease_end), ..deactivation.clone() };
    deactivate_all(context, &mut change, all, &[deactivation.cause], &deactivation)?;
    context.begin(change).await
}

/// Takes over a sequence from a call that was interrupted, with a new lease. `If-Match` is not checked, because the
/// deactivation itself has changed the version that the caller saw.
pub async fn take_over(
    context: &Context<'_>,
    mut change: Change,
    root: &Subscription,
) -> Result<Option<Replay>, Failure> {
    let lease_end = context.now.after(LEASE);
    context.declare_lease(lease_end);
    let mut after = Subscription { metadata: root.metadata.next(context.now), ..root.clone() };
    if let Some(deactivation) = &mut after.deactivation {
        deactivation.resume_at = Some(lease_end);
    }
    change.replace(&after, root.metadata.version, None)?;
    context.begin(change).await
}

/// Continues a sequence until nothing linked to the root is left active, or until the call has deactivated the maximum
/// number of subscriptions. Returns whether the sequence is complete, and all subscriptions as they were read last.
/// Calls `made_progress` after each step.
pub async fn continue_cascade(
    context: &Context<'_>,
    organization: OrganizationId,
    root: SubscriptionId,
    mut made_progress: impl FnMut() + Send,
) -> Result<(bool, Subscriptions), Failure> {
    let (mut count, mut pause) = (0, Pause::default());
    loop {
        let all = read_all(context, organization).await?;
        let known = all.get(&root).and_then(|root| root.deactivation.clone());
        let deactivation = known.or_not_found()?;
        let up = still_active(&all, &Closure::of(&all, root).down);
        if up.is_empty() || count >= MAX_PER_CALL {
            return Ok((up.is_empty(), all));
        }
        for these in up.chunks(BATCH_SIZE) {
            let step = context.detached();
            let mut change: Change = Change::new();
            let deactivation = Deactivation { at: step.now, ..deactivation.clone() };
            deactivate_all(&step, &mut change, &all, these, &deactivation)?;
            match step.apply(change).await {
                Ok(_) => {
                    count += these.len();
                    made_progress();
                }
                // A concurrent write changed one of them, so the others may no longer be affected: read again and
                // decide anew.
                Err(Failure::Table(Error::Contended(_))) => {
                    pause.take().await;
                    break;
                }
                Err(why) => return Err(why),
            }
            if count >= MAX_PER_CALL {
                break;
            }
        }
    }
}

/// Returns the root as it is stored when the sequence is complete. The write needs the condition that the root is
/// unchanged since nothing linked to it was found active.
pub fn completed(context: &Context<'_>, root: &Subscription) -> Subscription {
    let mut after = Subscription { metadata: root.metadata.next(context.now), ..root.clone() };
    if let Some(deactivation) = &mut after.deactivation {
        deactivation.resume_at = None;
    }
    after
}

/// Continues an interrupted sequence on behalf of the scheduled job. Returns whether the sequence is complete.
pub async fn resume(
    context: &Context<'_>,
    root: &Subscription,
    made_progress: impl FnMut() + Send,
) -> Result<bool, Failure> {
    let (done, all) = continue_cascade(context, root.organization_id, root.id, made_progress).await?;
    let Some(root) = all.get(&root.id).filter(|_| done) else { return Ok(false) };
    let mut change: Change = Change::new();
    change.replace(&completed(context, root), root.metadata.version, None)?;
    context.apply(change).await.map(|_| true)
}
