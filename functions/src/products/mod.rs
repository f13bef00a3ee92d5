//! Products, to which organizations and customers have entitlements.

automod::dir!(pub "src/products");

use api_runtime::table::{self, Reservation};
use api_runtime::{Change, ConditionFailure};
use deserr::Deserr;
use domain::{ErrorKind, Faults, Product, ProductId};
use schemars::JsonSchema;

/// Path of a product.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct ProductPath {
    /// Id of the product.
    product_id: ProductId,
}

const NAME_TAKEN: ErrorKind = ErrorKind::state("product-name-taken", "another product has this name");
const CODE_TAKEN: ErrorKind = ErrorKind::state("product-code-taken", "another product has this code");

/// Reserves a product's name and code, and frees those that it had `before`.
fn reserve(change: &mut Change, product: &Product, before: Option<&Product>) -> Result<(), table::Error> {
    let name = |product: &Product| Some(Reservation::product_name(&product.name, product.id));
    let code =
        |product: &Product| product.code.as_ref().map(|code| Reservation::product_code(code, product.id));
    for (field, reason, wanted, reserved) in [
        ("name", NAME_TAKEN, name(product), before.and_then(name)),
        ("code", CODE_TAKEN, code(product), before.and_then(code)),
    ] {
        if wanted == reserved {
            continue;
        }
        reserved.iter().for_each(|reserved| change.remove(reserved));
        if let Some(wanted) = wanted {
            change.create_or_reject(&wanted, move |other| {
                ConditionFailure::held_by(&reason, other.owner, &[&field])
            })?;
        }
    }
    Ok(())
}
