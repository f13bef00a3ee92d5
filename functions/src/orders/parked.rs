//! Orders that came before their account was anybody's: they are parked in a queue per account, and take effect in
//! the order of their coming when a partner is linked to it.
//!
//! None is lost and none is applied twice, whatever is cut off: an order is parked on the condition that the account
//! is nobody's, and applied on the condition that it is this partner's and the order is parked still. The link is
//! committed before its queue is read, and nothing is added to a queue after that.

use aws::operation::Output;
use aws::table::pattern::{OrderOfSource, OwnerOfStoreAccount, ParkedForAccount};
use aws::table::{Change, Cut, Drain, Error, Parked, Pause, Refusal, Wanted};
use aws::{Answer, Context, Failure};
use domain::{EventKind, Order, OrderStatus, Parking, PartnerId};
use lambda_runtime::tracing;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Revision, require_owner, revise};

/// As many are applied at a time, and before a link is answered. The timer goes on.
const AT_ONCE: usize = 90;

/// What nobody is told.
#[derive(Serialize, JsonSchema)]
struct Unsaid;

impl Output for Unsaid {}

fn unsaid(_: Order) -> Answer<Unsaid> {
    Answer::ok(Unsaid)
}

/// Applies the next 90 of the orders that are parked for an account, now that it is a partner's; answers after which
/// there are more. What does not fit its pool stays parked, for an operator to discard or until it lapses.
pub async fn drain(
    context: &Context<'_>,
    drain: &Drain,
    after: Option<String>,
) -> Result<Option<String>, Failure> {
    let context = &context.aside();
    let queue = ParkedForAccount(drain.source_id, drain.account.clone());
    let cut = Cut { size: AT_ONCE, ascending: true, after, consistent: true };
    let queued = context.table.page(&queue, &cut, None).await?;
    let orders: Vec<_> = queued.items.iter().map(order_of).collect();
    let mut wanted = Wanted::new();
    orders.iter().for_each(|order| wanted.add(order));
    let found = context.table.fetch(wanted, true).await?;
    for lookup in orders {
        let (mut order, mut pause) = (found.get(&lookup)?, Pause::default());
        while let Some(parked) = order.take().filter(|order| order.parked().is_some()) {
            match apply(context, parked, drain.partner_id).await {
                // Somebody else was at it, too.
                Err(Failure::Table(Error::Contended(_))) => {
                    pause.take().await;
                    order = context.table.get(&lookup).await?;
                }
                Err(why @ Failure::Problem(_)) => tracing::error!(%why, "a parked order cannot be applied"),
                applied => applied?,
            }
        }
    }
    Ok(queued.next)
}

/// Notes that nothing is left to be drained.
pub async fn finish(context: &Context<'_>, drain: &Drain) -> Result<(), Failure> {
    let mut change = Change::new();
    change.remove(drain);
    context.commit(change, Answer::ok(Unsaid)).await.map(drop)
}

fn order_of(parked: &Parked) -> OrderOfSource {
    OrderOfSource(parked.source_id, parked.order_id.clone())
}

async fn apply(context: &Context<'_>, parked: Order, partner: PartnerId) -> Result<(), Failure> {
    let mut change = Change::new();
    if let Some(Parking { store_account, .. }) = parked.parking.clone() {
        require_owner(&mut change, (OwnerOfStoreAccount(parked.source_id, store_account), partner));
    }
    let order = Order {
        status: OrderStatus::Applied,
        partner_id: Some(partner),
        lines: Vec::new(),
        stamp: parked.stamp.next(context.now),
        ..parked.clone()
    };
    let wanted = parked.ordered();
    let revision = Revision { before: Some(parked), order, wanted, lines: None, event: None };
    revise(context, revision, change, unsaid).await.map(drop)
}

/// Ends the wait of a parked order, for good: as discarded or lapsed.
pub async fn end<O: Output>(
    context: &Context<'_>,
    parked: Order,
    status: OrderStatus,
    change: Change<O>,
    answer: impl FnOnce(Order) -> Answer<O>,
) -> Result<Answer<O>, Failure> {
    let event = parked.parked().map(|parking| {
        let (source_id, order_id) = (parked.source_id, parked.order_id.clone());
        let account = parking.store_account.clone();
        match status {
            OrderStatus::Lapsed => EventKind::OrderLapsed { source_id, order_id, account },
            _ => EventKind::OrderDiscarded { source_id, order_id, account },
        }
    });
    let order = Order { status, stamp: parked.stamp.next(context.now), ..parked.clone() };
    let wanted = parked.ordered();
    revise(context, Revision { before: Some(parked), order, wanted, lines: None, event }, change, answer)
        .await
}

/// Ends the wait of an order that nobody was linked to in time. If somebody was, and only its turn has not come yet, it
/// is applied.
pub async fn lapse(context: &Context<'_>, parked: Order) -> Result<(), Failure> {
    let Some(Parking { store_account, .. }) = parked.parked() else { return Ok(()) };
    let account = OwnerOfStoreAccount(parked.source_id, store_account.clone());
    let mut change = Change::new();
    match context.table.get(&account).await? {
        Some(owner) => match apply(context, parked.clone(), owner.partner()?).await {
            Err(Failure::Problem(_)) => {}
            applied => return applied,
        },
        None => change.require_absent(&account, || Refusal::Outdated),
    }
    end(context, parked, OrderStatus::Lapsed, change, unsaid).await.map(drop)
}
