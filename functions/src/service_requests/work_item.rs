//! Entitlements and licenses shown with a service request.

use std::collections::{BTreeMap, BTreeSet};

use api_runtime::table::{
    AssignmentsOfOrganization, BatchGet, BatchResult, CustomerById, EntitlementsOf, ItemFilter, LicenseTypes,
    Page, PageQuery, ProductById,
};
use api_runtime::{Context, Failure};
use domain::service_request::Person;
use domain::{
    Actor, Assignment, Entitlement, EntitlementStatus, Fields, LicenseType, OrganizationId, Owner, PartnerId,
    TimeZone,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::first_items::{MAX_ITEMS, first};
use crate::entitlements::EntitlementView;
use crate::licenses::list_organization_licenses::{OrganizationLicenseView, license_view};
use crate::party::Names;
use crate::products::ProductName;

/// An entitlement with its product.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OwnedProduct {
    /// The entitlement.
    #[serde(flatten)]
    entitlement: EntitlementView,
    /// Name and code of the product. Absent only if the product is not found, such as right after its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<ProductName>,
}

/// Maximum number of license assignments that are read.
const MOST_ASSIGNMENTS: usize = 200;

/// Newest licenses that were assigned to an organization, oldest first, and all license types.
pub(super) struct Licenses {
    assignments: Vec<Assignment>,
    /// Whether there are older assignments.
    more: bool,
    types: Vec<LicenseType>,
}

/// Reads the newest 200 assignments of licenses to an organization: for a partner's member only those of its partner.
pub(super) async fn read_licenses(
    context: &Context<'_>,
    organization: OrganizationId,
    partner: Option<PartnerId>,
) -> Result<Licenses, Failure> {
    let (assignments, types) = (AssignmentsOfOrganization(organization), LicenseTypes());
    let newest = PageQuery { size: MOST_ASSIGNMENTS, ascending: false, after: None, consistent: false };
    let is_own = |one: &Assignment| partner.is_none_or(|partner| one.partner_id == partner);
    let wanted: Option<ItemFilter<'_, Assignment>> = partner.is_some().then_some(&is_own as _);
    let assignments = context.table.page(&assignments, &newest, wanted);
    let (Page { items: mut assignments, next }, types) =
        tokio::try_join!(assignments, context.table.list(&types, false))?;
    assignments.sort_by_key(|one| one.id);
    Ok(Licenses { assignments, more: next.is_some(), types })
}

/// Reads the entitlements that the primary contact itself owns and that have not ended, at most as many as are shown.
/// Only the vendor's staff and the contact itself see them. Returns also whether there are more.
pub(super) async fn read_own(
    context: &Context<'_>,
    actor: &Actor,
    contact: &Person,
) -> Result<Option<(Vec<Entitlement>, bool)>, Failure> {
    let Some(customer_id) = contact.customer_id() else { return Ok(None) };
    if !actor.is_staff() {
        let lookup = CustomerById(customer_id);
        let mut wanted = BatchGet::new();
        wanted.add(&lookup);
        let customer = context.table.fetch(wanted, true).await?.get(&lookup)?;
        if !customer.is_some_and(|customer| customer.is_own_record_of(actor)) {
            return Ok(None);
        }
    }
    let is_owned = |one: &Entitlement| one.status(context.now) != EntitlementStatus::Ended;
    first(context, &EntitlementsOf(Owner::Customer(customer_id)), false, &is_owned).await.map(Some)
}

/// Names of what is shown.
pub(super) struct ItemNames(BatchResult);

impl ItemNames {
    /// Reads the names of the products of these entitlements, and of the partners that assigned the licenses.
    pub(super) async fn read<'a>(
        context: &Context<'_>,
        entitlements: impl Iterator<Item = &'a Entitlement>,
        licenses: &Licenses,
    ) -> Result<Self, Failure> {
        let mut wanted = BatchGet::new();
        entitlements.for_each(|one| wanted.add(&ProductById(one.product_id)));
        Names::want(&mut wanted, licenses.partners().into_iter(), std::iter::empty());
        Ok(Self(context.table.fetch(wanted, false).await?))
    }

    /// Returns entitlements with the names of their products, as the caller sees them.
    pub(super) fn owned(
        &self,
        context: &Context<'_>,
        actor: &Actor,
        entitlements: Vec<Entitlement>,
        fields: &Fields,
    ) -> Result<Vec<OwnedProduct>, Failure> {
        let view = |one: Entitlement| {
            let product = ProductName::among(&self.0, one.product_id)?;
            Ok(OwnedProduct { entitlement: EntitlementView::to(actor, one, fields, context.now), product })
        };
        entitlements.into_iter().map(view).collect()
    }

    /// Returns the licenses that have not expired, with their names, and whether there are more.
    pub(super) fn licensed(
        &self,
        context: &Context<'_>,
        licenses: Licenses,
        time_zone: TimeZone,
    ) -> Result<(Vec<OrganizationLicenseView>, bool), Failure> {
        let more = licenses.more;
        let names = Names::among(&self.0, licenses.partners().into_iter(), std::iter::empty())?;
        let types: BTreeMap<_, _> =
            licenses.types.into_iter().map(|kind| (kind.code.clone(), kind)).collect();
        let views = licenses.assignments.into_iter();
        let views = views.map(|one| license_view(one, &types, time_zone, Some(context.now)).named(&names));
        let mut views: Vec<_> = views.filter(OrganizationLicenseView::has_lines).collect();
        let more = more || views.len() > MAX_ITEMS;
        views.truncate(MAX_ITEMS);
        Ok((views, more))
    }
}

impl Licenses {
    fn partners(&self) -> BTreeSet<PartnerId> {
        self.assignments.iter().map(|one| one.partner_id).collect()
    }
}
