//! `order.placed`: a store sold licenses to a partner.

use aws::http::caller::Delivery;
use aws::table::pattern::{OrderOfSource, OwnerOfStoreAccount, PartnerById};
use aws::table::{Change, Refusal, Wanted};
use aws::{Answer, Context, Failure};
use deserr::Deserr;
use domain::fault::{Check, Checked};
use domain::{
    EventKind, Faults, Invalid, Order, OrderId, OrderStatus, Parking, PartnerId, Problem, Reason, Sent,
    Stage, StoreAccount,
};
use schemars::JsonSchema;

use super::Receipt;
use crate::orders::{Revision, SoldLines, require_owner, revise};

/// The message. Stores may say more than is read.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults)]
pub struct OrderPlaced {
    /// `order.placed`; a message of another type is ignored.
    #[deserr(rename = "type")]
    #[schemars(rename = "type")]
    #[expect(dead_code, reason = "the message was told by it")]
    message_type: String,
    /// When it happened; nothing here rests on it.
    #[expect(dead_code, reason = "it must be there and right")]
    timestamp: Sent,
    /// The order.
    data: Checked<Placed>,
}

/// An order of a partner, named by its account at the store or, by a source that may, by its id.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct Placed {
    /// The store's number of it: it takes effect once.
    order_id: OrderId,
    /// The buyer's account at the store.
    #[deserr(default)]
    store_account: Option<StoreAccount>,
    /// The buyer itself.
    #[deserr(default)]
    partner_id: Option<PartnerId>,
    /// What was sold.
    lines: SoldLines,
}

impl Check for Placed {
    fn check(sent: &serde_json::Value) -> Vec<(String, Invalid)> {
        let names = |name: &str| sent.get(name).is_some_and(|value| !value.is_null());
        let buyer = match (names("storeAccount"), names("partnerId")) {
            (true, true) => {
                Some((String::new(), Invalid::new("ambiguous", "names both `storeAccount` and `partnerId`")))
            }
            (false, false) if sent.is_object() => {
                let invalid = Invalid::new("missing", "is required, unless `partnerId` is given");
                Some(("/storeAccount".to_owned(), invalid))
            }
            _ => None,
        };
        buyer.into_iter().collect()
    }
}

pub(super) const NOT_ALLOWED: Reason =
    Reason::rule("partner-not-allowed", "this source may not name partners");
pub(super) const UNKNOWN_PARTNER: Reason = Reason::rule("unknown-partner", "there is no such partner");

/// Fills the pools, or parks the order until its account is a partner's: once per message and once per order,
/// whatever comes twice, and whatever came before it.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    message: OrderPlaced,
) -> Result<Answer<Receipt>, Failure> {
    let (source, Checked(placed)) = (&delivery.source, message.data);
    let mut wanted = Wanted::new();
    placed.lines.want_types(&mut wanted);
    let account =
        placed.store_account.as_ref().map(|account| OwnerOfStoreAccount(source.id, account.clone()));
    let partner = placed.partner_id.map(PartnerById);
    let known = OrderOfSource(source.id, placed.order_id.clone());
    account.iter().for_each(|account| wanted.add(account));
    partner.iter().for_each(|partner| wanted.add(partner));
    wanted.add(&known);
    let found = context.table.fetch(wanted, true).await?;

    let before = match found.get(&known)? {
        Some(order) if order.status != OrderStatus::Awaited => return Receipt::leave(context, order).await,
        before => before,
    };
    // What the store changed since counts, not what it said at first.
    let mut faults = match before {
        Some(_) => Vec::new(),
        None => placed.lines.unknown_types(&found)?,
    };
    let buyer = match (&account, &partner) {
        (Some(account), _) => found.get(account)?.map(|reservation| reservation.partner()).transpose()?,
        (None, Some(partner)) if source.may_name_partners => {
            let known = found.get(partner)?.map(|partner| partner.id);
            faults.extend(known.is_none().then(|| UNKNOWN_PARTNER.at(&[&"data", &"partnerId"])));
            known
        }
        (None, _) => {
            faults.push(NOT_ALLOWED.at(&[&"data", &"partnerId"]));
            None
        }
    };
    if !faults.is_empty() {
        return Err(Problem::of(Stage::Rule, faults).into());
    }

    let (order, said) = match before.clone() {
        None => {
            let order = Order::new(source.id, placed.order_id, OrderStatus::Applied, context.now);
            (order, placed.lines.sums())
        }
        Some(order) => {
            let (said, stamp) = (order.ordered(), order.stamp.next(context.now));
            (Order { lines: Vec::new(), stamp, ..order }, said)
        }
    };
    let mut change = Change::new();
    let (order, event) = match (buyer, account) {
        (None, Some(account)) => {
            change.require_absent(&account, || Refusal::Outdated);
            let OwnerOfStoreAccount(source_id, account) = account;
            let order_id = order.order_id.clone();
            let event = EventKind::OrderParked { source_id, order_id, account: account.clone() };
            let parking = Some(Parking::new(context.id(), account, context.now));
            (Order { status: OrderStatus::Parked, parking, ..order }, Some(event))
        }
        (buyer, account) => {
            if let Some(account) = account.zip(buyer) {
                require_owner(&mut change, account);
            }
            (Order { status: OrderStatus::Applied, partner_id: buyer, ..order }, None)
        }
    };
    let revision = Revision { before, order, wanted: said, lines: Some(placed.lines), event };
    revise(context, revision, change, Receipt::answer).await
}
