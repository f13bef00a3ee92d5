//! Subscription lines of orders, as stores send them.

use deserr::{Deserr, IntoValue, ValuePointerRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::{Faults, parse_text, wrong_kind};
use crate::id::{OrganizationId, SubscriptionId};
use crate::license::Quantity;
use crate::subscription::SubscriptionKind;
use crate::text::{Email, ExternalId, Name, Plan, ProductCode};
use crate::time::{Period, Timestamp};

/// Line of a sold subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Deserr, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[deserr(error = Faults, rename_all = camelCase)]
#[schemars(rename_all = "camelCase")]
pub struct SubscriptionLine {
    /// Kind of the subscription.
    pub kind: SubscriptionKind,
    /// Code of the product; 1 to 100 characters.
    pub sku: ProductCode,
    /// Plan under which the subscription is sold; 1 to 100 characters. Absent if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[deserr(default)]
    pub plan: Option<Plan>,
    /// Sold quantity; 1 to 100,000.
    pub quantity: Quantity,
    /// Start of the subscription; RFC 3339 with any offset.
    pub starts_at: Timestamp,
    /// Length of the subscription; an ISO 8601 duration such as `P1Y`, longer than zero, at most 100 years. It is
    /// counted in the time zone that the organization has when the order is fulfilled (UTC if it has none), because a
    /// store's own time zone is not known. Years, months, weeks and days keep the local time; hours, minutes and
    /// seconds are exact time.
    pub term: Period,
    /// Subscriptions that this one is linked to: lines of the order, or existing subscriptions of the source; at most
    /// 20. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[deserr(default)]
    #[schemars(length(max = 20))]
    pub linked_to: Vec<LinkEnd>,
    /// Subscriptions that this one is installed in: lines of the order, or existing subscriptions of the source; at
    /// most 20, only for an `app`. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[deserr(default)]
    #[schemars(length(max = 20))]
    pub parents: Vec<LinkEnd>,
    /// Organization that gets the subscription. An external id is looked up among those that the vendor assigned, then
    /// among those that the buying partner assigned.
    pub organization: Reference<OrganizationId>,
    /// Customers who manage the subscription; at most 5. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[deserr(default)]
    #[schemars(length(max = 5))]
    pub contacts: Vec<LineContact>,
    /// The store's own id of the subscription; 1 to 100 characters, unique among the store's subscriptions. Absent if
    /// it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[deserr(default)]
    pub external_id: Option<ExternalId>,
}

impl SubscriptionLine {
    /// Applies a change of the line: its plan and its quantity.
    pub fn change(&mut self, to: &Self) {
        (self.plan, self.quantity) = (to.plan.clone(), to.quantity);
    }

    /// Returns whether a change leaves the line as it is.
    pub fn is_unchanged_by(&self, to: &Self) -> bool {
        (&self.plan, self.quantity) == (&to.plan, to.quantity)
    }
}

/// Other end of a link: a subscription line of the same order by its index or by the store's own id, or an existing
/// subscription by its id or by the store's own id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum LinkEnd {
    /// Index of the line, from 0: in a message among all lines, in a stored order among its subscription lines.
    Line(usize),
    /// Id of an existing subscription.
    Subscription(SubscriptionId),
    /// Reference to an existing subscription or, by the store's own id, to another line.
    Reference(Reference<SubscriptionId>),
}

impl LinkEnd {
    /// Returns the external id of the end, unless it is named otherwise.
    pub fn external_id(&self) -> Option<&ExternalId> {
        match self {
            Self::Reference(Reference::ExternalId(external_id)) => Some(external_id),
            _ => None,
        }
    }

    /// Returns the id of the existing subscription at the end, if that is known.
    pub fn subscription_id(&self) -> Option<SubscriptionId> {
        match self {
            Self::Subscription(id) | Self::Reference(Reference::Id(id)) => Some(*id),
            Self::Line(_) | Self::Reference(Reference::ExternalId(_)) => None,
        }
    }
}

impl Deserr<Faults> for LinkEnd {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        match value {
            deserr::Value::Integer(index) => Ok(Self::Line(usize::try_from(index).unwrap_or(usize::MAX))),
            deserr::Value::String(_) => parse_text(value, location).map(Self::Subscription),
            deserr::Value::Map(_) => Deserr::deserialize_from_value(value, location).map(Self::Reference),
            other => {
                let kinds = [deserr::ValueKind::Integer, deserr::ValueKind::String, deserr::ValueKind::Map];
                Err(wrong_kind(other, &kinds, location))
            }
        }
    }
}

/// Reference to an object, as a source names it: `{"id": …}` or `{"externalId": …}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "{I}Reference", transform = with_other_fields)]
pub enum Reference<I> {
    /// Id of the object.
    Id(I),
    /// External id of the object; 1 to 100 characters.
    ExternalId(ExternalId),
}

/// Allows fields that are not described: those of a message are ignored.
fn with_other_fields(schema: &mut schemars::Schema) {
    let alternatives = schema.get_mut("oneOf").and_then(serde_json::Value::as_array_mut);
    for alternative in alternatives.into_iter().flatten().filter_map(serde_json::Value::as_object_mut) {
        alternative.remove("additionalProperties");
    }
}

/// Person who is to manage a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Deserr, JsonSchema)]
#[deserr(error = Faults)]
pub struct LineContact {
    /// E-mail of the person; at most 254 bytes.
    pub email: Email,
    /// Display name of the person; 1 to 200 characters.
    pub name: Name,
}
