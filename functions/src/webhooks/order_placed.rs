//! `order.placed`: a store sold licenses to a partner.

use std::collections::BTreeSet;

use aws::http::caller::Delivery;
use aws::table::pattern::{LicenseTypeByCode, OwnerOfStoreAccount, PartnerById, PoolOfPartner};
use aws::table::{Change, Expression, Found, Refusal, Wanted, pool};
use aws::{Answer, Context, Failure};
use deserr::Deserr;
use domain::fault::{Check, Checked, check_length};
use domain::webhook::sum_lines;
use domain::{
    EventKind, Fault, Faults, Happening, Invalid, LicenseTypeCode, Line, Order, OrderId, PartnerId, Pool,
    Problem, Quantity, Reason, Sent, Stage, StoreAccount,
};
use schemars::JsonSchema;

use super::Receipt;

/// The message. Stores may say more than is read.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults)]
pub struct Message {
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
    /// What was sold; lines of one sku are added up.
    #[schemars(length(min = 1, max = 1000))]
    lines: Vec<SoldLine>,
}

/// As many lines as are read, and as many license types as fit one transaction with their events.
const MOST_LINES: usize = 1000;
const MOST_TYPES: usize = 40;

/// What is sold, and how many.
#[derive(Debug, Clone, Deserr, JsonSchema)]
#[deserr(error = Faults)]
struct SoldLine {
    #[expect(dead_code, reason = "there is one kind so far; another is a fault")]
    kind: Kind,
    /// The license type's code.
    sku: LicenseTypeCode,
    quantity: Quantity,
}

/// What can be sold.
#[derive(Debug, Clone, Copy, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
enum Kind {
    License,
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
        let lines = sent.get("lines").and_then(serde_json::Value::as_array);
        let length = lines.and_then(|lines| check_length(lines, MOST_LINES));
        let types: BTreeSet<_> =
            lines.into_iter().flatten().filter_map(|line| line.get("sku")?.as_str()).collect();
        let too_many = (types.len() > MOST_TYPES).then(|| {
            let detail =
                format!("names {} skus, and at most {MOST_TYPES} are taken in one order", types.len());
            (String::new(), Invalid::new("too-many", detail))
        });
        let of_lines = length.or(too_many).map(|(below, invalid)| (format!("/lines{below}"), invalid));
        buyer.into_iter().chain(of_lines).collect()
    }
}

pub(super) const NOT_LINKED: Reason =
    Reason::rule("account-not-linked", "no partner is linked to this account");
pub(super) const NOT_ALLOWED: Reason =
    Reason::rule("partner-not-allowed", "this source may not name partners");
pub(super) const UNKNOWN_PARTNER: Reason = Reason::rule("unknown-partner", "there is no such partner");
pub(super) const UNKNOWN_TYPE: Reason =
    Reason::rule("unknown-license-type", "there is no license type of this code");

/// Fills the pools: once per message and once per order, whatever comes twice.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    message: Message,
) -> Result<Answer<Receipt>, Failure> {
    let (source, Checked(placed)) = (&delivery.source, message.data);
    let lines: Vec<Line> = placed.lines.iter().cloned().map(Line::from).collect();
    let mut wanted = Wanted::new();
    for line in &lines {
        wanted.add(&LicenseTypeByCode(line.license_type.clone()));
    }
    let account =
        placed.store_account.as_ref().map(|account| OwnerOfStoreAccount(source.id, account.clone()));
    let partner = placed.partner_id.map(PartnerById);
    account.iter().for_each(|account| wanted.add(account));
    partner.iter().for_each(|partner| wanted.add(partner));
    let found = context.table.fetch(wanted, true).await?;

    let mut faults = unknown_types(&lines, &found)?;
    let not_linked = || NOT_LINKED.at(&[&"data", &"storeAccount"]);
    let buyer = match (&account, &partner) {
        (Some(account), _) => {
            let owner = found.get(account)?.and_then(|reservation| reservation.owner.parse().ok());
            owner.ok_or_else(not_linked)
        }
        (None, Some(_)) if !source.may_name_partners => Err(NOT_ALLOWED.at(&[&"data", &"partnerId"])),
        (None, Some(partner)) => {
            let known = found.get(partner)?.map(|partner| partner.id);
            known.ok_or_else(|| UNKNOWN_PARTNER.at(&[&"data", &"partnerId"]))
        }
        (None, None) => Err(not_linked()),
    };
    let partner_id = match buyer {
        Ok(partner_id) if faults.is_empty() => partner_id,
        buyer => {
            faults.extend(buyer.err());
            return Err(Problem::of(Stage::Rule, faults).into());
        }
    };

    let order = Order {
        order_id: placed.order_id,
        source_id: source.id,
        partner_id,
        lines: sum_lines(&lines),
        applied_at: context.now,
    };
    let mut change = Change::new();
    change.create_once(&order, |order| Refusal::Already(Receipt::Applied { order }))?;
    if let Some(account) = account {
        let still = Expression::new("#owner = :partner").text("partner", partner_id.to_string());
        change.require_that(&account, still, |_| Refusal::because(&NOT_LINKED, &[&"data", &"storeAccount"]));
    }
    for line in order.lines.clone() {
        change.record(Happening::of_partner(
            EventKind::LicenseCredited {
                license_type: line.license_type.clone(),
                quantity: line.quantity,
                source_id: source.id,
                order_id: order.order_id.clone(),
            },
            partner_id,
        ));
        let none = Pool {
            partner_id,
            license_type: line.license_type.clone(),
            purchased: 0,
            available: 0,
            assigned: 0,
        };
        let index = lines.iter().position(|sold| sold.license_type == line.license_type).unwrap_or_default();
        let pool = PoolOfPartner(partner_id, line.license_type);
        change.update(&pool, pool::credit(&none, line.quantity), move |pool| {
            let fault = Pool::OVERFLOW.at(&[&"data", &"lines", &index, &"quantity"]);
            let used = pool.map(|pool| pool.purchased);
            Refusal::Because(Stage::Rule, fault.with_limit(Pool::MOST, used))
        });
    }
    context.commit(change, Answer::ok(Receipt::Applied { order })).await
}

impl From<SoldLine> for Line {
    fn from(SoldLine { sku, quantity, .. }: SoldLine) -> Self {
        Self { license_type: sku, quantity }
    }
}

fn unknown_types(lines: &[Line], found: &Found) -> Result<Vec<Fault>, Failure> {
    let mut faults = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if found.get(&LicenseTypeByCode(line.license_type.clone()))?.is_none() {
            faults.push(UNKNOWN_TYPE.at(&[&"data", &"lines", &index, &"sku"]));
        }
    }
    Ok(faults)
}
