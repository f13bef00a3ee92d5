//! Names in the lines of an order: product codes, and external ids at the ends of links.

use std::collections::BTreeMap;

use api_runtime::table::{
    BatchGet, BatchResult, OrganizationByExternalId, ProductByCode, SubscriptionByExternalId,
};
use api_runtime::{Context, Failure};
use domain::fulfillment::facts::open_lines;
use domain::fulfillment::faults::{UNKNOWN_PRODUCT, place_in_message};
use domain::order::{LinkEnd, Reference};
use domain::{Fault, Order, OrganizationId};

/// Adds to a batch read the products of the open lines of an order that are not known yet.
pub fn want_products(order: &Order, wanted: &mut BatchGet) {
    let unknown = order.subscriptions.iter().filter(|one| one.is_open() && one.product_id.is_none());
    unknown.for_each(|one| wanted.add(&ProductByCode(one.line.sku.clone())));
}

/// Sets the products of the open lines of an order that are not known yet. A code means the product that has it when
/// the order arrives, also if the order takes effect later.
pub fn identify_products(order: &mut Order, found: &BatchResult) -> Result<(), Failure> {
    for one in order.subscriptions.iter_mut().filter(|one| one.is_open() && one.product_id.is_none()) {
        let product = found.get(&ProductByCode(one.line.sku.clone()))?;
        one.product_id = product.map(|product| product.owner_id()).transpose()?;
    }
    Ok(())
}

/// Replaces the external ids at the ends of links by the ids of the subscriptions that have them when the order takes
/// effect. An unknown external id stays, which is a fault of its line.
pub(super) fn identify_ends(order: &mut Order, found: &BatchResult) -> Result<(), Failure> {
    let source_id = order.source_id;
    for one in order.subscriptions.iter_mut().filter(|one| one.is_open()) {
        for end in one.line.linked_to.iter_mut().chain(&mut one.line.parents) {
            let Some(external_id) = end.external_id().cloned() else { continue };
            let name = found.get(&SubscriptionByExternalId(source_id, external_id))?;
            if let Some(id) = name.and_then(|name| name.subscription_id) {
                *end = LinkEnd::Subscription(id);
            }
        }
    }
    Ok(())
}

/// Returns a fault for each line whose product is unknown; `places` holds the lines' indexes in the message.
pub fn unknown_products(order: &Order, places: &[usize]) -> Vec<Fault> {
    let lines = order.subscriptions.iter().enumerate().filter(|(_, one)| one.product_id.is_none());
    let fault = |index| UNKNOWN_PRODUCT.at(&[&"data", &"lines", &place_in_message(places, index), &"sku"]);
    lines.map(|(index, _)| fault(index)).collect()
}

/// Finds the organization that each line names. An external id that the vendor did not assign may be one of the
/// partner's.
///
/// # Errors
///
/// [`Failure::Table`].
pub async fn load_named_organizations(
    context: &Context<'_>,
    order: &Order,
    found: &BatchResult,
) -> Result<BTreeMap<usize, OrganizationId>, Failure> {
    let (mut organization_by_line, mut of_partner) = (BTreeMap::new(), BTreeMap::new());
    for (index, line) in open_lines(order) {
        match &line.organization {
            Reference::Id(id) => {
                organization_by_line.insert(index, *id);
            }
            Reference::ExternalId(external_id) => {
                match found.get(&OrganizationByExternalId(None, external_id.clone()))? {
                    Some(known) => {
                        organization_by_line.insert(index, known.owner_id()?);
                    }
                    None if order.partner_id.is_some() => {
                        let lookup = OrganizationByExternalId(order.partner_id, external_id.clone());
                        of_partner.insert(index, lookup);
                    }
                    None => {}
                }
            }
        }
    }
    let mut wanted = BatchGet::new();
    of_partner.values().for_each(|lookup| wanted.add(lookup));
    let found = context.table.fetch(wanted, true).await?;
    for (index, lookup) in of_partner {
        if let Some(known) = found.get(&lookup)? {
            organization_by_line.insert(index, known.owner_id()?);
        }
    }
    Ok(organization_by_line)
}
