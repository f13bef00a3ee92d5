//! Orders: what a store sold, and how much of it is in the buyer's pools.

pub mod line;
pub mod sequence;

use std::collections::BTreeMap;

use deserr::{Deserr, IntoValue, ValuePointerRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::{Faults, ParseError, wrong_kind};
use crate::id::{OrganizationId, ParkedOrderId, PartnerId, SourceId, SubscriptionId};
use crate::license::Line;
use crate::party::Metadata;
use crate::text::{ExternalId, LicenseTypeCode, OrderId, StoreAccount};
use crate::time::{Period, Timestamp};

pub use line::{LineContact, LinkEnd, Reference, SubscriptionLine};
pub use sequence::{Sequence, check_mark, mark};

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

impl<I: Deserr<Faults>> Deserr<Faults> for Reference<I> {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let sent: serde_json::Value = value.into();
        let has = |name: &str| sent.get(name).is_some_and(|value| !value.is_null());
        let name = match (has("id"), has("externalId")) {
            (true, false) => "id",
            (false, true) => "externalId",
            (true, true) => {
                let invalid = ParseError::new("ambiguous", "has both `id` and `externalId`");
                return Err(Faults::invalid(location, invalid));
            }
            (false, false) if sent.is_object() => {
                let invalid = ParseError::new("missing", "is required, unless `externalId` is given");
                return Err(Faults::invalid(location.push_key("id"), invalid));
            }
            _ => return Err(wrong_kind(sent.into_value(), &[deserr::ValueKind::Map], location)),
        };
        let named = sent.get(name).cloned().unwrap_or_default().into_value();
        let location = location.push_key(name);
        match name {
            "id" => I::deserialize_from_value(named, location).map(Self::Id),
            _ => ExternalId::deserialize_from_value(named, location).map(Self::ExternalId),
        }
    }
}

/// A subscription of an order, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderedSubscription {
    /// What was ordered.
    #[serde(flatten)]
    pub line: SubscriptionLine,
    /// The subscription; none if there is none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<SubscriptionId>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// Why there never will be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignored: Option<String>,
}

impl OrderedSubscription {
    /// One of which nothing is there.
    pub fn new(line: SubscriptionLine) -> Self {
        Self { line, subscription_id: None, organization_id: None, ignored: None }
    }

    /// Whether nothing became of it yet.
    pub fn is_open(&self) -> bool {
        self.subscription_id.is_none() && self.ignored.is_none()
    }
}

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OrderStatus {
    /// It was changed before it came itself; when it comes, it says what the change says, unless that is of other lines.
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
    /// The subscriptions, in the order of their lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<OrderedSubscription>,
    /// What was said to be changed of them before the order came itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<SubscriptionLine>,
    /// The account at the store to which they are billed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_account: Option<StoreAccount>,
    /// When it was cancelled, as the store says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    /// When, and which version.
    #[serde(flatten)]
    pub metadata: Metadata,
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
pub enum PoolAdjustment {
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
        Self {
            parking: None,
            order_id,
            source_id,
            partner_id: None,
            status,
            sequence: 0,
            lines: Vec::new(),
            subscriptions: Vec::new(),
            changed: Vec::new(),
            billing_account: None,
            cancelled_at: None,
            metadata: Metadata::new(now),
        }
    }

    /// Whether it was cancelled before it came itself.
    pub fn cancelled_before_arrival(&self) -> bool {
        let never_came = self.partner_id.is_none() && self.parking.is_none() && self.subscriptions.is_empty();
        self.status == OrderStatus::Cancelled && never_came
    }

    /// Lets its subscriptions say what was changed of them, if that names its lines.
    pub fn change_lines(&mut self, changed: &[SubscriptionLine]) {
        if self.is_of(changed) {
            for (one, changed) in self.subscriptions.iter_mut().zip(changed) {
                one.line.change(changed);
            }
        }
    }

    /// Whether a change's lines are those of its subscriptions, in their order.
    pub fn is_of(&self, lines: &[SubscriptionLine]) -> bool {
        let same = |(one, line): (&OrderedSubscription, &SubscriptionLine)| one.line.is_same(line);
        self.subscriptions.len() == lines.len() && self.subscriptions.iter().zip(lines).all(same)
    }

    /// When it came itself, for all that was reported of it before: its place in a queue was given then, if it waited.
    pub fn came_at(&self) -> Timestamp {
        self.parking.as_ref().map_or(self.metadata.updated_at, |parking| parking.id.given_at())
    }

    /// Whether it takes effect, but some of its subscriptions are still to be made.
    pub fn is_being_fulfilled(&self) -> bool {
        matches!(self.status, OrderStatus::Applied | OrderStatus::Cancelled)
            && self.subscriptions.iter().any(OrderedSubscription::is_open)
    }

    /// When somebody else goes on with it if who began does not.
    pub fn resume_at(&self) -> Option<Timestamp> {
        self.is_being_fulfilled().then(|| self.metadata.updated_at.after(Period::minutes(1)))
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
    pub fn adjust_pools(
        &mut self,
        wanted: &Quantities,
        available: &Quantities,
    ) -> Vec<(LicenseTypeCode, PoolAdjustment)> {
        let of = |quantities: &Quantities, license_type: &LicenseTypeCode| {
            quantities.get(license_type).copied().unwrap_or(0)
        };
        let (ordered, credited) = (self.ordered(), self.credited());
        let mut types: Vec<_> = ordered.keys().chain(wanted.keys()).cloned().collect();
        types.sort();
        types.dedup();
        let (mut lines, mut adjustments) = (Vec::new(), Vec::new());
        for license_type in types {
            let (before, quantity) = (of(&ordered, &license_type), of(wanted, &license_type));
            let given = of(&credited, &license_type);
            let lowered = before.saturating_sub(quantity);
            let back = lowered.min(of(available, &license_type));
            let more = if quantity > before { quantity.saturating_sub(given) } else { 0 };
            if lowered > 0 {
                let missing = lowered.saturating_sub(back);
                adjustments
                    .push((license_type.clone(), PoolAdjustment::Withdraw { quantity: back, missing }));
            }
            if more > 0 {
                adjustments.push((license_type.clone(), PoolAdjustment::Credit(more)));
            }
            let credited = given.saturating_sub(back).saturating_add(more);
            if quantity > 0 || credited > 0 {
                lines.push(OrderLine { license_type, quantity, credited });
            }
        }
        self.lines = lines;
        adjustments
    }

    fn credited(&self) -> Quantities {
        self.lines.iter().map(|line| (line.license_type.clone(), line.credited)).collect()
    }
}

#[cfg(test)]
mod tests;
