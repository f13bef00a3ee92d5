//! Lines of subscriptions, as stores send them.

use deserr::{Deserr, IntoValue, ValuePointerRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::{Faults, parse_text, wrong_kind};
use crate::id::{OrganizationId, SubscriptionId};
use crate::license::Quantity;
use crate::subscription::SubscriptionKind;
use crate::text::{Email, ExternalId, Name, Plan, ProductCode};
use crate::time::{Period, Timestamp};

/// A subscription that is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Deserr, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct SubscriptionLine {
    /// What it is for.
    pub kind: SubscriptionKind,
    /// The product's code.
    pub sku: ProductCode,
    /// What it is sold as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[deserr(default)]
    pub plan: Option<Plan>,
    /// For how many.
    pub quantity: Quantity,
    /// From when on.
    pub starts_at: Timestamp,
    /// For how long.
    pub term: Period,
    /// What it is linked to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[deserr(default)]
    #[schemars(length(max = 20))]
    pub linked_to: Vec<LinkEnd>,
    /// Of an app: what it is installed in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[deserr(default)]
    #[schemars(length(max = 20))]
    pub parents: Vec<LinkEnd>,
    /// Whose it is to be; an external id is the vendor's, or else the partner's.
    pub organization: Reference<OrganizationId>,
    /// The customers who look after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[deserr(default)]
    #[schemars(length(max = 5))]
    pub contacts: Vec<LineContact>,
    /// The source's own id for it; unique among what it sells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[deserr(default)]
    pub external_id: Option<ExternalId>,
}

impl SubscriptionLine {
    /// Whether another line is this one, as it is or as it is changed: of the same kind, product and external id.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.kind, &self.sku, &self.external_id) == (other.kind, &other.sku, &other.external_id)
    }

    /// Whether lines are the same, one by one.
    pub fn are_same(these: &[Self], those: &[Self]) -> bool {
        these.len() == those.len() && these.iter().zip(those).all(|(one, other)| one.is_same(other))
    }

    /// Says what a change of it says: as what it is sold, and for how many.
    pub fn change(&mut self, to: &Self) {
        (self.plan, self.quantity) = (to.plan.clone(), to.quantity);
    }
}

/// The other end of a link: a line of the same order by its index, or a subscription that is there already by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum LinkEnd {
    /// The line at this index, from 0 on.
    Line(usize),
    /// A subscription.
    Subscription(SubscriptionId),
}

impl Deserr<Faults> for LinkEnd {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        match value {
            deserr::Value::Integer(index) => Ok(Self::Line(usize::try_from(index).unwrap_or(usize::MAX))),
            deserr::Value::String(_) => parse_text(value, location).map(Self::Subscription),
            other => {
                let kinds = [deserr::ValueKind::Integer, deserr::ValueKind::String];
                Err(wrong_kind(other, &kinds, location))
            }
        }
    }
}

/// Something, as a source names it: `{"id": …}` or `{"externalId": …}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Reference<I> {
    /// By its id.
    Id(I),
    /// By an external id.
    ExternalId(ExternalId),
}

/// A person who is to look after a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Deserr, JsonSchema)]
#[deserr(error = Faults)]
pub struct LineContact {
    /// Who.
    pub email: Email,
    /// What people call it.
    pub name: Name,
}
