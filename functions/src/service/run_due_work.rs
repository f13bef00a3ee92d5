//! `run-due-work`

use std::time::Duration;

use api_runtime::schedule::Report;
use api_runtime::table::key::DUE_SHARDS;
use api_runtime::table::pattern::DueBy;
use api_runtime::table::{Change, Drain, DueItem, Error, ImportRun, Turn};
use api_runtime::{Answer, Context, Environment, Failure, Scheduled};
use domain::{EventKind, Happening};
use lambda_runtime::tracing;

use crate::access::told;
use crate::orders::parked;
use crate::orders::placing::go_on;
use crate::subscriptions::cascade;

/// Does what is due: the one timer of the system.
pub struct RunDueWork;

impl Scheduled for RunDueWork {
    const NAME: &str = "run-due-work";
    const ABOUT: &str = "Does what is due, every minute. Parked orders lapse, those of linked accounts take effect, imports that were cut off are given up, requests for access lapse, people learn that access ends, subscriptions of an order are made to the last one, and what is linked to a deactivated one goes down.";

    async fn execute(environment: &Environment, report: &mut Report) -> Result<(), Failure> {
        let until = (environment.clock)();
        // Who is first one time is not so the next.
        let first = until.unix_seconds() / 60 % u64::from(DUE_SHARDS);
        let mut shards: Vec<u8> = (0..DUE_SHARDS).collect();
        shards.rotate_left(usize::try_from(first).unwrap_or_default());
        for shard in shards {
            let (listing, mut after) = (DueBy(shard, until), None);
            loop {
                let (items, next) = environment.table.due(&listing, after).await?;
                for (turn, item) in items {
                    match attempt(environment, item).await {
                        Ok(true) => report.done += 1,
                        Ok(false) => report.left += 1,
                        Err(why) => {
                            tracing::error!(why, shard, "what is due could not be done");
                            report.failed += 1;
                            put_back(environment, &turn, why).await;
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
    let mut went_on = false;
    match tokio::time::timeout(FOR_ONE, settle(environment, item, &mut went_on)).await {
        Ok(Ok(done)) => Ok(done),
        // What takes long, or meets an obstacle on the way, is no failure as long as it goes on.
        _ if went_on => Ok(false),
        Ok(Err(why)) => Err(why.to_string()),
        Err(_) => Err(format!("it takes more than {FOR_ONE:?}")),
    }
}

/// Lets others go first, so that what cannot be done holds up nothing.
async fn put_back(environment: &Environment, turn: &Turn, why: String) {
    let context = environment.by_itself(RunDueWork::NAME);
    let mut change: Change<()> = Change::new();
    turn.put_back(&mut change, context.now, why);
    // What is not put back is due as before.
    if let Err(why) = context.commit(change, Answer::ok(())).await {
        tracing::warn!(%why, "what could not be done is not put back: somebody else was at it, or it is tried again soon");
    }
}

/// Does one thing, and answers whether it is done. When somebody else was at it, too, the next run decides anew. What
/// has many steps says that it went on.
async fn settle(
    environment: &Environment,
    item: Result<DueItem, Error>,
    went_on: &mut bool,
) -> Result<bool, Failure> {
    let settled = match item? {
        DueItem::Order(order) if order.is_placing() => {
            let context = environment.by_itself(RunDueWork::NAME);
            go_on(&context, order, |_| Answer::ok(())).await.map(|_| true)
        }
        DueItem::Subscription(root) => {
            let context = environment.by_itself(RunDueWork::NAME);
            cascade::resume(&context, &root, || *went_on = true).await
        }
        DueItem::Order(order) => parked::lapse(&environment.by_itself(RunDueWork::NAME), order).await,
        DueItem::Drain(drain) => finish(environment, drain, went_on).await,
        DueItem::Import(run) => give_up(&environment.by_itself(RunDueWork::NAME), run).await,
        DueItem::Request(request) => told::lapse(&environment.by_itself(RunDueWork::NAME), request).await,
        DueItem::Access(access) => told::tell(&environment.by_itself(RunDueWork::NAME), access).await,
    };
    match settled {
        Err(Failure::Table(Error::Contended(_))) => Ok(false),
        settled => settled,
    }
}

/// Says of an import that was cut off that nobody went on with it. Who repeats it under its key still does.
async fn give_up(context: &Context<'_>, run: ImportRun) -> Result<bool, Failure> {
    let mut change: Change<()> = Change::new();
    match run.request {
        Some(_) => {
            let given_up = ImportRun { due_at: None, stamp: run.stamp.next(context.now), ..run.clone() };
            change.replace(&given_up, run.stamp.version, context.if_match())?;
        }
        None => change.remove_seen(&run, run.stamp.version, context.if_match()),
    }
    let cut_off = EventKind::ImportCutOff { import_id: run.import_id, by: run.author, rows: run.rows };
    change.record(Happening::of_vendor(cut_off));
    context.commit(change, Answer::ok(())).await.map(|_| true)
}

/// Drains what a link left.
async fn finish(environment: &Environment, drain: Drain, went_on: &mut bool) -> Result<bool, Failure> {
    let (mut after, mut left) = (None, 0);
    loop {
        let context = environment.by_itself(RunDueWork::NAME);
        let drained = parked::drain(&context, &drain, after, || *went_on = true).await?;
        (after, left) = (drained.next, left + drained.left);
        match (&after, left) {
            (Some(_), _) => {}
            (None, 0) => {
                parked::finish(&environment.by_itself(RunDueWork::NAME), &drain).await?;
                return Ok(true);
            }
            (None, _) => {
                let why = format!("{left} parked orders of {} cannot be applied", drain.partner_id);
                return Err(Error::Internal(why).into());
            }
        }
    }
}
