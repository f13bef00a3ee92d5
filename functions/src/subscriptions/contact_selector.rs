//! A contact in the path of a subscription: selected by the id of its customer record or by its e-mail.

use api_runtime::table::{BatchGet, BatchResult, CustomerById, EmailInOrganization};
use api_runtime::{Change, Failure};
use deserr::Deserr;
use domain::actor::ActorKind;
use domain::fault::quoted;
use domain::{
    Actor, CustomerId, Email, Faults, OrganizationId, ParseError, Problem, Subscription, SubscriptionId,
};
use schemars::JsonSchema;

use super::SubscriptionPath;
use crate::authority::own_record::require_member;
use crate::authority::viewer::ViewerContext;

/// Path of a contact of a subscription.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct SubscriptionContactPath {
    /// Organization that the subscription belongs to.
    organization_id: OrganizationId,
    /// Id of the subscription.
    subscription_id: SubscriptionId,
    /// Id of the customer, or its e-mail.
    customer_id: ContactSelector,
}

impl SubscriptionContactPath {
    /// Returns the path of the subscription.
    pub(super) fn subscription(&self) -> SubscriptionPath {
        SubscriptionPath { organization_id: self.organization_id, subscription_id: self.subscription_id }
    }

    /// Returns the selected contact.
    pub(super) fn contact(&self) -> &ContactSelector {
        &self.customer_id
    }
}

/// A contact, selected by the id of its customer record or by its e-mail.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(with = "String")]
pub enum ContactSelector {
    /// The customer with this id.
    Record(CustomerId),
    /// The person with this e-mail: the customer who has it now, or a contact whom an order named by it.
    Email(Email),
}

impl ContactSelector {
    /// Adds to a batch read the item that resolves an e-mail to a customer record.
    pub(super) fn want(&self, wanted: &mut BatchGet, organization: OrganizationId) {
        match self {
            Self::Record(id) => wanted.add(&CustomerById(*id)),
            Self::Email(email) => wanted.add(&EmailInOrganization(Some(organization), email.clone())),
        }
    }

    /// Returns the customer record that is selected: the one that has the e-mail now, disabled or not. `None` if the
    /// e-mail belongs to no record.
    pub(super) fn record(
        &self,
        found: &BatchResult,
        organization: OrganizationId,
    ) -> Result<Option<CustomerId>, Failure> {
        match self {
            Self::Record(id) => Ok(Some(*id)),
            Self::Email(email) => {
                let record = found.get(&EmailInOrganization(Some(organization), email.clone()))?;
                Ok(record.map(|record| record.holder()).transpose()?)
            }
        }
    }

    /// Returns the e-mail by which the contact is selected; `None` if it is selected by its record.
    pub(super) fn email(&self) -> Option<&Email> {
        match self {
            Self::Record(_) => None,
            Self::Email(email) => Some(email),
        }
    }
}

impl std::str::FromStr for ContactSelector {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let email = |_| text.parse().map(Self::Email);
        text.parse().map(Self::Record).or_else(email).map_err(|_| {
            let detail = format!("{} is neither the id of a customer nor an e-mail", quoted(text));
            ParseError::new("invalid-id", detail)
        })
    }
}

impl Deserr<Faults> for ContactSelector {
    fn deserialize_from_value<V: deserr::IntoValue>(
        value: deserr::Value<V>,
        location: deserr::ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        domain::fault::parse_text(value, location)
    }
}

/// Requires, now and at commit, that the caller may change the contacts of a subscription: an operator, a contact of the
/// subscription, or a member of the partner that manages it. That the partner still manages it at commit follows from
/// the write of the subscription, which must be unchanged.
pub(super) fn require_contact_authority(
    change: &mut Change,
    actor: &Actor,
    viewer: &ViewerContext<'_>,
    one: &Subscription,
) -> Result<(), Problem> {
    match actor.kind {
        ActorKind::Partner { partner, .. } => require_member(change, actor, partner),
        _ => viewer.require_contact(change, one),
    }
}
