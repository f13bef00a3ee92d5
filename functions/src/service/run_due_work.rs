//! `run-due-work`

use aws::schedule::Report;
use aws::table::key::DUE_SHARDS;
use aws::table::pattern::DueBy;
use aws::table::{DueItem, Error};
use aws::{Environment, Failure, Scheduled};
use lambda_runtime::tracing;

use crate::orders::parked;

/// Does what is due: the one timer of the system.
pub struct RunDueWork;

impl Scheduled for RunDueWork {
    const NAME: &str = "run-due-work";
    const ABOUT: &str = "Does what is due: parked orders lapse, and those of linked accounts take effect.";

    async fn execute(environment: &Environment, report: &mut Report) -> Result<(), Failure> {
        let until = environment.by_itself(Self::NAME).now;
        for shard in 0..DUE_SHARDS {
            let (listing, mut after) = (DueBy(shard, until), None);
            loop {
                let (items, next) = environment.table.due(&listing, after).await?;
                for item in items {
                    match settle(environment, item).await {
                        Ok(()) => report.done += 1,
                        Err(why) => {
                            tracing::error!(%why, "what is due could not be done");
                            report.failed += 1;
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

/// Does one thing. When somebody else was at it, too, the next run decides anew.
async fn settle(environment: &Environment, item: Result<DueItem, Error>) -> Result<(), Failure> {
    let context = || environment.by_itself(RunDueWork::NAME);
    let settled = match item? {
        DueItem::Order(order) => parked::lapse(&context(), order).await,
        DueItem::Drain(drain) => {
            let mut after = None;
            loop {
                after = parked::drain(&context(), &drain, after).await?;
                if after.is_none() {
                    break parked::finish(&context(), &drain).await;
                }
            }
        }
    };
    match settled {
        Err(Failure::Table(Error::Contended(_))) => Ok(()),
        settled => settled,
    }
}
