//! What goes down with a subscription, and how: in one transaction where it fits, else in a sequence that begins with the
//! subscription itself and goes on until nothing linked to it is left.
//!
//! Everything is written on the condition that it is as it was read, and a link is written at both ends: what is linked at
//! the same moment is either found, or not made. Of an app that is spared one parent that is left is a condition, too, so
//! that of two who take its last two parents one sees that the other did.

use api_runtime::table::{Error, Expression, Pause, SubscriptionOf, SubscriptionsOf, follow_subscription};
use api_runtime::{Change, ConditionFailure, Context, Failure, OrNotFound, Replay};
use domain::event::SubscriptionDeactivated;
use domain::subscription::Deactivation;
use domain::subscription::closure::{Closure, Subscriptions};
use domain::{OrganizationId, Period, Subscription, SubscriptionId};

/// A transaction takes 100 items: of each subscription itself, its entitlement and its event; some are left for what is
/// added to it last.
const ROOM: usize = 96;
const AT_ONCE: usize = 30;

/// Longer than a call may last, and than clocks differ: who begins is at it for at most so long.
const LEASE: Period = Period::minutes(1);

/// So many go down before a call is answered; the timer goes on with the rest.
const BEFORE_ANSWER: usize = 1200;

/// All subscriptions of an organization, as they are now.
///
/// # Errors
///
/// When one names another that is not there, however often they are read.
pub async fn read_all(context: &Context<'_>, organization: OrganizationId) -> Result<Subscriptions, Failure> {
    // A listing is no snapshot: one may have been made behind it, and been linked to one before it.
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

/// Those of a closure that are still up, in its order.
pub fn still_up(all: &Subscriptions, down: &[SubscriptionId]) -> Vec<SubscriptionId> {
    let up = |id: &&SubscriptionId| all.get(id).is_some_and(|one| one.deactivation.is_none());
    down.iter().filter(up).copied().collect()
}

/// Takes some down, with their entitlements and events; the first one, if it is `root`, on the condition of the call.
fn take_down(
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
        let reason = deactivation.reason.clone();
        change.record(after.event(SubscriptionDeactivated { subscription_id, cause, reason }));
    }
    Ok(())
}

/// Takes all of a closure down at once; false, and nothing is in the change, if it does not fit one transaction.
pub fn at_once(
    context: &Context<'_>,
    change: &mut Change,
    all: &Subscriptions,
    Closure { down, supports }: &Closure,
    deactivation: &Deactivation,
) -> Result<bool, Failure> {
    let up = still_up(all, down);
    if change.items() + up.len() * 3 + supports.len() > ROOM {
        return Ok(false);
    }
    take_down(context, change, all, &up, deactivation)?;
    for parent in supports.iter().filter_map(|id| all.get(id)) {
        let alive = Expression::new("attribute_exists(#pk) AND attribute_not_exists(#deactivation)");
        let lookup = SubscriptionOf(parent.organization_id, parent.id);
        change.require_that(&lookup, alive, |_| ConditionFailure::Stale);
    }
    Ok(true)
}

/// Begins a sequence: the subscription itself goes down, and stays due until all that is linked to it is down. If an earlier,
/// equal call came to its end, its answer is the reply.
pub async fn begin(
    context: &Context<'_>,
    mut change: Change,
    all: &Subscriptions,
    deactivation: &Deactivation,
) -> Result<Option<Replay>, Failure> {
    let deactivation = Deactivation { resume_at: Some(context.now.after(LEASE)), ..deactivation.clone() };
    take_down(context, &mut change, all, &[deactivation.cause], &deactivation)?;
    context.begin(change).await
}

/// Takes a sequence over from a call that was cut off. `If-Match` is not checked: the version that the caller saw was
/// changed by the deactivation itself.
pub async fn take_over(
    context: &Context<'_>,
    mut change: Change,
    root: &Subscription,
) -> Result<Option<Replay>, Failure> {
    let mut after = Subscription { metadata: root.metadata.next(context.now), ..root.clone() };
    if let Some(deactivation) = &mut after.deactivation {
        deactivation.resume_at = Some(context.now.after(LEASE));
    }
    change.replace(&after, root.metadata.version, None)?;
    context.begin(change).await
}

/// Goes on with a sequence until nothing linked to the subscription is left, or until so many went down that somebody else
/// must go on; answers which it was, and all as they are then. `made_progress` is told of each step.
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
        let up = still_up(&all, &Closure::of(&all, root).down);
        if up.is_empty() || count >= BEFORE_ANSWER {
            return Ok((up.is_empty(), all));
        }
        for these in up.chunks(AT_ONCE) {
            let step = context.detached();
            let mut change: Change = Change::new();
            let deactivation = Deactivation { at: step.now, ..deactivation.clone() };
            take_down(&step, &mut change, &all, these, &deactivation)?;
            match step.apply(change).await {
                Ok(_) => {
                    count += these.len();
                    made_progress();
                }
                // Somebody else wrote one of them, so the rest may not be concerned any more: the next look decides anew.
                Err(Failure::Table(Error::Contended(_))) => {
                    pause.take().await;
                    break;
                }
                Err(why) => return Err(why),
            }
            if count >= BEFORE_ANSWER {
                break;
            }
        }
    }
}

/// The subscription when nothing linked to it is left. It must not have been written since it was seen so.
pub fn finished(context: &Context<'_>, root: &Subscription) -> Subscription {
    let mut after = Subscription { metadata: root.metadata.next(context.now), ..root.clone() };
    if let Some(deactivation) = &mut after.deactivation {
        deactivation.resume_at = None;
    }
    after
}

/// Goes on with what was cut off: the timer's turn.
pub async fn resume(
    context: &Context<'_>,
    root: &Subscription,
    made_progress: impl FnMut() + Send,
) -> Result<bool, Failure> {
    let (done, all) = continue_cascade(context, root.organization_id, root.id, made_progress).await?;
    let Some(root) = all.get(&root.id).filter(|_| done) else { return Ok(false) };
    let mut change: Change = Change::new();
    change.replace(&finished(context, root), root.metadata.version, None)?;
    context.apply(change).await.map(|_| true)
}
