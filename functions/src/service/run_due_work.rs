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
use crate::entitlements::import_run;
use crate::orders::fulfillment::resume;
use crate::orders::parked;
use crate::subscriptions::cascade;

/// Does what is due: the one timer of the system.
pub struct RunDueWork;

impl Scheduled for RunDueWork {
    const NAME: &str = "run-due-work";
    const ABOUT: &str = "Does what is due, every minute. Parked orders lapse, those of linked accounts take effect, imports that were cut off are given up, requests for access lapse, people learn that access ends, subscriptions of an order are made to the last one, and what is linked to a deactivated one goes down.";

    async fn execute(environment: &Environment, report: &mut RunReport) -> Result<(), Failure> {
        let until = (environment.clock)();
        // Who is first one time is not so the next.
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
                            tracing::error!(why, shard, "what is due could not be done");
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

/// So that what takes long leaves time for the rest of a run.
const FOR_ONE: Duration = Duration::from_secs(10);

/// Does one thing, and answers whether it is done, or why that cannot be.
async fn attempt(environment: &Environment, item: Result<DueItem, Error>) -> Result<bool, String> {
    let progress = ProgressFlag::default();
    match tokio::time::timeout(FOR_ONE, perform(environment, item, &progress)).await {
        Ok(Ok(done)) => Ok(done),
        // What takes long, or meets an obstacle on the way, is no failure as long as it makes progress.
        _ if progress.is_set() => Ok(false),
        Ok(Err(why)) => Err(why.to_string()),
        Err(_) => Err(format!("it takes more than {FOR_ONE:?}")),
    }
}

/// So often something is tried before it is reported to the vendor: most failures pass by themselves.
const REPORTED_AFTER: u64 = 3;

/// Lets others go first, so that what cannot be done holds up nothing.
async fn postpone(environment: &Environment, entry: &DueEntry, why: String) {
    let context = environment.system_context(RunDueWork::NAME);
    let mut change = Change::new();
    change.add(entry.postpone(context.now));
    if entry.attempts() == REPORTED_AFTER {
        let (entity, key) = (entry.entity().to_owned(), entry.key_text());
        let failed = DueWorkFailed { entity, key, attempts: entry.attempts(), reason: why };
        change.record(NewEvent::of_vendor(failed));
    }
    // What is not put back is due as before.
    if let Err(why) = context.apply(change).await {
        tracing::warn!(%why, "what could not be done is not put back: somebody else was at it, or it is tried again soon");
    }
}

/// Whether a sequence of many steps has made any, also if it is stopped in the middle of the next one.
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

/// Does one thing, and answers whether it is done. When somebody else was at it, too, the next run decides anew.
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
        DueItem::Order(order) => parked::lapse(&environment.system_context(RunDueWork::NAME), order).await,
        DueItem::ParkedOrdersRelease(release) => release_parked_orders(environment, release, progress).await,
        DueItem::Import(run) => {
            import_run::give_up(&environment.system_context(RunDueWork::NAME), run).await.map(|()| true)
        }
        DueItem::Request(request) => {
            access_due::lapse(&environment.system_context(RunDueWork::NAME), request).await
        }
        DueItem::Access(access) => {
            access_due::notify(&environment.system_context(RunDueWork::NAME), access).await
        }
    };
    match handled {
        Err(Failure::Table(Error::Contended(_))) => Ok(false),
        handled => handled,
    }
}

/// Drains what a link left.
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
