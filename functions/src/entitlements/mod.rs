//! Entitlements of organizations and customers to products, and the values of their detail fields.

automod::dir!(pub "src/entitlements");

use api_runtime::table::{BatchGet, CustomerById, DetailFields, EntitlementOf};
use api_runtime::{Context, Failure, OrNotFound, Output};
use deserr::Deserr;
use domain::entitlement::{DetailsChange, EntitlementExternalId};
use domain::value::Values;
use domain::{
    Actor, CustomerId, Entitlement, EntitlementId, EntitlementNumber, EntitlementStatus, ErrorKind, Faults,
    Fields, ImportId, Metadata, OrganizationId, Owner, PersonRef, ProductId, Role, SubscriptionId, Timestamp,
    Version,
};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::person_names::{NameReader, NamedAuthor, People};

/// A subscription gives the entitlement, so it begins and ends only with the subscription.
const OF_SUBSCRIPTION: ErrorKind = ErrorKind::state(
    "entitlement-of-subscription",
    "a subscription gives this entitlement, which begins and ends with it: renew or deactivate the \
     subscription instead",
);

/// Path of an entitlement of an organization.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct OrganizationEntitlementPath {
    /// Organization that owns the entitlement.
    organization_id: OrganizationId,
    /// Id of the entitlement.
    entitlement_id: EntitlementId,
}

/// Path of an entitlement of a customer.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct CustomerEntitlementPath {
    /// Customer who owns the entitlement.
    customer_id: CustomerId,
    /// Id of the entitlement.
    entitlement_id: EntitlementId,
}

api_runtime::paths! {
    /// Path of an entitlement, under its owner.
    EntitlementPath {
        /// An entitlement of an organization.
        Organization(OrganizationEntitlementPath) = "organizationId",
        /// An entitlement of a customer.
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

/// An entitlement as the caller may see it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntitlementView {
    /// Id of the entitlement.
    id: EntitlementId,
    /// Short number of the entitlement for people, such as for use on the telephone: `E-XXXX-XXXX-XXXX`.
    number: EntitlementNumber,
    /// Owner of the entitlement: `organizationId` or `customerId`.
    #[serde(flatten)]
    owner: Owner,
    /// Product that is owned.
    product_id: ProductId,
    /// The vendor's own id for the entitlement: 1 to 100 characters. Absent if it has none, and for callers other than
    /// operators and agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<EntitlementExternalId>,
    /// Subscription that provides the entitlement, and with which it begins and ends. Absent if none does, and for
    /// callers other than operators, agents and contact managers, who may see all subscriptions.
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription_id: Option<SubscriptionId>,
    /// State of the entitlement now: `ended` from `endsAt` on and once it has `endedAt`, `suspended` while its
    /// subscription is, `upcoming` before `startsAt`, else `active`.
    status: EntitlementStatus,
    /// Time from which the product is owned; RFC 3339, UTC. Of a subscription's entitlement, it is that of the
    /// subscription. If absent, it is owned from `createdAt` on.
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_at: Option<Timestamp>,
    /// Time at which ownership ends (exclusive); RFC 3339, UTC. Of a subscription's entitlement, it is that of the
    /// subscription. If absent, ownership has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<Timestamp>,
    /// Time at which the entitlement was ended, before `endsAt`, by an operator or with its subscription; RFC 3339, UTC.
    /// One that was ended before `startsAt` ended at `startsAt`. Absent if it was not ended early.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// Time at which the store suspended the subscription of the entitlement; RFC 3339, UTC. Absent if it is not
    /// suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    suspended_at: Option<Timestamp>,
    /// Values of the detail fields, keyed by field name and in the order of the fields. Contains only fields that have
    /// a value, are not archived, and may be viewed by the caller.
    #[serde(serialize_with = "as_object")]
    #[schemars(with = "std::collections::BTreeMap<String, Values>")]
    details: Vec<(String, Values)>,
    /// Time, author and import of the last change of `details`. Absent if no detail was ever set, and for callers
    /// other than operators and agents, because the changed field may be hidden from them.
    #[serde(skip_serializing_if = "Option::is_none")]
    details_changed: Option<DetailsChangeView>,
    /// Times of creation and last update, and the version.
    #[serde(flatten)]
    metadata: Metadata,
}

fn as_object<S: Serializer>(details: &[(String, Values)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(details.iter().map(|(name, values)| (name, values)))
}

impl EntitlementView {
    pub(crate) fn to(actor: &Actor, entitlement: Entitlement, fields: &Fields, now: Timestamp) -> Self {
        let details = fields.shown(&entitlement.details, actor).into_iter();
        let (staff, metadata) = (actor.is_staff(), entitlement.metadata());
        Self {
            status: entitlement.status(now),
            details: details.map(|(field, values)| (field.name.to_string(), values)).collect(),
            details_changed: entitlement.details_changed.filter(|_| staff).map(DetailsChangeView::from),
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
            suspended_at: entitlement.suspended_at,
            metadata,
        }
    }
}

/// Time and author of a change of details.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "DetailsChange")]
pub struct DetailsChangeView {
    /// Time of the change; RFC 3339, UTC.
    at: Timestamp,
    /// Author of the change. Name and e-mail are present only where entitlements are read one by one or listed.
    by: NamedAuthor,
    /// Import that made the change. Absent if it was not made by an import.
    #[serde(skip_serializing_if = "Option::is_none")]
    import_id: Option<ImportId>,
}

impl From<DetailsChange> for DetailsChangeView {
    fn from(DetailsChange { at, by, import_id }: DetailsChange) -> Self {
        Self { at, by: People::default().author(by, NameReader::Staff), import_id }
    }
}

impl EntitlementView {
    /// Returns the person who last changed the details of an entitlement, if the caller may know it.
    pub(crate) fn details_author(actor: &Actor, entitlement: &Entitlement) -> Option<PersonRef> {
        entitlement.details_changed.as_ref().filter(|_| actor.is_staff())?.by.person()
    }

    /// Adds the name of the author of the last change of the details.
    pub(crate) fn named_by(self, people: &People) -> Self {
        let changed = self.details_changed;
        let details_changed = changed.map(|DetailsChangeView { at, by, import_id }| {
            let by = people.author(by.unnamed(), NameReader::Staff);
            DetailsChangeView { at, by, import_id }
        });
        Self { details_changed, ..self }
    }
}

impl Output for EntitlementView {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.metadata.version)
    }
}

/// Reads all detail fields, also archived ones; consistently, because they decide which values a caller may view.
pub(crate) async fn read_fields(context: &Context<'_>) -> Result<Fields, Failure> {
    Ok(Fields::new(context.table.list(&DetailFields(), true).await?))
}

/// Reads an entitlement and all detail fields. Answers 404 unless the caller is an operator or agent, or belongs to the
/// owner.
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
        let known = found.get(&person)?.is_some_and(|record| record.is_own_record_of(actor));
        known.then_some(()).or_not_found()?;
    }
    Ok((found.get(&lookup).or_not_found()?, fields))
}
