//! Orders: what a store sold, and how much of it is in the buyer's pools.

use std::collections::BTreeMap;

use deserr::{Deserr, IntoValue, ValuePointerRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::{Faults, parse_number};
use crate::id::{ParkedOrderId, PartnerId, SourceId};
use crate::license::Line;
use crate::party::Stamp;
use crate::text::{LicenseTypeCode, OrderId, StoreAccount};
use crate::time::{Period, Timestamp};

/// How many licenses of each type.
pub type Quantities = BTreeMap<LicenseTypeCode, u64>;

/// Lines of one type are added up. Sums cannot overflow: a line names at most 100,000, and a list is far shorter
/// than 2^47.
pub fn sum_lines<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Quantities {
    let mut sums = Quantities::new();
    for line in lines {
        let sum = sums.entry(line.license_type.clone()).or_default();
        *sum = sum.saturating_add(line.quantity.get());
    }
    sums
}

/// The number of a change to an order: 1 to what a JSON number carries exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sequence(u64);

impl Sequence {
    const MOST: u64 = 9_007_199_254_740_991;

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl Deserr<Faults> for Sequence {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let of = |number| (1..=Self::MOST).contains(&number).then_some(Self(number));
        parse_number(value, location, Self::MOST, of)
    }
}

impl JsonSchema for Sequence {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Sequence".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": Self::MOST })
    }
}

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OrderStatus {
    /// It was changed before it came itself; when it comes, it says what the change says.
    Awaited,
    /// It waits: its account is nobody's yet, or just became a partner's. Then it takes effect.
    Parked,
    /// It is in the pools.
    Applied,
    /// It was cancelled, for good; when it comes only then, it does nothing.
    Cancelled,
    /// It was parked, and an operator discarded it, for good.
    Discarded,
    /// It was parked, and nobody was linked to its account in time. It never takes effect.
    Lapsed,
}

impl OrderStatus {
    /// Whether nothing can happen to it any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Cancelled | Self::Discarded | Self::Lapsed)
    }
}

/// That an order came before its account was anybody's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Parking {
    /// The parked order's id; those of one account sort by their coming.
    pub id: ParkedOrderId,
    /// The buyer's account at the store.
    pub store_account: StoreAccount,
    /// When it lapses, if it is parked still.
    pub lapses_at: Timestamp,
}

impl Parking {
    /// How long an order waits for somebody to be linked to its account.
    const PATIENCE: Period = Period::days(180);

    /// Parks an order now.
    pub fn new(id: ParkedOrderId, store_account: StoreAccount, now: Timestamp) -> Self {
        Self { id, store_account, lapses_at: now.after(Self::PATIENCE) }
    }
}

/// An order: one per source and order id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Where it waits, or waited; none if its account was somebody's when it came.
    #[serde(flatten)]
    pub parking: Option<Parking>,
    /// The store's number of it.
    pub order_id: OrderId,
    /// The store.
    pub source_id: SourceId,
    /// Whose pools it fills; known when it has come itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner_id: Option<PartnerId>,
    /// What became of it.
    pub status: OrderStatus,
    /// The latest of the store's changes; 0 is the order itself.
    pub sequence: u64,
    /// Each license type once.
    pub lines: Vec<OrderLine>,
    /// When, and which version.
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// What an order says of one license type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderLine {
    /// Of which type.
    pub license_type: LicenseTypeCode,
    /// How many are ordered.
    pub quantity: u64,
    /// How many of them the pools were given, less what was taken back. It is more than `quantity` where what
    /// was to be taken back had been assigned already.
    pub credited: u64,
}

/// What a pool is given, or what is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// So many more.
    Credit(u64),
    /// So many less.
    Withdraw {
        /// How many are taken back.
        quantity: u64,
        /// How many more should be, and were assigned.
        missing: u64,
    },
}

impl Order {
    /// An order nothing of which is in a pool.
    pub fn new(source_id: SourceId, order_id: OrderId, status: OrderStatus, now: Timestamp) -> Self {
        let (lines, stamp) = (Vec::new(), Stamp::new(now));
        Self { parking: None, order_id, source_id, partner_id: None, status, sequence: 0, lines, stamp }
    }

    /// Where it is parked; none if it is not, or not any more.
    pub fn parked(&self) -> Option<&Parking> {
        self.parking.as_ref().filter(|_| self.status == OrderStatus::Parked)
    }

    /// How many are ordered of each type.
    pub fn ordered(&self) -> Quantities {
        self.lines.iter().map(|line| (line.license_type.clone(), line.quantity)).collect()
    }

    /// The types of which less would be ordered than is now: whose pools must be looked at.
    pub fn lowered_by(&self, wanted: &Quantities) -> Vec<LicenseTypeCode> {
        let lowered =
            |line: &&OrderLine| wanted.get(&line.license_type).copied().unwrap_or(0) < line.quantity;
        self.lines.iter().filter(lowered).map(|line| line.license_type.clone()).collect()
    }

    /// Makes the order say `wanted`; answers what it takes of each pool. By how much less is ordered, so much is
    /// taken back, as far as it is `available`: what was assigned stays so. What stayed is not given again when more
    /// is ordered.
    pub fn settle(
        &mut self,
        wanted: &Quantities,
        available: &Quantities,
    ) -> Vec<(LicenseTypeCode, Movement)> {
        let of = |quantities: &Quantities, license_type: &LicenseTypeCode| {
            quantities.get(license_type).copied().unwrap_or(0)
        };
        let (ordered, credited) = (self.ordered(), self.credited());
        let mut types: Vec<_> = ordered.keys().chain(wanted.keys()).cloned().collect();
        types.sort();
        types.dedup();
        let (mut lines, mut movements) = (Vec::new(), Vec::new());
        for license_type in types {
            let (before, quantity) = (of(&ordered, &license_type), of(wanted, &license_type));
            let given = of(&credited, &license_type);
            let lowered = before.saturating_sub(quantity);
            let back = lowered.min(of(available, &license_type));
            let more = if quantity > before { quantity.saturating_sub(given) } else { 0 };
            if lowered > 0 {
                let missing = lowered.saturating_sub(back);
                movements.push((license_type.clone(), Movement::Withdraw { quantity: back, missing }));
            }
            if more > 0 {
                movements.push((license_type.clone(), Movement::Credit(more)));
            }
            let credited = given.saturating_sub(back).saturating_add(more);
            if quantity > 0 || credited > 0 {
                lines.push(OrderLine { license_type, quantity, credited });
            }
        }
        self.lines = lines;
        movements
    }

    fn credited(&self) -> Quantities {
        self.lines.iter().map(|line| (line.license_type.clone(), line.credited)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::license::Quantity;

    fn quantities(counts: &[u64]) -> Quantities {
        let code = |kind: usize| format!("type-{kind}").parse().unwrap();
        counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(kind, count)| (code(kind), *count))
            .collect()
    }

    proptest! {
        #[test]
        fn lines_of_one_type_are_added_up(counts in proptest::collection::vec((0usize..3, 1u64..=100_000), 1..40)) {
            let lines: Vec<Line> = counts.iter().map(|(kind, count)| Line {
                license_type: format!("type-{kind}").parse().unwrap(),
                quantity: Quantity::new(*count).unwrap(),
            }).collect();
            let sum = |wanted: usize| counts.iter().filter(|(kind, _)| *kind == wanted).map(|(_, count)| count).sum();
            prop_assert_eq!(sum_lines(&lines), quantities(&[sum(0), sum(1), sum(2)]));
        }

        /// Whatever a store says, and whatever is assigned in between: what is credited is what the pools were
        /// given, never less than is ordered, and more only by what could not be taken back.
        #[test]
        fn an_order_and_its_movements_add_up(
            steps in proptest::collection::vec((proptest::collection::vec(0u64..20, 3), proptest::collection::vec(0u64..20, 3)), 1..10),
        ) {
            let mut order = Order::new(
                "src_019b8c3e-5c00-7000-8000-000000000003".parse().unwrap(),
                "SO-1".parse().unwrap(),
                OrderStatus::Applied,
                Timestamp::from_unix_millis(0),
            );
            let mut given: BTreeMap<LicenseTypeCode, i128> = BTreeMap::new();
            for (wanted, available) in steps {
                let (wanted, available) = (quantities(&wanted), quantities(&available));
                let (lowered, before) = (order.lowered_by(&wanted), order.ordered());
                let of = |quantities: &Quantities, kind: &LicenseTypeCode| quantities.get(kind).copied().unwrap_or(0);
                for (kind, movement) in order.settle(&wanted, &available) {
                    match movement {
                        Movement::Credit(quantity) => {
                            prop_assert!(quantity > 0 && of(&wanted, &kind) > of(&before, &kind));
                            *given.entry(kind).or_default() += i128::from(quantity);
                        }
                        Movement::Withdraw { quantity, missing } => {
                            prop_assert_eq!(quantity + missing, of(&before, &kind) - of(&wanted, &kind));
                            prop_assert!(lowered.contains(&kind));
                            let there = of(&available, &kind);
                            prop_assert!(quantity <= there && (missing == 0 || quantity == there));
                            *given.entry(kind).or_default() -= i128::from(quantity);
                        }
                    }
                }
                prop_assert_eq!(order.ordered().into_iter().filter(|(_, count)| *count > 0).collect::<Quantities>(), wanted);
                for line in &order.lines {
                    prop_assert!(line.credited >= line.quantity);
                    prop_assert_eq!(given[&line.license_type], i128::from(line.credited));
                }
                for (kind, count) in &given {
                    prop_assert!(*count == 0 || order.lines.iter().any(|line| line.license_type == *kind));
                }
            }
        }
    }
}
