//! Orders: the licenses and subscriptions that a store sold, and their effect on the buyer's pools.

pub mod line;
pub mod sequence;

use std::collections::BTreeMap;

use deserr::{Deserr, IntoValue, ValuePointerRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::{Faults, ParseError, wrong_kind};
use crate::id::{OrganizationId, ParkedOrderId, PartnerId, ProductId, SourceId, SubscriptionId};
use crate::license::Line;
use crate::party::Metadata;
use crate::subscription::Cancellations;
use crate::text::{ExternalId, LicenseTypeCode, OrderId, StoreAccount};
use crate::time::{Period, Timestamp};

pub use line::{LineContact, LinkEnd, Reference, SubscriptionLine};
pub use sequence::{Sequence, check_mark, mark};

/// Number of licenses of each type.
pub type Quantities = BTreeMap<LicenseTypeCode, u64>;

/// Adds up the quantities of lines with the same license type. Sums cannot overflow: a line has at most 100,000, and a
/// list has far fewer than 2^47 lines.
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
                let invalid = ParseError::new("ambiguous", "must have either `id` or `externalId`, not both");
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

/// Subscription line of an order, and its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderedSubscription {
    /// Ordered line.
    #[serde(flatten)]
    pub line: SubscriptionLine,
    /// Product that had the code of the line when the store's message arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// Id of the subscription that was created; absent until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<SubscriptionId>,
    /// Organization that owns the created subscription; absent until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
    /// Reason why the line has no effect; absent unless the line is ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignored: Option<String>,
}

impl OrderedSubscription {
    /// Creates a line that is still to be fulfilled.
    pub fn new(line: SubscriptionLine) -> Self {
        Self { line, product_id: None, subscription_id: None, organization_id: None, ignored: None }
    }

    /// Returns whether another line is this one, possibly changed: of the same kind, product and external id. The code
    /// of a product may change, and another product may get it later, so the codes count only where one of the products
    /// is not known.
    pub fn is_same(&self, other: &Self) -> bool {
        let same_product = match self.product_id.zip(other.product_id) {
            Some((one, other)) => one == other,
            None => self.line.sku == other.line.sku,
        };
        let of = |one: &Self| (one.line.kind, one.line.external_id.clone());
        same_product && of(self) == of(other)
    }

    /// Returns whether both lists consist of the same lines in the same order.
    pub fn are_same(these: &[Self], those: &[Self]) -> bool {
        these.len() == those.len() && these.iter().zip(those).all(|(one, other)| one.is_same(other))
    }

    /// Returns whether the line is still to be fulfilled.
    pub fn is_open(&self) -> bool {
        self.subscription_id.is_none() && self.ignored.is_none()
    }
}

/// Status of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OrderStatus {
    /// The order has not arrived yet, but a change of it has. The change takes effect with the order, unless it names
    /// other lines.
    Awaited,
    /// The order waits until its account is linked to a partner. Then it takes effect, as soon as its queue is
    /// processed.
    Parked,
    /// The order is in effect.
    Applied,
    /// The order was cancelled irreversibly. An order that arrives after its cancellation credits no licenses. If its
    /// account is not linked to a partner yet, its subscriptions are created as ended when the account is linked.
    Cancelled,
    /// The order was parked, and an operator discarded it irreversibly.
    Discarded,
    /// The order was parked, and its account was not linked to a partner in time. It never takes effect.
    Lapsed,
}

impl OrderStatus {
    /// Returns whether the order is cancelled, discarded or lapsed.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Cancelled | Self::Discarded | Self::Lapsed)
    }
}

/// Parking of an order that arrived before its account was linked to a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Parking {
    /// Id of the parked order; ids of the same account sort by arrival.
    pub id: ParkedOrderId,
    /// Buyer's account at the store; 1 to 100 characters.
    pub store_account: StoreAccount,
    /// Time at which the order lapses if it is still parked, 180 days after its arrival; RFC 3339, UTC. A cancelled
    /// order does not lapse.
    pub lapses_at: Timestamp,
}

impl Parking {
    /// Time that an order waits for its account to be linked.
    const PARKED_FOR: Period = Period::days(180);

    /// Creates the parking of an order that arrives now.
    pub fn new(id: ParkedOrderId, store_account: StoreAccount, now: Timestamp) -> Self {
        Self { id, store_account, lapses_at: now.after(Self::PARKED_FOR) }
    }
}

/// Order of a store; there is one per source and order number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// Parking of the order; `None` if its account was linked when it arrived, or if it names none.
    #[serde(flatten)]
    pub parking: Option<Parking>,
    /// The store's number of the order; 1 to 100 characters, unique per webhook source.
    pub order_id: OrderId,
    /// Webhook source that sent the order.
    pub source_id: SourceId,
    /// Partner that bought the order. Absent until the order has arrived and its account is linked, and if an
    /// organization is the buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner_id: Option<PartnerId>,
    /// Status of the order.
    pub status: OrderStatus,
    /// Number of the latest change; or its time in milliseconds since 1970, if the store sends `occurredAt` instead of
    /// `sequence`. 0 if the order was not changed.
    pub sequence: u64,
    /// License lines, each license type once.
    pub lines: Vec<OrderLine>,
    /// Subscription lines, in the order in which they were sold. Absent if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<OrderedSubscription>,
    /// Subscription lines of a change that arrived before the order itself. Absent if there are none, and once the
    /// order has arrived.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<OrderedSubscription>,
    /// Account at the store to which the subscriptions are billed; 1 to 100 characters. Absent if the order has no
    /// subscriptions, or names no account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_account: Option<StoreAccount>,
    /// Time of the first cancellation, according to the store; RFC 3339, UTC. Absent if the order was not cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    /// Times of its later cancellations, according to the store; RFC 3339, UTC, at most 99. Absent if there are none.
    #[serde(default, skip_serializing_if = "Cancellations::is_empty")]
    pub later_cancellations: Cancellations,
    /// Times of creation and of the latest update, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

/// License line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderLine {
    /// Code of the license type.
    pub license_type: LicenseTypeCode,
    /// Number of licenses that are ordered, after the latest change.
    pub quantity: u64,
    /// Number of licenses that were credited to the partner's pool and not withdrawn since; 0 before the order takes
    /// effect. It exceeds `quantity` if licenses that were to be withdrawn had been assigned already.
    pub credited: u64,
}

/// Adjustment of a license pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolAdjustment {
    /// Number of licenses to add.
    Credit(u64),
    /// Licenses to withdraw.
    Withdraw {
        /// Number of licenses that are withdrawn.
        quantity: u64,
        /// Number of licenses that should be withdrawn, too, but are assigned.
        missing: u64,
    },
}

impl Order {
    /// Creates an order without lines.
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
            later_cancellations: Cancellations::default(),
            metadata: Metadata::new(now),
        }
    }

    /// Returns whether the order was cancelled before it arrived.
    pub fn cancelled_before_arrival(&self) -> bool {
        let never_came = self.partner_id.is_none() && self.parking.is_none() && self.subscriptions.is_empty();
        self.status == OrderStatus::Cancelled && never_came
    }

    /// Returns the times of all its cancellations.
    pub fn cancellations(&self) -> Cancellations {
        self.cancelled_at.into_iter().chain(self.later_cancellations.times()).collect()
    }

    /// Adds a cancellation.
    pub fn add_cancellation(&mut self, at: Timestamp) {
        let mut all = self.cancellations();
        all.add(at, None);
        self.cancelled_at = all.first();
        self.later_cancellations = all.times().skip(1).collect();
    }

    /// Returns the order without the contacts of its subscription lines, who are people.
    pub fn without_contacts(mut self) -> Self {
        self.subscriptions.iter_mut().chain(&mut self.changed).for_each(|one| one.line.contacts.clear());
        self
    }

    /// Applies changed lines to its subscriptions, if they are the lines of this order.
    pub fn change_lines(&mut self, changed: &[OrderedSubscription]) {
        if OrderedSubscription::are_same(&self.subscriptions, changed) {
            for (one, changed) in self.subscriptions.iter_mut().zip(changed) {
                one.line.change(&changed.line);
            }
        }
    }

    /// Returns the time at which the order itself arrived, regardless of earlier messages about it. For an order that
    /// is or was parked, this is the time at which its parking id was generated; otherwise its latest update.
    pub fn arrived_at(&self) -> Timestamp {
        self.parking.as_ref().map_or(self.metadata.updated_at, |parking| parking.id.created_time())
    }

    /// Returns whether the order is in effect, but some of its subscriptions are still to be created.
    pub fn is_being_fulfilled(&self) -> bool {
        matches!(self.status, OrderStatus::Applied | OrderStatus::Cancelled)
            && self.has_open_lines()
            && self.awaiting_account().is_none()
    }

    fn has_open_lines(&self) -> bool {
        self.subscriptions.iter().any(OrderedSubscription::is_open)
    }

    /// Returns the time from which the scheduled job resumes the fulfillment if the call that began it was interrupted.
    pub fn resume_at(&self) -> Option<Timestamp> {
        self.is_being_fulfilled().then(|| self.metadata.updated_at.after(Period::minutes(1)))
    }

    /// Returns its parking; `None` if the order is not parked, or no longer.
    pub fn parked(&self) -> Option<&Parking> {
        self.parking.as_ref().filter(|_| self.status == OrderStatus::Parked)
    }

    /// Returns its parking while it waits for its account to be linked to a partner: it is parked, or was cancelled
    /// before it took effect and has subscriptions, which can be renewed once they exist.
    pub fn awaiting_account(&self) -> Option<&Parking> {
        let waits = match self.status {
            OrderStatus::Parked => true,
            OrderStatus::Cancelled => self.partner_id.is_none() && self.has_open_lines(),
            OrderStatus::Awaited | OrderStatus::Applied | OrderStatus::Discarded | OrderStatus::Lapsed => {
                false
            }
        };
        self.parking.as_ref().filter(|_| waits)
    }

    /// Returns the ordered quantity of each license type.
    pub fn ordered(&self) -> Quantities {
        self.lines.iter().map(|line| (line.license_type.clone(), line.quantity)).collect()
    }

    /// Returns the license types whose quantity `wanted` lowers. Their pools must be read before
    /// [`Self::adjust_pools`].
    pub fn lowered_by(&self, wanted: &Quantities) -> Vec<LicenseTypeCode> {
        let lowered =
            |line: &&OrderLine| wanted.get(&line.license_type).copied().unwrap_or(0) < line.quantity;
        self.lines.iter().filter(lowered).map(|line| line.license_type.clone()).collect()
    }

    /// Changes the ordered quantities to `wanted`, and returns the adjustment of each pool. A lowered quantity is
    /// withdrawn as far as licenses are `available`: assigned licenses stay assigned. Licenses that could not be
    /// withdrawn are not credited again when the quantity rises.
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
