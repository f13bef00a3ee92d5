//! Customers in API responses.

use api_runtime::Output;
use domain::customer::{Creator, FormerIdentity};
use domain::{
    Actor, Customer, CustomerId, Email, ExternalId, Language, Metadata, Name, OrganizationId, TimeZone,
    Timestamp, Version,
};
use schemars::JsonSchema;
use serde::Serialize;

/// A customer as the caller may see it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Customer")]
pub struct CustomerView {
    /// Id of the customer.
    id: CustomerId,
    /// Organization that the customer belongs to. Absent if the customer belongs to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<OrganizationId>,
    /// E-mail of the customer; at most 254 bytes, unique within the organization or, without one, among all customers
    /// who belong to none. Absent if the person was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    /// Name of the customer; 1 to 200 characters. Absent if the person was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    /// The value `true` if the person was erased, and therefore has neither name nor e-mail. Absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    erased: bool,
    /// Id of the customer in its creator's own system; 1 to 100 characters, unique among the customers of this
    /// creator. Absent if there is none, or if the caller belongs neither to the vendor nor to the creator.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<ExternalId>,
    /// Organization whose contact manager created the customer, or partner whose member did. Absent if the vendor
    /// created the customer, or if the caller belongs neither to the vendor nor to the creator.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<Creator>,
    /// Whether the customer is a contact manager, who approves partners and manages the organization's customers.
    manager: bool,
    /// Time at which the customer was last moved into an organization or out of one; RFC 3339, UTC. From then on it is no
    /// contact of subscriptions that it was before. Absent if it was never moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_at: Option<Timestamp>,
    /// Name and e-mail that the customer had when it left organizations, the oldest first; at most 20, of which the oldest give
    /// way. Those organizations, and the partners that act for them, are shown these. Absent if it left none, and for callers
    /// other than the vendor's staff.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    formerly: Vec<FormerIdentity>,
    /// Time at which the customer was removed; RFC 3339, UTC. Absent while the person is a customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed_at: Option<Timestamp>,
    /// Time at which the customer was disabled; RFC 3339, UTC. Absent while the customer is enabled. A disabled customer has
    /// no rights, but keeps its e-mail and everything that applies again when it is enabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<Timestamp>,
    /// Whether the deactivation of the organization disabled the customer. Its restoration then enables the customer again. Absent if
    /// not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    disabled_by_deactivation: bool,
    /// Language in which the person is addressed; a BCP 47 tag such as `ja`. Absent if none was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Language>,
    /// IANA time zone in which the person is shown times, such as `Asia/Tokyo`. Absent if none was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<TimeZone>,
    /// Time at which the person was erased; RFC 3339, UTC. Absent if the person was not erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    erased_at: Option<Timestamp>,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    metadata: Metadata,
}

impl CustomerView {
    /// Returns a customer as the actor sees it.
    pub fn to(actor: &Actor, customer: Customer) -> Self {
        Self::whole(customer.seen_by(actor))
    }

    /// Returns a customer with everything that its record has.
    pub fn whole(customer: Customer) -> Self {
        let erased = customer.erased_at.is_some();
        Self {
            id: customer.id,
            organization_id: customer.organization_id,
            email: Some(customer.email).filter(|_| !erased),
            name: Some(customer.name).filter(|_| !erased),
            erased,
            external_id: customer.external_id,
            created_by: customer.created_by,
            manager: customer.manager,
            moved_at: customer.moved_at,
            formerly: customer.formerly,
            removed_at: customer.removed_at,
            disabled_at: customer.disabled_at,
            disabled_by_deactivation: customer.disabled_by_deactivation,
            language: customer.language,
            time_zone: customer.time_zone,
            erased_at: customer.erased_at,
            metadata: customer.metadata,
        }
    }
}

impl Output for CustomerView {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.metadata.version)
    }
}
