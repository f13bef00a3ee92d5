//! `run-due-work`

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api_runtime::schedule::RunReport;
use api_runtime::table::key::DUE_SHARDS;
use api_runtime::table::{DueBy, DueEntry, DueItem, Error, ParkedOrdersRelease};
use api_runtime::{Answer, Change, Environment, Failure, Scheduled};
use domain::NewEvent;
use domain::event::DueWorkFailed;
use lambda_runtime::tracing;

use crate::access::due as access_due;
use crate::deactivation::sequence;
use crate::entitlements::import_run;
use crate::erasure;
use crate::orders::fulfillment::resume;
use crate::orders::parked;
use crate::subscriptions::cascade;

/// Performs work that is due; this is the only timer of the system.
pub struct RunDueWork;

impl Scheduled for RunDueWork {
    const NAME: &str = "run-due-work";
    const SUMMARY: &str = "Perform due work every minute";
    const DESCRIPTION: &str = "Only the schedule calls it. It expires parked orders (`order.lapsed`) and \
        access requests (`access.lapsed`), applies the parked orders of accounts that were linked to a \
        partner, creates the missing subscriptions of orders, reports interrupted imports \
        (`details.import-aborted`), completes the index of new names and removes the \
        words of former ones, records access that ends soon or has \
        ended (`access.expiring`, `access.expired`), extends access (`access.extended`) or, if its member was \
        removed, stops its extension (`access.updated`), and continues interrupted deactivations \
        (`subscription.deactivated`), also of partners and organizations, their restorations, and the \
        erasure of people (`person.erased`). Each item gets at most 10 seconds per run; a sequence of steps \
        that \
        takes longer continues in the next run. \
        A failed item is retried with a backoff that doubles from one minute up to about eight and a half \
        hours; its third failed attempt in a row is recorded as `due-work.failed`.";

    async fn execute(environment: &Environment, report: &mut RunReport) -> Result<(), Failure> {
        let until = (environment.clock)();
        // Each minute starts with another shard, so that no shard is always the last one.
        let first = until.unix_seconds() / 60 % u64::from(DUE_SHARDS);
        let mut shards: Vec<u8> = (0..DUE_SHARDS).collect();
        shards.rotate_left(usize::try_from(first).unwrap_or_default());
        for shard in shards {
            let (listing, mut after) = (DueBy(shard, until), None);
            loop {
                let (items, next) = environment.table.due(&listing, after).await?;
                for (entry, item) in items {
                    match attempt(environment, item).await {
                        Ok(true) => report.done += 1,
                        Ok(false) => report.left += 1,
                        Err(why) => {
                            tracing::error!(why, shard, "a due item failed");
                            report.failed += 1;
                            postpone(environment, &entry, why).await;
                        }
                    }
                }
                after = next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Time limit for one item, so that a slow item leaves time for the rest of a run.
const ITEM_TIMEOUT: Duration = Duration::from_secs(10);

/// Performs one item within the time limit. Returns whether the item is finished, or the reason for the failure.
async fn attempt(environment: &Environment, item: Result<DueItem, Error>) -> Result<bool, String> {
    let progress = ProgressFlag::default();
    match tokio::time::timeout(ITEM_TIMEOUT, perform(environment, item, &progress)).await {
        Ok(Ok(done)) => Ok(done),
        // A timeout or an error after some progress is no failure: the next run continues there.
        _ if progress.is_set() => Ok(false),
        Ok(Err(why)) => Err(why.to_string()),
        Err(_) => Err(format!("it takes more than {ITEM_TIMEOUT:?}")),
    }
}

/// Failed attempts in a row after which an item is reported to the vendor; most failures pass by themselves.
const REPORTED_AFTER: u64 = 3;

/// Puts an item back with a growing delay, so that a failing item does not hold up the others.
async fn postpone(environment: &Environment, entry: &DueEntry, why: String) {
    let context = environment.system_context(RunDueWork::NAME);
    let mut change = Change::new();
    change.add(entry.postpone(context.now));
    if entry.attempts() == REPORTED_AFTER {
        let (entity, key) = (entry.entity().to_owned(), entry.key_text());
        let failed = DueWorkFailed { entity, key, attempts: entry.attempts(), reason: why };
        change.record(NewEvent::of_vendor(failed));
    }
    // If the transaction fails, the item stays due and is attempted again.
    if let Err(why) = context.apply(change).await {
        tracing::warn!(%why, "a failed due item was not postponed; it stays due");
    }
}

/// Whether a sequence of several steps has completed at least one, even if it is stopped in the middle of the next.
#[derive(Default)]
struct ProgressFlag(AtomicBool);

impl ProgressFlag {
    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Performs one item. Returns true if it is finished, and false if the next run has to look at it again, also because
/// of a concurrent change.
async fn perform(
    environment: &Environment,
    item: Result<DueItem, Error>,
    progress: &ProgressFlag,
) -> Result<bool, Failure> {
    let handled = match item? {
        DueItem::Order(order) if order.is_being_fulfilled() => {
            let context = environment.system_context(RunDueWork::NAME);
            resume(&context, order, |_| Answer::ok(())).await.map(|_| true)
        }
        DueItem::Subscription(root) => {
            let context = environment.system_context(RunDueWork::NAME);
            cascade::resume(&context, &root, || progress.set()).await
        }
        DueItem::Deactivation(record) => {
            let context = environment.system_context(RunDueWork::NAME);
            sequence::resume(&context, record.party, || progress.set()).await
        }
        DueItem::Erasure(record) => {
            let context = environment.system_context(RunDueWork::NAME);
            Box::pin(erasure::sequence::resume(&context, &record.email, || progress.set())).await
        }
        DueItem::Order(order) => parked::lapse(&environment.system_context(RunDueWork::NAME), order).await,
        DueItem::ParkedOrdersRelease(release) => release_parked_orders(environment, release, progress).await,
        DueItem::Name(name) => {
            let context = environment.system_context(RunDueWork::NAME);
            context.finish_spelling(&name).await.map(|()| true)
        }
        DueItem::FormerName(name) => {
            let context = environment.system_context(RunDueWork::NAME);
            context.remove_spellings(&name).await.map(|()| true)
        }
        DueItem::Import(run) => {
            import_run::give_up(&environment.system_context(RunDueWork::NAME), run).await.map(|()| true)
        }
        DueItem::Request(request) => {
            access_due::lapse(&environment.system_context(RunDueWork::NAME), request).await
        }
        DueItem::Access(access) => {
            access_due::perform_due(&environment.system_context(RunDueWork::NAME), access).await
        }
    };
    match handled {
        Err(Failure::Table(Error::Contended(_))) => Ok(false),
        handled => handled,
    }
}

/// Applies the orders that were parked for an account, now that a partner is linked to it, and removes the release
/// record when no order is left.
async fn release_parked_orders(
    environment: &Environment,
    release: ParkedOrdersRelease,
    progress: &ProgressFlag,
) -> Result<bool, Failure> {
    let (mut after, mut left) = (None, 0);
    loop {
        let context = environment.system_context(RunDueWork::NAME);
        let batch = parked::release(&context, &release, after, || progress.set()).await?;
        (after, left) = (batch.next, left + batch.left);
        match (&after, left) {
            (Some(_), _) => {}
            (None, 0) => {
                parked::finish_release(&environment.system_context(RunDueWork::NAME), &release).await?;
                return Ok(true);
            }
            (None, _) => {
                let why = format!("{left} parked orders of {} cannot be applied", release.partner_id);
                return Err(Error::Internal(why).into());
            }
        }
    }
}
