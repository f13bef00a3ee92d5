//! `order.placed`: a store sold licenses to a partner.

use aws::operation::Delivery;
use aws::table::pattern::{LicenseTypeByCode, OwnerOfStoreAccount, PartnerById, PoolOfPartner};
use aws::table::{Change, Expression, Found, Refusal, Wanted};
use aws::{Answer, Context, Failure};
use deserr::{Deserr, IntoValue, ValuePointerRef};
use domain::fault::{Invalid, parse_list};
use domain::webhook::{CreditedLine, sum_lines};
use domain::{
    At, EventKind, Fault, Faults, Happening, LicenseTypeCode, Line, Order, OrderId, PartnerId, Pool, Problem,
    Quantity, Stage, StoreAccount,
};

use super::receive_partner_order::Receipt;

/// What the message says.
#[derive(Debug, Deserr)]
#[deserr(error = Faults)]
struct Message {
    data: Placed,
}

/// An order.
#[derive(Debug, Deserr)]
#[deserr(error = Faults, rename_all = camelCase, validate = one_buyer -> Faults)]
pub struct Placed {
    order_id: OrderId,
    #[deserr(default)]
    store_account: Option<StoreAccount>,
    #[deserr(default)]
    partner_id: Option<PartnerId>,
    lines: Sold,
}

/// 1 to 40 lines: with their pools and events they fit one transaction.
#[derive(Debug)]
struct Sold(Vec<SoldLine>);

impl Sold {
    const MOST: usize = 40;
}

impl Deserr<Faults> for Sold {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        parse_list(value, location, Self::MOST).map(Self)
    }
}

/// What is sold, and how many.
#[derive(Debug, Clone, Deserr)]
#[deserr(error = Faults)]
struct SoldLine {
    #[expect(dead_code, reason = "there is one kind so far; another is a fault")]
    kind: Kind,
    sku: LicenseTypeCode,
    quantity: Quantity,
}

/// What can be sold.
#[derive(Debug, Clone, Copy, Deserr)]
#[deserr(error = Faults, rename_all = camelCase)]
enum Kind {
    License,
}

fn one_buyer(placed: Placed, location: ValuePointerRef<'_>) -> Result<Placed, Faults> {
    match (&placed.store_account, &placed.partner_id) {
        (Some(_), Some(_)) => Err(Faults::invalid(
            location,
            Invalid::new("ambiguous", "names both `storeAccount` and `partnerId`"),
        )),
        (None, None) => Err(Faults::invalid(
            location.push_key("storeAccount"),
            Invalid::new("missing", "is required, unless `partnerId` is given"),
        )),
        _ => Ok(placed),
    }
}

/// Reads the message's data.
pub fn parse(message: serde_json::Value) -> Result<Placed, Faults> {
    deserr::deserialize::<Message, _, _>(message).map(|message| message.data)
}

/// Fills the pools: once per message and once per order, whatever comes twice.
pub async fn apply(
    context: &Context<'_>,
    delivery: &Delivery,
    placed: Placed,
) -> Result<Answer<Receipt>, Failure> {
    let source = &delivery.source;
    let lines: Vec<Line> = placed.lines.0.iter().cloned().map(Line::from).collect();
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
    let buyer = match (&account, &partner) {
        (Some(account), _) => {
            let owner = found.get(account)?.and_then(|reservation| reservation.owner.parse().ok());
            owner.ok_or_else(not_linked)
        }
        (None, Some(_)) if !source.may_name_partners => Err(not_allowed()),
        (None, Some(partner)) => found.get(partner)?.map(|partner| partner.id).ok_or_else(unknown_partner),
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
        change.require_that(&account, still, |_| Refusal::Rule(not_linked()));
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
        let pool = PoolOfPartner(partner_id, line.license_type.clone());
        let index = lines.iter().position(|sold| sold.license_type == line.license_type).unwrap_or_default();
        change.update(&pool, credit(partner_id, &line), has_room(&line), move |pool| {
            Refusal::Rule(overflow(pool, index))
        });
    }
    context.commit(change, Answer::ok(Receipt::Applied { order })).await
}

impl From<SoldLine> for Line {
    fn from(SoldLine { sku, quantity, .. }: SoldLine) -> Self {
        Self { license_type: sku, quantity }
    }
}

fn credit(partner: PartnerId, line: &CreditedLine) -> Expression {
    let text = "SET #partnerId = :partner, #licenseType = :type, #entity = :entity, \
                #purchased = if_not_exists(#purchased, :none) + :quantity, \
                #available = if_not_exists(#available, :none) + :quantity, \
                #assigned = if_not_exists(#assigned, :none)";
    Expression::new(text)
        .text("partner", partner.to_string())
        .text("type", line.license_type.to_string())
        .text("entity", <Pool as aws::table::Entity>::NAME)
        .number("none", 0)
        .number("quantity", line.quantity)
}

fn has_room(line: &CreditedLine) -> Expression {
    Expression::new("attribute_not_exists(#pk) OR #purchased <= :room")
        .number("room", Pool::MOST.saturating_sub(line.quantity))
}

fn unknown_types(lines: &[Line], found: &Found) -> Result<Vec<Fault>, Failure> {
    let mut faults = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if found.get(&LicenseTypeByCode(line.license_type.clone()))?.is_none() {
            let detail = format!("there is no license type `{}`", line.license_type);
            let at = At::pointer(&[&"data", &"lines", &index, &"sku"]);
            faults.push(Fault::new(at, "unknown-license-type", detail));
        }
    }
    Ok(faults)
}

fn not_linked() -> Fault {
    let at = At::pointer(&[&"data", &"storeAccount"]);
    Fault::new(at, "account-not-linked", "no partner is linked to this account")
}

fn not_allowed() -> Fault {
    let at = At::pointer(&[&"data", &"partnerId"]);
    Fault::new(at, "partner-not-allowed", "this source may not name partners")
}

fn unknown_partner() -> Fault {
    Fault::new(At::pointer(&[&"data", &"partnerId"]), "unknown-partner", "there is no such partner")
}

fn overflow(pool: Option<Pool>, index: usize) -> Fault {
    let at = At::pointer(&[&"data", &"lines", &index, &"quantity"]);
    let fault = Fault::new(at, "pool-overflow", "the pool would hold more than is ever counted");
    fault.with_limit(Pool::MOST, pool.map(|pool| pool.purchased))
}
