//! Orders: what all that happens to them has in common.

pub mod discard_parked_order;
pub mod list_parked_orders;
pub mod parked;

use aws::operation::Output;
use aws::table::pattern::{LicenseTypeByCode, OwnerOfStoreAccount, PoolOfPartner};
use aws::table::{Change, Found, Parked, Refusal, Wanted, pool};
use aws::{Answer, Context, Failure};
use deserr::{Deserr, IntoValue, ValuePointerRef};
use domain::fault::{check_length, parse_and_check};
use domain::order::{Movement, Quantities, sum_lines};
use domain::{
    EventKind, Fault, Faults, Happening, Invalid, LicenseTypeCode, Line, Order, PartnerId, Pool, Quantity,
    Reason, Stage,
};
use schemars::JsonSchema;

/// What was sold: 1 to 1,000 lines of at most 40 skus; lines of one sku are added up.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent)]
pub struct SoldLines(#[schemars(length(min = 1, max = 1000))] Vec<SoldLine>);

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

impl Deserr<Faults> for SoldLines {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        parse_and_check(value, location, check).map(Self)
    }
}

fn check(sent: &serde_json::Value) -> Vec<(String, Invalid)> {
    let lines = sent.as_array();
    let length = lines.and_then(|lines| check_length(lines, MOST_LINES));
    let types = lines.into_iter().flatten().filter_map(|line| line.get("sku")?.as_str());
    let types: std::collections::BTreeSet<_> = types.collect();
    let too_many = (types.len() > MOST_TYPES).then(|| {
        let detail = format!("names {} skus, and at most {MOST_TYPES} are taken in one order", types.len());
        (String::new(), Invalid::new("too-many", detail))
    });
    length.or(too_many).into_iter().collect()
}

/// An order names what is not sold.
pub const UNKNOWN_TYPE: Reason =
    Reason::rule("unknown-license-type", "there is no license type of this code");
/// A change moves too much at once.
pub const TOO_MANY_TYPES: Reason = Reason::rule(
    "too-many-license-types",
    "the change concerns more license types than one transaction takes",
);

impl SoldLines {
    /// How many of each type.
    pub fn sums(&self) -> Quantities {
        let lines =
            self.0.iter().map(|line| Line { license_type: line.sku.clone(), quantity: line.quantity });
        sum_lines(&lines.collect::<Vec<_>>())
    }

    /// Asks for the license types that they name.
    pub fn want_types(&self, wanted: &mut Wanted) {
        for line in &self.0 {
            wanted.add(&LicenseTypeByCode(line.sku.clone()));
        }
    }

    /// A fault for each line whose license type is not there.
    pub fn unknown_types(&self, found: &Found) -> Result<Vec<Fault>, Failure> {
        let mut faults = Vec::new();
        for (index, line) in self.0.iter().enumerate() {
            if found.get(&LicenseTypeByCode(line.sku.clone()))?.is_none() {
                faults.push(UNKNOWN_TYPE.at(&[&"data", &"lines", &index, &"sku"]));
            }
        }
        Ok(faults)
    }

    /// Where a license type is first named.
    fn place(&self, license_type: &LicenseTypeCode) -> Option<usize> {
        self.0.iter().position(|line| line.sku == *license_type)
    }
}

/// What happens to an order.
pub struct Revision {
    /// The order, as it was seen; none has come yet.
    pub before: Option<Order>,
    /// The order, as it will be but for its lines.
    pub order: Order,
    /// What it will say.
    pub wanted: Quantities,
    /// Where it is said.
    pub lines: Option<SoldLines>,
    /// What is left in the log besides what moves.
    pub event: Option<EventKind>,
}

/// As many pools as fit one transaction with their events.
const MOST_POOLS: usize = 45;

/// Makes an order say something else, and its pools hold what follows. The order is written on the condition that
/// it is as it was seen, each pool on the condition that it gives what it is to give.
pub async fn revise<O: Output>(
    context: &Context<'_>,
    Revision { before, mut order, wanted, lines, event }: Revision,
    mut change: Change<O>,
    answer: impl FnOnce(Order) -> Answer<O>,
) -> Result<Answer<O>, Failure> {
    let event_of = |kind: EventKind, partner: Option<PartnerId>| match partner {
        Some(partner) => Happening::of_partner(kind, partner),
        None => Happening::of_vendor(kind),
    };
    if let Some(partner_id) = order.partner_id {
        let available = available(context, partner_id, order.lowered_by(&wanted)).await?;
        let movements = order.settle(&wanted, &available);
        if movements.len() > MOST_POOLS {
            return Err(TOO_MANY_TYPES.refuse(&[&"data", &"lines"]).into());
        }
        for (license_type, movement) in movements {
            let index = lines.as_ref().and_then(|lines| lines.place(&license_type));
            let (source_id, order_id) = (order.source_id, order.order_id.clone());
            let lookup = PoolOfPartner(partner_id, license_type.clone());
            let moved = match movement {
                Movement::Credit(quantity) => {
                    let none = Pool::empty(partner_id, license_type.clone());
                    change.update(&lookup, pool::credit(&none, quantity), move |pool| {
                        let fault = match index {
                            Some(index) => Pool::OVERFLOW.at(&[&"data", &"lines", &index, &"quantity"]),
                            None => Pool::OVERFLOW.at(&[&"data", &"lines"]),
                        };
                        let used = pool.map(|pool| pool.purchased);
                        Refusal::Because(Stage::Rule, fault.with_limit(Pool::MOST, used))
                    });
                    EventKind::LicenseCredited { license_type, quantity, source_id, order_id }
                }
                Movement::Withdraw { quantity, missing } => {
                    let all = missing > 0;
                    // Nothing is left of a pool that nothing is taken from: it must still be so.
                    change.update(&lookup, pool::withdraw(quantity, all), |_| Refusal::Outdated);
                    EventKind::LicenseWithdrawn { license_type, quantity, missing, source_id, order_id }
                }
            };
            change.record(Happening::of_partner(moved, partner_id));
        }
    } else {
        order.settle(&wanted, &Quantities::new());
        order.lines.iter_mut().for_each(|line| line.credited = 0);
    }
    event.into_iter().for_each(|event| change.record(event_of(event, order.partner_id)));
    // A parked order is in the queue of its account, and no other is.
    match (before.as_ref().and_then(Parked::of), Parked::of(&order)) {
        (None, Some(parked)) => change.create(&parked)?,
        (Some(parked), None) => change.remove(&parked),
        _ => {}
    }
    match &before {
        Some(before) => change.replace(&order, before.stamp.version, context.if_match())?,
        None => change.create_once(&order, |_| Refusal::Outdated)?,
    }
    context.commit(change, answer(order)).await
}

/// Requires that an account is this partner's, as it was seen.
pub fn require_owner<O: 'static>(
    change: &mut Change<O>,
    (account, partner): (OwnerOfStoreAccount, PartnerId),
) {
    change.require_owner(&account, partner, || Refusal::Outdated);
}

/// What the pools of these types hold.
async fn available(
    context: &Context<'_>,
    partner: PartnerId,
    types: Vec<LicenseTypeCode>,
) -> Result<Quantities, Failure> {
    let lookups: Vec<_> =
        types.into_iter().map(|license_type| PoolOfPartner(partner, license_type)).collect();
    let mut wanted = Wanted::new();
    lookups.iter().for_each(|lookup| wanted.add(lookup));
    let found = context.table.fetch(wanted, true).await?;
    let mut available = Quantities::new();
    for lookup in lookups {
        if let Some(pool) = found.get(&lookup)? {
            available.insert(pool.license_type, pool.available);
        }
    }
    Ok(available)
}
