//! Parked orders: orders that arrived before their account was linked to a partner. They wait in a queue per account,
//! and take effect in order of arrival when a partner is linked to the account. An order with subscriptions that is
//! cancelled is no longer parked, but stays in the queue: its subscriptions can be renewed once they exist.
//!
//! No order is lost or applied twice, wherever a call is interrupted: an order is parked on the condition that its
//! account is not linked, and applied on the condition that the account is this partner's and the order is still
//! parked. The link is committed before its queue is read, and nothing is added to the queue after that.

use api_runtime::table::{
    BatchGet, Error, OrderOfSource, OwnerOfStoreAccount, PageQuery, ParkedForAccount, ParkedOrderEntry,
    ParkedOrdersRelease, Pause,
};
use api_runtime::{Answer, Change, ConditionFailure, Context, Failure, Output, Reply};
use domain::deactivation::{DEACTIVATED_ORGANIZATION, DEACTIVATED_PARTNER};
use domain::event::{OrderDiscarded, OrderLapsed};
use domain::{EventKind, Fault, Order, OrderStatus, Parking, Problem, ProblemKind};
use lambda_runtime::tracing;

use super::fulfillment::{self, resume};
use crate::orders::update::{OrderUpdate, require_owner, update_order};

/// Maximum number of orders that are applied at a time, and before a link request is answered. The scheduled job
/// processes the rest.
const AT_ONCE: usize = 90;

/// Progress in the release of a queue.
pub struct ReleaseProgress {
    /// Position in the queue after which there are more orders; `None` at its end.
    pub next: Option<String>,
    /// Number of orders that could not be applied; the log names each of them with the reason.
    pub left: u64,
}

/// Applies the next 90 parked orders of an account that is linked to a partner now. An order that cannot be applied
/// stays parked until an operator discards it; of a cancelled one the lines that cannot be fulfilled are ignored.
/// `on_progress` is called for each order that is done.
pub async fn release(
    context: &Context<'_>,
    release: &ParkedOrdersRelease,
    after: Option<String>,
    mut on_progress: impl FnMut() + Send,
) -> Result<ReleaseProgress, Failure> {
    let mut pause = Pause::default();
    loop {
        match release_batch(context, release, after.clone(), &mut on_progress).await {
            // A concurrent call wrote one of the items, so the batch is retried.
            Err(Failure::Table(Error::Contended(_))) => pause.take().await,
            decided => return decided,
        }
    }
}

async fn release_batch(
    context: &Context<'_>,
    release: &ParkedOrdersRelease,
    after: Option<String>,
    on_progress: &mut (impl FnMut() + Send),
) -> Result<ReleaseProgress, Failure> {
    let queue = ParkedForAccount(release.source_id, release.account.clone());
    let page_query = PageQuery { size: AT_ONCE, ascending: true, after, consistent: true };
    let queued = context.table.page(&queue, &page_query, None).await?;
    let order_of = |parked: &ParkedOrderEntry| OrderOfSource(parked.source_id, parked.order_id.clone());
    let mut wanted = BatchGet::new();
    queued.items.iter().for_each(|parked| wanted.add(&order_of(parked)));
    let found = context.table.fetch(wanted, true).await?;
    let mut left = 0;
    for parked in &queued.items {
        let applied = match found.get(&order_of(parked)) {
            Ok(Some(order)) if order.status == OrderStatus::Parked || order.awaiting_account().is_some() => {
                apply_parked(&context.detached(), order, release).await
            }
            Ok(_) => Ok(()),
            Err(why) => Err(why.into()),
        };
        match applied {
            Err(Failure::Table(why @ (Error::Contended(_) | Error::Unavailable(_)))) => {
                return Err(why.into());
            }
            Err(why) => {
                tracing::error!(order = %parked.id, %why, "a parked order cannot be applied");
                left += 1;
            }
            Ok(()) => on_progress(),
        }
    }
    Ok(ReleaseProgress { next: queued.next, left })
}

/// Applies a parked order. An order that lapsed before its account was linked has no effect, even if the scheduled job
/// has not marked it yet.
async fn apply_parked(
    context: &Context<'_>,
    parked: Order,
    release: &ParkedOrdersRelease,
) -> Result<(), Failure> {
    let Parking { store_account, lapses_at, .. } = parking(&parked)?.clone();
    let mut change = Change::new();
    require_owner(&mut change, (OwnerOfStoreAccount(parked.source_id, store_account), release.partner_id));
    if parked.status == OrderStatus::Parked && lapses_at <= release.linked_at {
        return close_parked(context, parked, OrderStatus::Lapsed, change, |_| Answer::ok(()))
            .await
            .map(drop);
    }
    let status = if parked.cancelled_at.is_some() { OrderStatus::Cancelled } else { OrderStatus::Applied };
    let mut order = Order {
        status,
        partner_id: Some(release.partner_id),
        lines: Vec::new(),
        metadata: parked.metadata.next(context.now),
        ..parked.clone()
    };
    if !order.subscriptions.is_empty() {
        let mut wanted = BatchGet::new();
        fulfillment::want(&order, &mut wanted);
        let found = context.table.fetch(wanted, true).await?;
        let loaded = fulfillment::load(context, &mut order, &found).await?;
        let (ignored, faults): (Vec<_>, Vec<_>) =
            loaded.faults(&order, &[]).into_iter().partition(is_of_deactivated_party);
        for fault in ignored {
            tracing::warn!(order = %order.order_id, fault = fault.sentence(), "a line of a parked order is ignored");
        }
        // No operator can discard a cancelled order, so its lines that cannot be fulfilled are ignored.
        if !faults.is_empty() && status != OrderStatus::Cancelled {
            return Err(Problem::of(ProblemKind::Rule, faults).into());
        }
        order = loaded.fulfill(context, order, &mut change, parked.lines.len(), &[])?;
    }
    let (wanted, known) = (parked.ordered(), OrderOfSource(parked.source_id, parked.order_id.clone()));
    let is_incomplete = order.is_being_fulfilled();
    let update =
        OrderUpdate { before: Some(parked), order, wanted, lines: None, event: None, transferred: false };
    update_order(context, update, change, |_| Answer::ok(())).await?;
    if !is_incomplete {
        return Ok(());
    }
    match context.table.get(&known).await? {
        Some(order) => resume(context, order, |_| Answer::ok(())).await.map(drop),
        None => Ok(()),
    }
}

/// Returns whether a line has a fault because of a deactivated party. Such a line is ignored, and recorded as
/// `order.line-ignored`: it must not prevent the order's other lines.
fn is_of_deactivated_party(fault: &Fault) -> bool {
    [DEACTIVATED_ORGANIZATION.code, DEACTIVATED_PARTNER.code].contains(&fault.code.as_str())
}

/// Returns the parking of a parked order. Its absence is an error, and must not pass for an order that is not parked.
fn parking(parked: &Order) -> Result<&Parking, Error> {
    parked.parking.as_ref().ok_or_else(|| Error::Internal("a parked order has no parking".to_owned()))
}

/// Removes the record of a release that is complete.
pub async fn finish_release(context: &Context<'_>, release: &ParkedOrdersRelease) -> Result<(), Failure> {
    let mut change = Change::new();
    change.remove(release);
    context.apply(change).await.map(drop)
}

/// Closes a parked order irreversibly, as discarded or lapsed.
pub async fn close_parked<O: Output>(
    context: &Context<'_>,
    parked: Order,
    status: OrderStatus,
    change: Change,
    answer: impl FnOnce(Order) -> Answer<O>,
) -> Result<Reply<O>, Failure> {
    let event = parked.parked().map(|parking| {
        let (source_id, order_id) = (parked.source_id, parked.order_id.clone());
        let account = parking.store_account.clone();
        match status {
            OrderStatus::Lapsed => EventKind::from(OrderLapsed { source_id, order_id, account }),
            _ => OrderDiscarded { source_id, order_id, account }.into(),
        }
    });
    let order = Order { status, metadata: parked.metadata.next(context.now), ..parked.clone() };
    let wanted = parked.ordered();
    let update = OrderUpdate { before: Some(parked), order, wanted, lines: None, event, transferred: false };
    update_order(context, update, change, answer).await
}

/// Lapses an order whose account was not linked in time; returns whether it is closed. If the account is linked by now,
/// the release of its queue processes the order.
pub async fn lapse(context: &Context<'_>, parked: Order) -> Result<bool, Failure> {
    let account = OwnerOfStoreAccount(parked.source_id, parking(&parked)?.store_account.clone());
    if context.table.get(&account).await?.is_some() {
        return Ok(false);
    }
    let mut change = Change::new();
    change.require_absent(&account, || ConditionFailure::Stale);
    close_parked(context, parked, OrderStatus::Lapsed, change, |_| Answer::ok(())).await.map(|_| true)
}
