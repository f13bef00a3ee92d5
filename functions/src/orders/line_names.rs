//! Names in the lines of an order: product codes, and external ids at the ends of links.

use api_runtime::Failure;
use api_runtime::table::{BatchGet, BatchResult, ProductByCode, SubscriptionByExternalId};
use domain::fulfillment::faults::{UNKNOWN_PRODUCT, place_in_message};
use domain::order::LinkEnd;
use domain::{Fault, Order};

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
