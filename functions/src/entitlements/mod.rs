//! Who owns what, and what the detail fields say of it.

automod::dir!(pub "src/entitlements");

use api_runtime::table::{BatchGet, CustomerById, DetailFields, EntitlementOf};
use api_runtime::{Context, Failure, OrNotFound, Output};
use deserr::Deserr;
use domain::entitlement::{DetailsChange, EntitlementExternalId};
use domain::value::Values;
use domain::{
    Actor, CustomerId, Entitlement, EntitlementId, EntitlementNumber, EntitlementStatus, Faults, Fields,
    Metadata, OrganizationId, Owner, ProductId, Role, SubscriptionId, Timestamp, Version,
};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// A path that names an entitlement of an organization.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct OrganizationEntitlementPath {
    /// The organization.
    organization_id: OrganizationId,
    /// The entitlement.
    entitlement_id: EntitlementId,
}

/// A path that names an entitlement of a person.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct CustomerEntitlementPath {
    /// The person.
    customer_id: CustomerId,
    /// The entitlement.
    entitlement_id: EntitlementId,
}

api_runtime::paths! {
    /// A path that names an entitlement under its owner.
    EntitlementPath {
        /// An organization's.
        Organization(OrganizationEntitlementPath) = "organizationId",
        /// A person's.
        Customer(CustomerEntitlementPath) = "customerId",
    }
}

impl EntitlementPath {
    fn lookup(&self) -> EntitlementOf {
        match self {
            Self::Organization(OrganizationEntitlementPath { organization_id, entitlement_id }) => {
                EntitlementOf(Owner::Organization(*organization_id), *entitlement_id)
            }
            Self::Customer(CustomerEntitlementPath { customer_id, entitlement_id }) => {
                EntitlementOf(Owner::Customer(*customer_id), *entitlement_id)
            }
        }
    }
}

/// An entitlement as somebody sees it: of the details, what they may view.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntitlementView {
    /// Its id.
    id: EntitlementId,
    /// What people call it on the telephone.
    number: EntitlementNumber,
    /// Who owns it.
    #[serde(flatten)]
    owner: Owner,
    /// What is owned.
    product_id: ProductId,
    /// The vendor's own id for it; only the vendor sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<EntitlementExternalId>,
    /// The subscription that gives it: then it begins and ends with that. The vendor's people and contact managers see it, who see all subscriptions.
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription_id: Option<SubscriptionId>,
    /// Whether it is owned now.
    status: EntitlementStatus,
    /// From when on; without, from its making on.
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_at: Option<Timestamp>,
    /// Until when, not included; without, for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<Timestamp>,
    /// Since when somebody has ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// What the detail fields say, by their names and in their order.
    #[serde(serialize_with = "as_object")]
    #[schemars(with = "std::collections::BTreeMap<String, Values>")]
    details: Vec<(String, Values)>,
    /// When they last changed, and by what. Only the vendor's people see it: what changed may be hidden from others.
    #[serde(skip_serializing_if = "Option::is_none")]
    details_changed: Option<DetailsChange>,
    /// When, and which version.
    #[serde(flatten)]
    metadata: Metadata,
}

fn as_object<S: Serializer>(details: &[(String, Values)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(details.iter().map(|(name, values)| (name, values)))
}

impl EntitlementView {
    pub(crate) fn to(actor: &Actor, entitlement: Entitlement, fields: &Fields, now: Timestamp) -> Self {
        let details = fields.shown(&entitlement.details, actor).into_iter();
        let staff = actor.is_staff();
        Self {
            status: entitlement.status(now),
            details: details.map(|(field, values)| (field.name.to_string(), values)).collect(),
            details_changed: entitlement.details_changed.filter(|_| staff),
            id: entitlement.id,
            number: entitlement.number,
            owner: entitlement.owner,
            product_id: entitlement.product_id,
            external_id: entitlement.external_id.filter(|_| staff),
            subscription_id: entitlement
                .subscription_id
                .filter(|_| staff || actor.has_one_of(&[Role::ContactManager])),
            starts_at: entitlement.starts_at,
            ends_at: entitlement.ends_at,
            ended_at: entitlement.ended_at,
            metadata: entitlement.metadata,
        }
    }
}

impl Output for EntitlementView {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.metadata.version)
    }
}

/// All detail fields, as they are now: they decide who sees what.
pub(crate) async fn read_fields(context: &Context<'_>) -> Result<Fields, Failure> {
    Ok(Fields::new(context.table.list(&DetailFields(), true).await?))
}

/// An entitlement for those to whom it is there, the vendor's people and its owner's, and all fields.
async fn read(
    context: &Context<'_>,
    actor: &Actor,
    path: &EntitlementPath,
) -> Result<(Entitlement, Fields), Failure> {
    let lookup = path.lookup();
    let mut wanted = BatchGet::new();
    wanted.add(&lookup);
    let person = match lookup.0 {
        Owner::Organization(organization) => {
            actor.authorize_organization(organization)?;
            None
        }
        Owner::Customer(customer) => Some(CustomerById(customer)).filter(|_| !actor.is_staff()),
    };
    person.iter().for_each(|person| wanted.add(person));
    let (found, fields) =
        tokio::try_join!(async { Ok(context.table.fetch(wanted, true).await?) }, read_fields(context))?;
    if let Some(person) = person {
        let known = found.get(&person)?.is_some_and(|record| record.is_of(actor));
        known.then_some(()).or_not_found()?;
    }
    Ok((found.get(&lookup).or_not_found()?, fields))
}
